"""A genome's regions in parts that several processes share: see :mod:`genoseq.files.jobs`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from genoseq.config.context import BATCH_BASES, batch_rows
from genoseq.genome.regions import Region
from genoseq.genome.shards import CONTIG_WORK
from genoseq.genome.windows import Tiling

LEAST, MOST = 1 << 17, 1 << 20
"""Bases of a part: with fewer, processes wait for one another and compute the windows on both sides
of many cuts; with more, they hold much."""
_SHARES = 2
"""A part is one of so many of what each process has left, so that the last are short, and all
processes end at about the same time."""


def parts_of(
    regions: Iterable[Region],
    tiling: Callable[[str], Tiling],
    jobs: int,
    batch_bases: int = BATCH_BASES,
    strands: int = 2,
) -> list[list[Region]]:
    """Regions in parts, long ones first, in order, each part's cut between two windows.

    Parameters
    ----------
    regions
        Merged and in the genome's order.
    tiling
        The forward windows of a contig, by its name.
    jobs
        Processes that will share them.
    batch_bases, strands
        Of a batch, and how many are read: a part is cut where its batches are full.

    Returns
    -------
    Parts of :data:`LEAST` to :data:`MOST` bases and up to a batch more, fewer at the end; none is
    empty.
    """
    regions = list(regions)
    work = sum(len(region) + CONTIG_WORK for region in regions)

    def size() -> int:
        return min(max(work // (_SHARES * jobs), LEAST), MOST)

    parts: list[list[Region]] = [[]]
    left, rows = size(), 0
    for region in regions:
        work, left, start = work - CONTIG_WORK, left - CONTIG_WORK, region.start
        tiled = tiling(region.chrom)
        batch = batch_rows(batch_bases, tiled.row)
        for window in tiled.windows(region.start, region.end):
            kept = window.keep_end - window.keep_start
            work, left, rows = work - kept, left - kept, rows + strands
            # On the reverse strand the cut goes through a window.
            if left <= 0 and -(rows + strands - 1) % batch < strands:
                parts[-1].append(Region(region.chrom, start, window.keep_end))
                parts.append([])
                start, left, rows = window.keep_end, size(), 0
        if start < region.end:
            parts[-1].append(Region(region.chrom, start, region.end))
    return [part for part in parts if part]
