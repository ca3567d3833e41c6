"""The choice of genes of a whole layout, contig by contig."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.select import USUAL, select


def choose(layout: Layout, candidates: Candidates, scores: NDArray[np.float64]) -> Positions:
    """Indices of the chosen starts, contig by contig."""
    worth = np.flatnonzero(scores > 0)
    ends = candidates.ends[candidates.frame[worth]]
    low, high = layout.forward(candidates.starts[worth], ends)
    reverse = candidates.starts[worth] >= layout.size
    owner = layout.contig_of(low)
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(layout.contigs) + 1))
    alone = np.diff(bounds) == 1  # many a read has one candidate, and nothing to choose
    chosen: list[Positions] = [worth[order[bounds[:-1][alone]]]]
    for index in np.flatnonzero(np.diff(bounds) > 1):
        own = order[bounds[index] : bounds[index + 1]]
        contig, offset = layout.contigs[index], layout.offsets[index]
        found = select(
            low[own] - offset,
            high[own] - offset,
            reverse[own],
            scores[worth[own]],
            USUAL,
            contig.length if contig.circular else 0,
        )
        chosen.append(worth[own[found]])
    return np.sort(np.concatenate(chosen))
