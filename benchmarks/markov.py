"""Markov models of DNA, orders 0 to 12, and their mixture: what a language model has to beat.

An order's probability of a base after its context is counted on both strands of the sequences
given.  The mixture is that of interpolated models (Salzberg et al. 1998, Nucleic Acids Res. 26:544;
MacKay and Peto 1995, Nat. Lang. Eng. 1:289): an order's counts are added to ``lambda`` counts of
the order below, and the thirteen lambdas are chosen on sequence kept aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
ORDERS = tuple(range(13))
_LAMBDAS = tuple(4.0**power for power in range(-1, 8))


class Counts:
    """How often each base followed each context, of every order up to the highest.

    Only the longest words are counted: those of lower orders are their sums.
    """

    def __init__(self, highest: int = ORDERS[-1]) -> None:
        self.highest = highest
        self.words = np.zeros(4 ** (highest + 1), np.uint32)

    def add(self, sequences: Iterable[Codes]) -> None:
        """Count both strands of sequences (codes, N 4)."""
        for codes in sequences:
            reverse = np.where(codes < 4, 3 - codes, codes)[::-1].astype(np.uint8)
            for strand in (codes, reverse):
                for at in range(0, len(strand), 1 << 22):  # bounds the memory of a count
                    words = word_numbers(strand[at : at + (1 << 22) + self.highest], self.highest)
                    found, times = np.unique(words[words >= 0], return_counts=True)
                    self.words[found] += times.astype(np.uint32)

    def of_order(self, order: int) -> NDArray[np.float64]:
        """Counts (4**order, 4)."""
        sums = self.words.reshape(-1, 4 ** (order + 1)).sum(0, dtype=np.float64)
        return sums.reshape(-1, 4)


def word_numbers(codes: Codes, order: int) -> NDArray[np.int64]:
    """Base-4 numbers of the words of order + 1 bases, (L - order,); -1 where one holds an N."""
    length = len(codes) - order
    if length <= 0:
        return np.empty(0, np.int64)
    numbers, known = np.zeros(length, np.int64), np.ones(length, bool)
    for index in range(order + 1):
        part = codes[index : index + length]
        numbers = numbers * 4 + (part & 3)
        known &= part < 4
    return np.where(known, numbers, -1)


def seen(counts: Counts, codes: Codes) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Of each order: counts of the base that came, and of its context, for each base of codes.

    Bases before which less than the highest order is known are left out.
    """
    words = word_numbers(codes, counts.highest)
    words = words[words >= 0]
    found = []
    for order in range(counts.highest + 1):
        table = counts.of_order(order)
        numbers = words % 4 ** (order + 1)
        context, base = numbers // 4, numbers % 4
        found.append((table[context, base], table.sum(1)[context]))
    return found


def single_bits(of: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> list[float]:
    """Bits per base of each order alone, one count added to each base."""
    return [float(-np.log2((own + 1) / (whole + 4)).mean()) for own, whole in of]


def mixed(
    of: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], lambdas: Sequence[float]
) -> NDArray[np.float64]:
    """Probabilities of the bases that came, by all orders."""
    p = np.full(len(of[0][0]), 0.25)
    for (own, whole), strength in zip(of, lambdas, strict=True):
        p = (own + strength * p) / (whole + strength)
    return p


def fit_lambdas(of: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> list[float]:
    """Lambdas of least bits, one after the other, twice around."""
    chosen = [16.0] * len(of)
    for _ in range(2):
        for order in range(len(of)):
            tried = {
                value: float(
                    -np.log2(mixed(of, [*chosen[:order], value, *chosen[order + 1 :]])).mean()
                )
                for value in _LAMBDAS
            }
            chosen[order] = min(tried, key=lambda value: tried[value])
    return chosen
