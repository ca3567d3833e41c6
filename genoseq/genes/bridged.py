"""Genes whose frame goes on coding behind their stop codon: pseudogenes, they may be.

Without a start near that codon, and with a model as sure of the bases between (:data:`BRIDGED`),
unless the stop codon may stand for selenocysteine.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from genoseq.genes.decode import Decoded
from genoseq.genes.selenocysteine import selenocysteine_candidates
from genoseq.genes.start_table import in_file

BRIDGED = 0.8
"""Share of the bases between a stop codon and the next start that are coding."""
_BEFORE, _BEHIND = 400.0, 300.0
"""Nats of content that the gene, and the frame behind its stop codon, need."""
_FIRST, _LAST = 12, 300
"""bp between the stop codon and the first start codon behind it."""


def bridged(decoded: Decoded) -> Iterator[tuple[str, str, int]]:
    """Contig, strand and forward end (reverse: start) of genes whose frame goes on behind."""
    genome = decoded.genome
    candidates, layout, content = genome.candidates, genome.layout, genome.content
    frame = candidates.frame[decoded.chosen]
    own = np.flatnonzero(
        ~candidates.open_3prime[frame] & (content.whole[decoded.chosen] >= _BEFORE)
    )
    if not len(own):
        return
    frame = frame[own]
    ends = candidates.ends[frame]
    behind = np.minimum(np.searchsorted(candidates.begins, ends), len(candidates) - 1)
    first = candidates.first[behind]
    gap = candidates.starts[first] - ends
    going_on = (
        (candidates.begins[behind] == ends)
        & (content.whole[first] >= _BEHIND)
        & (gap >= _FIRST)
        & (gap <= _LAST)
        & (content.other[first] >= BRIDGED)
    )
    selenocysteines = {(one.chrom, one.start) for one in selenocysteine_candidates(decoded)}
    starts, ends = candidates.starts[decoded.chosen[own[going_on]]], ends[going_on]
    low, high = layout.forward(starts, ends)
    owner = layout.contig_of(low)
    begin = in_file(layout, owner, low)
    for index in range(len(low)):
        reverse = bool(starts[index] >= layout.size)
        start, end = int(begin[index]), int(begin[index] + high[index] - low[index])
        name = layout.contigs[owner[index]].name
        if (name, start if reverse else end - 3) not in selenocysteines:
            yield name, "-" if reverse else "+", start if reverse else end
