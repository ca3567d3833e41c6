"""The branch point of introns: a short motif somewhere before the acceptor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.sequences import Codes, N

WIDTH = 7
BOUNDS = (-70, -8)
"""First and last position (exclusive) of the bases before an intron's end in which it lies."""
_PRIOR = 1.0
_ROUNDS = 10

Matrix = NDArray[np.float64]


def learn_branch_point(used: Codes, everywhere: NDArray[np.float64]) -> Matrix:
    """Log-odds (nats) of the motif's bases, shape (WIDTH, 5), 0 of N.

    From the word that is in most introns for how often it should be, by rounds of expectation and
    maximisation with one motif in each intron (Lawrence and Reilly 1990).

    Parameters
    ----------
    used
        Bases before the ends of introns, shape (n, W); one at least.
    everywhere
        How often each base occurs before any AG, shape (4,), sums to 1.
    """
    words = np.lib.stride_tricks.sliding_window_view(used, WIDTH, axis=1)
    background = np.log(np.append(everywhere, 1.0))
    matrix = _seed(words, everywhere)
    for _ in range(_ROUNDS):
        scores = _word_scores(words, matrix)
        share = np.exp(scores - scores.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        found = [
            np.bincount(words[:, :, row].ravel(), share.ravel(), minlength=N + 1)[:N]
            for row in range(WIDTH)
        ]
        counts = np.stack(found).astype(np.float64) + _PRIOR * everywhere
        matrix = np.zeros((WIDTH, N + 1))
        matrix[:, :N] = np.log(counts / counts.sum(1, keepdims=True)) - background[:N]
    return matrix


def _seed(words: Codes, everywhere: NDArray[np.float64]) -> Matrix:
    """Three bases in four are those of the word that is in more introns than any other of its
    composition."""
    powers = (N + 1) ** np.arange(WIDTH)[::-1]
    numbers = np.sort(words.astype(np.int64) @ powers, axis=1)
    first = np.ones_like(numbers, bool)
    first[:, 1:] = numbers[:, 1:] != numbers[:, :-1]
    found, counts = np.unique(numbers[first], return_counts=True)
    bases = found[:, None] // powers % (N + 1)
    known = (bases < N).all(1)
    found, counts, bases = found[known], counts[known], bases[known]
    expected = np.log(everywhere)[bases].sum(1)
    best = bases[np.argmax(counts * (np.log(counts) - expected))] if len(found) else None
    matrix = np.zeros((WIDTH, N + 1))
    if best is not None:
        shares = 0.25 * np.tile(everywhere, (WIDTH, 1))
        shares[np.arange(WIDTH), best] += 0.75
        matrix[:, :N] = np.log(shares / everywhere)
    return matrix


def _word_scores(words: Codes, matrix: Matrix) -> Matrix:
    scores = np.zeros(words.shape[:2])
    for row in range(WIDTH):
        scores += matrix[row, words[:, :, row]]
    return scores


def branch_point_odds(before: Codes, matrix: Matrix) -> NDArray[np.float64]:
    """Log of the mean odds of the motif over all of its positions, shape (n,).

    Parameters
    ----------
    before
        Bases before acceptors, shape (n, W).
    """
    words = np.lib.stride_tricks.sliding_window_view(before, WIDTH, axis=1)
    scores = _word_scores(words, matrix)
    most = scores.max(1)
    return np.asarray(most + np.log(np.exp(scores - most[:, None]).mean(1)), np.float64)
