"""Learn which start is a frame's own: a conditional logit over the starts of one stop.

Annotated starts are not all right, and a wrong one is often so unlikely that it would weigh more
than many right ones.  So each is taken to be right but for a small chance, in which any start of
its frame might have been annotated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.decode import log_shares_of
from genoseq.genes.features import Matrix
from genoseq.genes.known import Labels

WRONG = 0.1
"""Share of annotated starts that are taken to be anyone's guess."""
_ITERATIONS = 30
_LONGEST_STEP = 2.0
_CLOSE_ENOUGH = 1e-5

_FACTORS = np.arange(5, 41) / 10
"""By which some weights may be multiplied."""
_INTERVAL = 1.92
"""Nats below the largest likelihood of one number at which its 95% interval ends (Wilks, 1938)."""

Part = tuple[Candidates, Matrix, Labels]
"""A genome's candidates, the features of its starts, and what is known of them."""


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


def fit_factor(
    parts: Sequence[Part], weights: NDArray[np.float64], which: NDArray[np.bool_]
) -> float:
    """By what some of the weights have to be multiplied for the known starts.

    Parameters
    ----------
    parts
        Of starts that are right without doubt.
    weights, which
        Of the features, and whether each is multiplied, both of shape (features,).

    Returns
    -------
    Of the factors that are not unlikelier than 1 in 20 the nearest to 1: what few starts do not
    show stays as it is.
    """
    likelihoods = np.zeros(len(_FACTORS))
    for candidates, matrix, labels in parts:
        true = labels.start[labels.start >= 0]
        fixed, scaled = matrix @ np.where(which, 0.0, weights), matrix @ (which * weights)
        likelihoods += [
            log_shares_of(candidates, fixed + factor * scaled)[true].sum() for factor in _FACTORS
        ]
    likely = _FACTORS[likelihoods >= likelihoods.max() - _INTERVAL]
    return float(likely[np.abs(np.log(likely)).argmin()])


def _step(known: _Known, weights: Matrix, decay: float, wrong: float) -> Matrix:
    """Newton's step: each frame counts by how likely its label is no guess."""
    inputs, first, group = known.inputs, known.first, known.group
    logits = inputs @ weights
    shares = np.exp(logits - np.maximum.reduceat(logits, first)[group])
    shares /= np.add.reduceat(shares, first)[group]
    likely = (1 - wrong) * shares[known.right]
    trust = likely / (likely + wrong / np.bincount(group) + 1e-300) / len(first)
    weighed = shares * trust[group]
    slope = inputs[known.right].T @ trust - inputs.T @ weighed - 2 * decay * weights
    means = np.add.reduceat(inputs * shares[:, None], first)
    curve = (inputs * weighed[:, None]).T @ inputs - (means * trust[:, None]).T @ means
    curve += 2 * decay * np.eye(len(weights))
    return np.asarray(np.linalg.solve(curve, slope), np.float64)


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
