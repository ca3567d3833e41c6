"""The motif before starts, such as Shine-Dalgarno's, found in the genome at hand by EM.

One occurrence or none before each start, of :data:`WIDTH` bases, with free spacing: the model of
Lawrence and Reilly (1990, Proteins 7:41) with a learned distribution of the distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.sequences import ALPHABET, Codes, N

WIDTH = 6
"""bp of the motif."""
BEFORE, UNTIL = 22, 3
"""bp before the start between which the motif lies."""
_ITERATIONS = 12
_SEEDS = 2
_MOST = 3000
"""Windows that are looked at, evenly spread over the sorted ones."""
_LEAST_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Motif:
    """A motif with spacing.

    Attributes
    ----------
    odds
        log p(base at each column) - log p(base elsewhere before starts), shape (WIDTH, 5).
    offsets
        Probability of each first base of the motif, counted from :data:`BEFORE` bp before the
        start, shape (offsets,).
    share
        Of starts that have the motif.
    background
        Probability of A, C, G and T elsewhere before starts.
    """

    odds: NDArray[np.float64]
    offsets: NDArray[np.float64]
    share: float
    background: NDArray[np.float64]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Of A, C, G and T in each column, shape (WIDTH, 4)."""
        found: NDArray[np.float64] = self.background * np.exp(self.odds[:, :4])
        return found

    @property
    def consensus(self) -> str | None:
        """The most likely base of each column; None where nothing was learned."""
        if not self.odds.any():
            return None
        return "".join(ALPHABET[base] for base in self.odds[:, :4].argmax(1))

    def scores(self, windows: Codes) -> NDArray[np.float64]:
        """log p(window | start) - log p(window | none), of windows of (m, bases)."""
        at = np.exp(_log_odds(windows, self.odds))
        return np.log(1 - self.share + self.share * (at @ self.offsets))

    def best(self, windows: Codes) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """bp between the likeliest motif and the start, and its odds against none; each (m,)."""
        odds = self.share * np.exp(_log_odds(windows, self.odds)) * self.offsets
        first = odds.argmax(1)
        spacing = BEFORE - WIDTH - first
        return spacing, odds[np.arange(len(odds)), first] / (1 - self.share)


def _log_odds(windows: Codes, odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of the motif at each offset of windows, (m, offsets)."""
    return _of_words(odds)[word_numbers(windows)]


def word_numbers(windows: Codes) -> NDArray[np.uint16]:
    """Number of the word at each offset of windows, its bases as digits of base 5: (m, offsets)."""
    words = np.zeros((len(windows), windows.shape[1] - WIDTH + 1), np.uint16)
    for column in range(WIDTH):
        words *= np.uint16(5)
        words += windows[:, column : column + words.shape[1]]
    return words


def _of_words(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the columns' values, (WIDTH, 5), over the bases of each word: (5 ** WIDTH,)."""
    total = np.zeros(1)
    for column in columns:
        total = np.add.outer(total, column).reshape(-1)
    return total


def learn_motif(windows: Codes, others: Codes) -> Motif:
    """The motif that tells windows before starts from others.

    Parameters
    ----------
    windows, others
        Bases before chosen starts, and before other candidates of the same frames; each of shape
        (n, bases).  Their order does not matter.
    """
    # Sorted and without repeats, so that sums do not depend on the order of contigs.
    rows = np.unique(windows[(windows < N).all(1)], axis=0)
    rows = rows[:: -(-len(rows) // _MOST)] if len(rows) else rows
    counts = np.bincount(others[others < N].reshape(-1), minlength=4)[:4].astype(np.float64) + 1.0
    background: NDArray[np.float64] = counts / counts.sum()
    offsets = windows.shape[1] - WIDTH + 1
    none = Motif(np.zeros((WIDTH, 5)), np.full(offsets, 1 / offsets), _LEAST_SHARE, background)
    if len(rows) < 50:
        return none
    words = word_numbers(rows)
    seeds = _enriched(words, others[(others < N).all(1)])
    fits = [_em(words, seed, background) for seed in seeds]
    return max(fits, key=lambda fit: fit[0])[1]


def _enriched(words: NDArray[np.uint16], others: Codes) -> list[NDArray[np.int64]]:
    """The words that stand more often in windows than in others, as bases."""
    counts, expected = (
        np.bincount(each.reshape(-1), minlength=5**WIDTH).astype(np.float64)
        for each in (words, word_numbers(others))
    )
    expected = (expected + 0.5) * counts.sum() / (expected + 0.5).sum()
    surplus = (counts - expected) / np.sqrt(expected + 1.0)
    order = np.argsort(-surplus, kind="stable")[:_SEEDS]
    return [word // 5 ** np.arange(WIDTH)[::-1] % 5 for word in order]


def _em(
    words: NDArray[np.uint16], seed: NDArray[np.int64], background: NDArray[np.float64]
) -> tuple[float, Motif]:
    """Log-likelihood ratio and motif that EM finds in words at offsets, (n, offsets), from one."""
    columns = np.full((WIDTH, 4), 0.1)
    columns[np.arange(WIDTH), seed] = 0.7
    columns /= columns.sum(1, keepdims=True)
    offsets = np.full(words.shape[1], 1.0 / words.shape[1])
    share, likelihood = 0.3, 0.0
    odds = np.zeros((WIDTH, 5))
    for _ in range(_ITERATIONS):
        odds[:, :4] = np.log(columns) - np.log(background)
        at = share * np.exp(_of_words(odds))[words] * offsets
        total = 1 - share + at.sum(1, keepdims=True)
        weight = at / total
        likelihood = float(np.log(total).sum())
        share = float(np.clip(weight.sum() / len(words), _LEAST_SHARE, 0.95))
        offsets = weight.sum(0) + 0.5
        offsets /= offsets.sum()
        of_words = np.bincount(words.reshape(-1), weight.reshape(-1), minlength=5**WIDTH)
        cube = of_words.reshape((5,) * WIDTH)
        for column in range(WIDTH):
            others = tuple(axis for axis in range(WIDTH) if axis != column)
            columns[column] = cube.sum(others)[:4] + 1.0
        columns /= columns.sum(1, keepdims=True)
    odds[:, :4] = np.log(columns) - np.log(background)
    return likelihood, Motif(odds.round(4), offsets.round(4), round(share, 4), background)
