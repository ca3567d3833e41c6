"""Learn which start is a frame's own: a conditional logit over the starts of one stop.

Annotated starts are not all right, and a wrong one is often so unlikely that it would weigh more
than many right ones.  So each is taken to be right but for a small chance, in which any start of
its frame might have been annotated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.decode import tempered
from genoseq.genes.features import Matrix
from genoseq.genes.known import Labels

WRONG = 0.1
"""Share of annotated starts that are taken to be anyone's guess."""
_ITERATIONS = 30
_LONGEST_STEP = 2.0
_CLOSE_ENOUGH = 1e-5
_SLOPES = 0.05, 3.0
"""Between which the slope of start_conf is looked for."""
_FACTOR = 0.3
"""Standard deviation of the factor of a kind of evidence before verified starts are seen."""
_WORTH = 20
"""Annotated starts that a verified one counts as much as."""

Part = tuple[Candidates, Matrix, Labels]
"""A genome's candidates, the features of its starts, and what is known of them."""
Said = tuple[Candidates, NDArray[np.float64], Labels]
"""A genome's candidates, log-odds of its starts, (m,), and what is known of them."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Starts of the frames whose true start is known, of all genomes.

    Attributes
    ----------
    inputs
        Their features, shape (m, features).
    first, group
        Index of the first start of each frame, (n,); the frame of each start, (m,).
    right
        Index of the true start of each frame, shape (n,).
    """

    inputs: Matrix
    first: NDArray[np.int64]
    group: NDArray[np.int64]
    right: NDArray[np.int64]


def fit_starts(
    parts: Sequence[Part], decay: float = 1e-4, wrong: float = WRONG
) -> NDArray[np.float64]:
    """Weights of the features under which the known starts are likeliest, by Newton's method.

    Parameters
    ----------
    decay
        Of the squares of the weights of standardised features, beside the mean of the frames.
    wrong
        Share of annotated starts that are taken to be anyone's guess.
    """
    known = _known(parts)
    scale = known.inputs.std(0) + 1e-6
    known.inputs[:] /= scale
    weights = np.zeros(len(scale))
    for iteration in range(_ITERATIONS):
        step = _step(known, weights, decay, wrong if iteration > 1 else 0.0)
        weights += step / max(1.0, np.abs(step).max() / _LONGEST_STEP)
        if iteration > 1 and np.abs(step).max() < _CLOSE_ENOUGH:
            break
    return np.asarray(weights / scale, np.float64)


