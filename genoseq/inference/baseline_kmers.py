"""What the words around a base say of it: logistic regression of classes, linear of signals.

Words of three bases within 90 bp are counted by their frame to the base, which is what tells coding
sequence; letters within 15 bp are known by their offset, which is what tells sites.  Weights of
both strands are tied, so that the reverse complement has the same values on swapped strands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from genoseq.genome.schemes import Scheme
from genoseq.genome.sequences import Codes, N
from genoseq.store.store import Store

REACH, NEAR = 90, 15
"""bp on either side whose words count, and whose letters are known by offset."""
LEARNED = 20_000
"""Bases that are learned from at most."""
_WORD = 3
_WORDS = 4**_WORD
_FEATURES = 3 * _WORDS + 4 * (2 * NEAR + 1)
_CHUNK_BASES, _LABEL_CHUNK = 1 << 13, 1 << 20
_SHRINKAGE = 1e-4
"""Weight of the squared weights beside the mean loss."""
_ITERATIONS = 30
_SEED = 0

Values = NDArray[np.float32]
Windows = NDArray[np.uint8]
"""Base codes (n, 2 * REACH + 1) around bases, N outside the contig."""


def codes_around(store: Store, chrom: str, start: int, end: int, margin: int) -> Codes:
    """Codes of bases ``start - margin <= i < end + margin``, N outside the contig."""
    first, last = max(0, start - margin), min(end + margin, store.lengths[chrom])
    padded = np.full(end - start + 2 * margin, N, np.uint8)
    offset = first - (start - margin)
    padded[offset : offset + last - first] = store.codes(chrom, first, last)
    return padded


def feature_numbers(windows: Windows) -> NDArray[np.int64]:
    """Numbers (n, M) of the features that bases have, :data:`_FEATURES` where there is an N.

    Parameters
    ----------
    windows
        Codes around bases, see :data:`Windows`.
    """
    length = windows.shape[1] - _WORD + 1
    words = np.zeros((len(windows), length), np.int64)
    known = np.ones(words.shape, bool)
    for offset in range(_WORD):
        part = windows[:, offset : offset + length]
        words = words * 4 + (part & 3)
        known &= part < N
    words += (np.arange(length) - REACH) % 3 * _WORDS
    letters = windows[:, REACH - NEAR : REACH + NEAR + 1].astype(np.int64)
    numbers = letters + (3 * _WORDS + 4 * np.arange(2 * NEAR + 1))
    return np.concatenate(
        [np.where(known, words, _FEATURES), np.where(letters < N, numbers, _FEATURES)], axis=1
    )


@dataclass(frozen=True)
class WordRegression:
    """A regression that was learned; the values of bases by the words around them.

    Attributes
    ----------
    weights
        Shape (F + 1, S), the last of no feature, and ``bias`` (S,).
    classes
        Whether the S values are probabilities, and not signals.
    """

    weights: Tensor
    bias: Tensor
    classes: bool
    name: str = "kmers"
    note: str = ""

    def values(self, store: Store, chrom: str, start: int, end: int) -> Values:
        """Values (S, L) of bases ``start <= i < end``."""
        found = []
        for at in range(start, end, _CHUNK_BASES):
            codes = codes_around(store, chrom, at, min(at + _CHUNK_BASES, end), REACH)
            numbers = torch.from_numpy(feature_numbers(sliding_window_view(codes, 2 * REACH + 1)))
            sums = functional.embedding_bag(numbers, self.weights, mode="sum") + self.bias
            found.append(sums.softmax(-1) if self.classes else sums)
        values: Values = torch.cat(found).T.contiguous().numpy()
        return values


def fit_words(scheme: Scheme, stores: Sequence[Store]) -> WordRegression:
    """Learn from bases of the train regions of stores, the same ones for the same stores.

    Of classes as many are taken of each state as there are, or else a share of :data:`LEARNED`,
    and weighed by how many they stand for; of signals bases with a value, evenly.
    """
    windows, labels, stand_for = _sample(scheme, stores)
    counts = _counts(windows)
    if scheme.kind == "signal":
        counts = np.concatenate([counts, counts[:, mirrored_features()]])
        labels = np.concatenate([labels, labels[:, scheme.reverse_permutation]])
        return _linear(torch.from_numpy(counts), torch.from_numpy(labels))
    targets = torch.from_numpy(labels.astype(np.int64))
    mirror = torch.from_numpy(scheme.reverse_permutation)
    return _logistic(torch.from_numpy(counts), targets, torch.from_numpy(stand_for), mirror)


def mirrored_features() -> NDArray[np.int64]:
    """Shape (F,): entry i is the feature that feature i becomes on the reverse complement."""
    word = np.arange(_WORDS)
    turned = sum(((3 - (word >> 2 * at & 3)) << 2 * (_WORD - 1 - at)) for at in range(_WORD))
    # A word at offset d begins at -(d + 2) on the other strand.
    words = [(1 - frame) % 3 * _WORDS + turned for frame in range(3)]
    letters = np.arange(4 * (2 * NEAR + 1))
    return np.concatenate([*words, 3 * _WORDS + letters[::-1]])


def known_labels(scheme: Scheme, stores: Sequence[Store]) -> Iterator[tuple[Store, str, int, Any]]:
    """Store, contig, first base and labels of stretches of train regions, unknown where N is."""
    for store in stores:
        for index in store.regions.of_split("train"):
            region, labels = store.regions[int(index)], store.region_labels(int(index))
            for at in range(0, len(region), _LABEL_CHUNK):
                chosen = labels[at : at + _LABEL_CHUNK].copy()
                start = region.start + at
                codes = store.codes(region.chrom, start, start + len(chosen))
                chosen[codes == N] = scheme.unknown
                yield store, region.chrom, start, chosen


def state_counts(scheme: Scheme, stores: Sequence[Store]) -> NDArray[np.int64]:
    """Train bases of each state of a scheme of classes, shape (S,)."""
    counts = np.zeros(256, np.int64)
    for *_, labels in known_labels(scheme, stores):
        counts += np.bincount(labels, minlength=256)
    return counts[: len(scheme)]


def _groups(scheme: Scheme, labels: NDArray[Any]) -> NDArray[np.int64]:
    """What bases are drawn by: their state, or 0 of signals; -1 of those that are not known."""
    if scheme.kind == "signal":
        return np.where(scheme.known(labels).any(1), 0, -1)
    return np.where(scheme.known(labels), labels.astype(np.int64), -1)


def _sample(
    scheme: Scheme, stores: Sequence[Store]
) -> tuple[Windows, NDArray[Any], NDArray[np.float32]]:
    """Windows, labels, and how many bases each stands for."""
    groups = 1 if scheme.kind == "signal" else len(scheme)
    counts = np.zeros(groups + 1, np.int64)
    for *_, labels in known_labels(scheme, stores):
        counts += np.bincount(_groups(scheme, labels) + 1, minlength=groups + 1)
    rng = np.random.default_rng(_SEED)
    most = LEARNED // max(1, int(np.count_nonzero(counts[1:])))
    ranks = [np.sort(rng.choice(n, min(n, most), replace=False)) for n in counts[1:].tolist()]
    windows, targets, stand_for = [], [], []
    before = np.zeros(groups, np.int64)
    for store, chrom, start, labels in known_labels(scheme, stores):
        found = _groups(scheme, labels)
        codes = codes_around(store, chrom, start, start + len(labels), REACH)
        around = sliding_window_view(codes, 2 * REACH + 1)
        for group in range(groups):
            at = np.flatnonzero(found == group)
            low, high = np.searchsorted(ranks[group], [before[group], before[group] + len(at)])
            chosen = at[ranks[group][low:high] - before[group]]
            before[group] += len(at)
            windows.append(around[chosen])
            targets.append(labels[chosen])
            weight = counts[group + 1] / max(1, len(ranks[group]))
            stand_for.append(np.full(len(chosen), weight, np.float32))
    return np.concatenate(windows), np.concatenate(targets), np.concatenate(stand_for)


def _counts(windows: Windows) -> Values:
    """How often bases have each feature, (n, F)."""
    counts = np.empty((len(windows), _FEATURES), np.float32)
    for at in range(0, len(windows), _CHUNK_BASES):
        numbers = feature_numbers(windows[at : at + _CHUNK_BASES])
        rows = np.arange(len(numbers))[:, None] * (_FEATURES + 1)
        flat = np.bincount((rows + numbers).ravel(), minlength=len(numbers) * (_FEATURES + 1))
        counts[at : at + _CHUNK_BASES] = flat.reshape(len(numbers), -1)[:, :_FEATURES]
    return counts


def _regression(weights: Tensor, bias: Tensor, classes: bool) -> WordRegression:
    padded = torch.cat([weights, weights.new_zeros(1, weights.shape[1])])
    return WordRegression(padded.float(), bias.float(), classes)


def _logistic(counts: Tensor, targets: Tensor, stand_for: Tensor, mirror: Tensor) -> WordRegression:
    """Weights of least mean cross-entropy, each base weighed; none of a state not there."""
    states, features = len(mirror), torch.from_numpy(mirrored_features())
    there = torch.bincount(targets, minlength=states) > 0
    weights = torch.zeros(counts.shape[1], states, requires_grad=True)
    bias = torch.where(there | there[mirror], 0.0, -30.0).requires_grad_()
    share = stand_for / stand_for.sum()
    optimizer = torch.optim.LBFGS(
        [weights, bias], max_iter=_ITERATIONS, line_search_fn="strong_wolfe"
    )

    def tied(weights: Tensor) -> Tensor:
        return (weights + weights[features][:, mirror]) / 2

    def loss() -> Tensor:
        optimizer.zero_grad()
        outputs = counts @ tied(weights) + (bias + bias[mirror]) / 2
        each = functional.cross_entropy(outputs, targets, reduction="none")
        total = (share * each).sum() + _SHRINKAGE / 2 * weights.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    weights, bias = weights.detach(), bias.detach()
    return _regression(tied(weights), (bias + bias[mirror]) / 2, True)


def _linear(counts: Tensor, labels: Tensor) -> WordRegression:
    """Weights of least squares of each signal, where it is known."""
    design = torch.cat([counts, counts.new_ones(len(counts), 1)], dim=1).double()
    shrinkage = _SHRINKAGE * torch.eye(design.shape[1], dtype=torch.float64)
    shrinkage[-1, -1] = 0.0
    found = []
    for signal in labels.double().T:
        known = ~signal.isnan()
        own, n = design[known], max(1, int(known.sum()))
        squares = own.T @ own / n + shrinkage
        found.append(
            torch.linalg.lstsq(squares, (own.T @ signal[known] / n)[:, None]).solution[:, 0]
        )
    solved = torch.stack(found, dim=1)
    return _regression(solved[:-1], solved[-1], False)
