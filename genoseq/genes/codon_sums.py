"""Sums of values of codons over intervals of a frame, exact and in constant time.

Values are kept in whole steps of 1/256: sums are then the same in whatever order they are added,
and so are the genes that follow from them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.layout import Positions

STEPS = 256
"""Steps of one unit."""


def in_steps(values: NDArray[np.floating]) -> NDArray[np.int32]:
    """Values in whole steps."""
    scaled = np.asarray(values * STEPS)
    return np.rint(scaled, out=scaled).astype(np.int32)


def running_sums(values: NDArray[np.int32]) -> NDArray[np.int64]:
    """Sum of the values before each, and of all: (L,) to (L + 1,)."""
    sums = np.zeros(len(values) + 1, np.int64)
    sums[1:] = values
    return np.cumsum(sums, out=sums)


class CodonSums:
    """Running sums of the three frames.

    Parameters
    ----------
    values
        Of the codon that begins at each position, in steps, shape (L,).
    first
        Position of the first value.
    """

    def __init__(self, values: NDArray[np.int32], first: int = 0) -> None:
        self._first = first
        self._sums = [running_sums(values[frame::3]) for frame in range(3)]

    def between(self, starts: Positions, ends: Positions) -> NDArray[np.float64]:
        """Sum over the codons of ``[starts, ends)``, a multiple of 3 long, each of shape (m,).

        What lies before the first position, or behind the last, counts as nothing.
        """
        begin, total = starts - self._first, np.empty(len(starts), np.int64)
        end = ends - self._first
        for frame, sums in enumerate(self._sums):
            own = np.flatnonzero(begin % 3 == frame)
            low = np.clip((begin[own] - frame) // 3, 0, len(sums) - 1)
            high = np.clip((end[own] - frame) // 3, 0, len(sums) - 1)
            total[own] = sums[high] - sums[low]
        return total / STEPS

    def around(self, starts: Positions, bounds: Sequence[int]) -> NDArray[np.float32]:
        """Sums over stretches around starts, shape (m, len(bounds) - 1).

        Parameters
        ----------
        bounds
            Of the stretches, ascending, in codons from each start on.
        """
        begin = starts - self._first
        total = np.empty((len(starts), len(bounds) - 1), np.float32)
        for frame, sums in enumerate(self._sums):
            own = np.flatnonzero(begin % 3 == frame)
            at = ((begin[own] - frame) // 3)[:, None] + np.array(bounds)
            total[own] = np.diff(sums[np.clip(at, 0, len(sums) - 1)], axis=1) / STEPS
        return total
