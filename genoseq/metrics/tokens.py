"""Figures of sequences that were written letter by letter, and how far they are from the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.metrics.level import Confusion, CurvePoint


class TokenMetrics:
    """Of tokens given the true ones before each: how many are right, and whole sequences of them.

    Such a sequence is also what greedy search writes: it never leaves the true path.
    """

    def __init__(self) -> None:
        self._right = self._tokens = self._exact = self._sequences = 0

    def update(self, values: Tensor, targets: Tensor) -> None:
        """Probabilities (B, M, V), and tokens (B, M), UNKNOWN_LABEL where there is none."""
        known = targets != UNKNOWN_LABEL
        right = (values.argmax(-1) == targets) & known
        self._tokens += int(known.sum())
        self._right += int(right.sum())
        self._sequences += len(targets)
        self._exact += int((right == known).all(-1).sum())

    def compute(self) -> dict[str, Any]:
        """Counts and shares; None where there is nothing."""
        return {
            "kind": "sequences",
            "pairs": self._sequences,
            "tokens": self._tokens,
            "token_accuracy": self._right / self._tokens if self._tokens else None,
            "exact": self._exact / self._sequences if self._sequences else None,
        }

    def curves(self) -> list[CurvePoint]:
        """None."""
        return []

    def confusions(self) -> list[Confusion]:
        """None."""
        return []


def edit_distance(first: bytes, second: bytes) -> int:
    """Least substitutions, insertions and deletions of letters that make one of the other.

    Levenshtein (1966), by rows; a row's insertions are a running minimum, so that a row is a few
    operations on arrays.
    """
    if len(first) < len(second):
        first, second = second, first
    letters = np.frombuffer(second, np.uint8)
    positions = np.arange(len(second) + 1)
    row = positions.copy()
    for number, letter in enumerate(first, 1):
        new = np.empty_like(row)
        new[0] = number
        new[1:] = np.minimum(row[1:] + 1, row[:-1] + (letters != letter))
        row = np.minimum.accumulate(new - positions) + positions
    return int(row[-1])
