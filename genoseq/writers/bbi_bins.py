"""Bins of bases in which zoom levels of bigWig and bigBed tell what values are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FINEST = 64
"""Bases of the finest zoom bin.  Coarser levels grow by 4: sums of 4 bins."""
GROWTH = 4
_MAX_LEVELS = 10


class Bins(NamedTuple):
    """Summaries of bins with values, sorted by contig and bin: equal columns, shape (N,)."""

    chrom: NDArray[np.int64]
    bin: NDArray[np.int64]
    covered: NDArray[np.int64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    sum: NDArray[np.float64]
    squares: NDArray[np.float64]


def zoom_levels(longest: int) -> list[int]:
    """Bases per bin of each zoom level, for a longest contig of ``longest`` bases."""
    levels = [FINEST * GROWTH**power for power in range(_MAX_LEVELS)]
    return [size for size in levels if size < longest] or levels[:1]


def finest_bins(rows: Sequence[tuple[int, int, NDArray[np.float32]]]) -> Bins:
    """Bins of :data:`FINEST` bases, of many rows at once: genomes may be thousands of contigs.

    Parameters
    ----------
    rows
        Sorted: chromosome id; 0-based first base, a multiple of FINEST; values (L,), NaN for gaps.
    """
    counts = [-(-len(values) // FINEST) for _, _, values in rows]
    padded = np.full(sum(counts) * FINEST, np.nan)
    at = 0
    for count, (_, _, values) in zip(counts, rows, strict=True):
        padded[at : at + len(values)] = values
        at += count * FINEST
    square = padded.reshape(-1, FINEST)
    known = ~np.isnan(square)
    if known.all():
        covered = np.full(len(square), FINEST)
        low, high, filled = square.min(axis=1), square.max(axis=1), square
    else:
        covered = known.sum(axis=1)
        low = np.where(known, square, np.inf).min(axis=1)
        high = np.where(known, square, -np.inf).max(axis=1)
        filled = np.where(known, square, 0.0)
    first = [start // FINEST for _, start, _ in rows]
    within = np.arange(len(square)) - np.repeat(np.cumsum(counts) - counts, counts)
    bins = Bins(
        np.repeat([chrom for chrom, _, _ in rows], counts),
        np.repeat(first, counts) + within,
        covered,
        low,
        high,
        filled.sum(axis=1),
        np.einsum("ij,ij->i", filled, filled),
    )
    used = covered > 0
    columns: tuple[NDArray[Any], ...] = bins
    return bins if used.all() else Bins(*(column[used] for column in columns))


def coarser(bins: Bins) -> Bins:
    """Bins of four times the width."""
    parents = bins.bin // GROWTH
    new = np.ones(len(parents), np.bool_)
    new[1:] = (parents[1:] != parents[:-1]) | (bins.chrom[1:] != bins.chrom[:-1])
    at = np.flatnonzero(new)
    return Bins(
        bins.chrom[at],
        parents[at],
        np.add.reduceat(bins.covered, at),
        np.minimum.reduceat(bins.min, at),
        np.maximum.reduceat(bins.max, at),
        np.add.reduceat(bins.sum, at),
        np.add.reduceat(bins.squares, at),
    )


def join(parts: list[Bins]) -> Bins:
    """Bins of consecutive parts, at least one."""
    return Bins(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
