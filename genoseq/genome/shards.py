"""Cutting a genome into shards of equal work, which are scored apart and merged again.

Scores do not depend on where the cuts are, because windows follow from the contig's length
(:mod:`genoseq.genome.windows`): a cut only costs the windows that it lies in, which both sides
compute.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate, pairwise

from genoseq.genome.regions import Region

MOST = 500
"""Most shards of a genome: each is a file in one folder and an argument of one command."""
STEP = 8192
"""Contigs are cut at multiples of this many bases, about half a window."""
CONTIG_WORK = 600
"""What a contig costs beside its bases, in bases: the N at its ends and its entries in
files (``benchmarks/dag.py --only contigs``)."""

Cut = tuple[int, int]
"""A position between two bases: the contig's number, and its bases before the cut."""


def shard_names(count: int) -> list[str]:
    """``001`` and on: in order also where a shell sorts them."""
    return [f"{number:03}" for number in range(1, count + 1)]


def partition(lengths: Mapping[str, int], count: int) -> list[list[Region]]:
    """Divide contigs into ``count`` shards of equal work: every base once, in order.

    The work of a contig is its bases and :data:`CONTIG_WORK`.  Each cut lies at the contig end or
    the multiple of :data:`STEP` inside a contig that is nearest to equal work, so that two shards
    differ by at most twice the sum of the two; where there are more shards than such cuts, some
    are empty.

    Parameters
    ----------
    lengths
        Bases of each contig, in the order of the FASTA.
    count
        Shards, at least 1.

    Returns
    -------
    The regions of each shard; none of them is empty.
    """
    contigs = [(name, length) for name, length in lengths.items() if length]
    ends = list(accumulate(length + CONTIG_WORK for _, length in contigs))
    total = ends[-1] if ends else 0
    inner = [_cut(contigs, ends, total * k // count) for k in range(1, count)]
    cuts: list[Cut] = [(0, 0), *inner, (len(contigs), 0)]
    return [_between(contigs, low, high) for low, high in pairwise(cuts)]


def _cut(contigs: list[tuple[str, int]], ends: list[int], work: int) -> Cut:
    """The cut whose work before it is nearest to ``work``."""
    if not contigs:
        return 0, 0
    number = bisect_left(ends, work)
    length = contigs[number][1]
    begin = ends[number] - length - CONTIG_WORK
    inside = work - begin - CONTIG_WORK
    below = inside // STEP * STEP
    work_before = {0: begin}
    # Both neighbours, in order: leaving out the nearest cut would let cuts change their order.
    for near in (below, below + STEP):
        if 0 < near < length:
            work_before[near] = begin + CONTIG_WORK + near
    work_before[length] = ends[number]
    best = min(work_before, key=lambda bases: abs(work_before[bases] - work))
    return (number, best) if best < length else (number + 1, 0)


def _between(contigs: list[tuple[str, int]], low: Cut, high: Cut) -> list[Region]:
    """Regions from one cut to another."""
    regions = []
    for number in range(low[0], min(high[0] + 1, len(contigs))):
        name, length = contigs[number]
        start = low[1] if number == low[0] else 0
        end = high[1] if number == high[0] else length
        if start < end:
            regions.append(Region(name, start, end))
    return regions
