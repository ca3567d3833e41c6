"""The choice of genes of a whole layout, contig by contig."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.select import USUAL, Interval, select_sorted


def choose(layout: Layout, candidates: Candidates, scores: NDArray[np.float64]) -> Positions:
    """Indices of the chosen starts, contig by contig."""
    worth = np.flatnonzero(scores > 0)
    ends = candidates.ends[candidates.frame[worth]]
    low, high = layout.forward(candidates.starts[worth], ends)
    reverse = candidates.starts[worth] >= layout.size
    owner = layout.contig_of(low)
    order = np.lexsort((reverse, low, high, owner))
    bounds = np.searchsorted(owner[order], np.arange(len(layout.contigs) + 1))
    alone = np.diff(bounds) == 1  # many a read has one candidate, and nothing to choose
    chosen: list[Positions] = [worth[order[bounds[:-1][alone]]]]
    offset = layout.offsets[owner]
    columns = (low - offset, high - offset, reverse, scores[worth], worth)
    rows = zip(*(each[order].tolist() for each in columns), strict=True)
    items = [Interval._make(row) for row in rows]
    found: list[int] = []
    for index in np.flatnonzero(np.diff(bounds) > 1).tolist():
        one = layout.contigs[index]
        own = items[bounds[index] : bounds[index + 1]]
        found += select_sorted(own, USUAL, one.length if one.circular else 0)
    chosen.append(np.array(found, np.int64))
    return np.sort(np.concatenate(chosen))
