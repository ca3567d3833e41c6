"""Two signals summed up over intervals, such as exons of genes, as stretches arrive."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region
from genoseq.metrics.binned import pearson_of


class IntervalSums:
    """Sums of C columns over things that consist of intervals of one contig or several.

    Parameters
    ----------
    columns
        C.
    parts
        An interval, and the number of the thing that it is a part of; in any order.
    """

    def __init__(self, columns: int, parts: Sequence[tuple[Region, int]]) -> None:
        self.sums = np.zeros((1 + max((n for _, n in parts), default=-1), columns, 6))
        self._of: dict[str, tuple[NDArray[np.int64], ...]] = {}
        for chrom in dict.fromkeys(region.chrom for region, _ in parts):
            own = sorted(
                (region.start, region.end, n) for region, n in parts if region.chrom == chrom
            )
            starts, ends, numbers = np.array(own, np.int64).T
            self._of[chrom] = starts, ends, numbers, np.maximum.accumulate(ends)

    def update(
        self, chrom: str, start: int, x: NDArray[np.floating], y: NDArray[np.floating]
    ) -> None:
        """Count a stretch from base ``start`` on, (L, C)."""
        if chrom not in self._of:
            return
        starts, ends, numbers, reach = self._of[chrom]
        end = start + len(x)
        near = np.arange(np.searchsorted(reach, start, "right"), np.searchsorted(starts, end))
        near = near[ends[near] > start]
        if not len(near):
            return
        known = ~(np.isnan(x) | np.isnan(y))
        left, right = (np.where(known, each, 0).astype(np.float64) for each in (x, y))
        powers = [known, left, right, left * left, right * right, left * right]
        before = np.zeros((len(x) + 1, x.shape[1], 6))
        np.cumsum(np.stack(powers, axis=-1), axis=0, out=before[1:])
        low = np.maximum(starts[near], start) - start
        high = np.minimum(ends[near], end) - start
        np.add.at(self.sums, numbers[near], before[high] - before[low])

    def known(self) -> NDArray[np.int64]:
        """Bases with both values, shape (N, C)."""
        return self.sums[..., 0].astype(np.int64)

    def means(self) -> NDArray[np.float64]:
        """Means of both sides, shape (N, C, 2), NaN where nothing is known."""
        counts = self.sums[..., :1]
        return np.where(counts > 0, self.sums[..., 1:3] / np.maximum(counts, 1), np.nan)

    def pearson(self) -> NDArray[np.float64]:
        """Pearson's r of the bases of each, shape (N, C), NaN where it is not defined."""
        return pearson_of(self.sums)
