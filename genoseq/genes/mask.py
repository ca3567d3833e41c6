"""Where no gene may be: rRNA, tRNA, CRISPR arrays, given as regions of the files."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from genoseq.genes.candidates import Candidates, Mask
from genoseq.genes.layout import MARGIN, Layout
from genoseq.genome.regions import Region

ALLOWED = 20
"""bp of a masked region that a gene may reach into."""


def masked(layout: Layout, candidates: Candidates, mask: Collection[Region]) -> Mask:
    """Which starts lead to a gene with more than :data:`ALLOWED` masked bp, shape (m,)."""
    sums = np.concatenate([[0], np.cumsum(masked_bases(layout, mask), dtype=np.int64)])
    low, high = layout.forward(candidates.starts, candidates.per_start(candidates.ends))
    return np.asarray(sums[high] - sums[low] > ALLOWED)


def masked_bases(layout: Layout, mask: Collection[Region]) -> Mask:
    """Which positions of the forward strand are masked, shape (size,)."""
    covered = np.zeros(layout.size, bool)
    index_of = {one.name: index for index, one in enumerate(layout.contigs)}
    for index, regions in _by_contig(mask, index_of).items():
        one, extent = layout.contigs[index], int(layout.extents[index])
        own = np.zeros(one.length, bool)
        for region in regions:
            own[region.start : region.end] = True
        own = np.roll(own, -one.turned)
        first = int(layout.offsets[index])
        bases = np.arange(-MARGIN * one.circular, extent)
        covered[first + bases[0] : first + extent] = own[bases % one.length]
    return covered


def _by_contig(mask: Collection[Region], index_of: dict[str, int]) -> dict[int, list[Region]]:
    found: dict[int, list[Region]] = {}
    for region in mask:
        if len(region):
            found.setdefault(index_of[region.chrom], []).append(region)
    return found