def drawn_starts(
    verified: Sequence[Part],
    annotated: Sequence[Part],
    weights: NDArray[np.float64],
    kinds: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Weights that were learned from annotated starts, drawn to those that are right without doubt.

    They give way as far as annotated starts leave them free, which each count for little, and as
    far as what those are blurred by asks for: all evidence of one kind by the same factor.

    Parameters
    ----------
    weights, kinds
        Of the features, shape (features,), and which of them are of each kind, (kinds, features).
    """
    known, right = _known(annotated), _known(verified)
    scale = known.inputs.std(0) + 1e-6
    known.inputs[:] /= scale
    right.inputs[:] /= scale
    before = weights * scale
    _, held = _slope_and_curve(known, before, WRONG)
    held = held * len(known.first) / _WORTH + np.diag(np.full(len(scale), 1e-3))
    moves = kinds * before * _FACTOR
    held = np.linalg.inv(np.linalg.inv(held) + moves.T @ moves) / len(right.first)
    found = before.copy()
    for _ in range(_ITERATIONS):
        slope, curve = _slope_and_curve(right, found, 0.0)
        step = np.linalg.solve(curve + held, slope - held @ (found - before))
        found += step / max(1.0, np.abs(step).max() / _LONGEST_STEP)
        if np.abs(step).max() < _CLOSE_ENOUGH:
            break
    return np.asarray(found / scale, np.float64)


def said_of_others(
    verified: Sequence[Part],
    annotated: Sequence[Part],
    weights: NDArray[np.float64],
    kinds: NDArray[np.bool_],
) -> list[Said]:
    """What is said of each second verified start by weights drawn to the others, and of those.

    Weights are too sure of the starts that they were drawn to.  Parameters are those of
    :func:`drawn_starts`.

    Returns
    -------
    Genomes with the log-odds of their starts, of which those are known that weights did not see;
    none where a single start is known.
    """
    halves = _halves(verified)
    if any(not half for half in halves):
        return []
    said = []
    for learned, judged in (halves, halves[::-1]):
        drawn = drawn_starts(learned, annotated, weights, kinds)
        said += [(candidates, matrix @ drawn, labels) for candidates, matrix, labels in judged]
    return said


def true_slope(annotated: Sequence[Said], verified: Sequence[Said] = ()) -> float:
    """The slope by which likeliest starts are said to be right as often as they are.

    Not the one that makes the known starts likeliest: of those some are wrong, and a few that are
    very unlikely would make it small.  Some annotated starts are wrong, and starts that experiments
    show are those of genes that are easier than others.  What is said lies midway between how often
    either agree.

    Parameters
    ----------
    annotated, verified
        Genomes, some of whose starts are known; those of a kind count alike.
    """
    groups = [group for group in (annotated, verified) if group]
    low, high = _SLOPES
    while high - low > _CLOSE_ENOUGH:
        slope = (low + high) / 2
        surplus = sum(np.mean([_surplus(each, slope) for each in group]) for group in groups)
        low, high = (low, slope) if surplus > 0 else (slope, high)
    return round(low, 4)


def _surplus(said: Said, slope: float) -> float:
    """By how much the likeliest starts of known ones' frames are said to be right too often."""
    candidates, logits, labels = said
    known = labels.start >= 0
    told = candidates.largest(tempered(candidates, logits, slope))[known]
    right = logits[labels.start[known]] >= candidates.largest(logits)[known]
    return float(told.mean() - right.mean())


def _halves(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Genomes with each second one of their known starts, and with the others."""
    halves: tuple[list[Part], list[Part]] = ([], [])
    begun = 0
    for candidates, matrix, labels in parts:
        known = np.flatnonzero(labels.start >= 0)
        for number, half in enumerate(halves):
            own = known[(begun + np.arange(len(known))) % 2 == number]
            start = np.full_like(labels.start, -1)
            start[own] = labels.start[own]
            if len(own):
                half.append((candidates, matrix, replace(labels, start=start)))
        begun += len(known)
    return halves


def _step(known: _Known, weights: Matrix, decay: float, wrong: float) -> Matrix:
    """Newton's step."""
    slope, curve = _slope_and_curve(known, weights, wrong)
    curve += 2 * decay * np.eye(len(weights))
    return np.asarray(np.linalg.solve(curve, slope - 2 * decay * weights), np.float64)


def _slope_and_curve(known: _Known, weights: Matrix, wrong: float) -> tuple[Matrix, Matrix]:
    """Of the mean log-likelihood: each frame counts by how likely its label is no guess."""
    inputs, first, group = known.inputs, known.first, known.group
    logits = inputs @ weights
    shares = np.exp(logits - np.maximum.reduceat(logits, first)[group])
    shares /= np.add.reduceat(shares, first)[group]
    likely = (1 - wrong) * shares[known.right]
    trust = likely / (likely + wrong / np.bincount(group) + 1e-300) / len(first)
    weighed = shares * trust[group]
    slope = inputs[known.right].T @ trust - inputs.T @ weighed
    means = np.add.reduceat(inputs * shares[:, None], first)
    curve = (inputs * weighed[:, None]).T @ inputs - (means * trust[:, None]).T @ means
    return slope, curve


def _known(parts: Sequence[Part]) -> _Known:
    inputs, counts, right = [], [], []
    starts = 0
    for candidates, matrix, labels in parts:
        known = labels.start >= 0
        chosen = candidates.per_start(known)
        inputs.append(matrix[chosen])
        counts.append(np.diff(candidates.first)[known])
        right.append((np.cumsum(chosen) - 1 + starts)[labels.start[known]])
        starts += int(chosen.sum())
    count = np.concatenate(counts)
    return _Known(
        np.concatenate(inputs),
        np.cumsum(count) - count,
        np.repeat(np.arange(len(count)), count),
        np.concatenate(right),
    )
