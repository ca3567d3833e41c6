"""A genome made ready to decode: its candidates, what the model says of them, a first choice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates, find_candidates
from genoseq.genes.choice import choose
from genoseq.genes.composition import (
    chain_log_odds,
    chain_sums,
    pair_counts,
    pair_numbers,
)
from genoseq.genes.content import FAR, Content, Values, content_of
from genoseq.genes.features import Usage
from genoseq.genes.genetic_codes import EDGE, GeneticCode, codon_numbers
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.mask import masked
from genoseq.genes.sites import FOLLOWERS, site_windows
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes

_FIRST_SCORE = 15.0
"""Nats of content that a first choice needs."""
_HOPELESS = -40.0
"""Frames none of whose starts has more content than this are left out,"""
_USUAL = 0.5
"""unless their codon usage is worth this many nats."""


@dataclass(frozen=True, slots=True)
class Genome:
    """A genome made ready to decode: its candidates, and what does not change between rounds.

    Attributes
    ----------
    layout, candidates, content
        Of the whole genome.
    numbers, pairs
        Codon, and codon pair, at each position of the layout.
    first_choice
        Indices of the starts that the model alone would choose.
    windows, followers
        Site of each start, and the codons behind it.
    """

    layout: Layout
    candidates: Candidates
    content: Content
    numbers: NDArray[np.uint8]
    pairs: NDArray[np.uint16]
    first_choice: Positions
    windows: Codes
    followers: NDArray[np.uint8]


def prepare(
    layout: Layout,
    code: GeneticCode,
    values: Iterable[Values],
    shortest: int = 90,
    mask: Collection[Region] = (),
    closed: bool = False,
) -> Genome:
    """Candidates of a genome and their content.

    Parameters
    ----------
    values
        Probabilities of states of each contig, see :data:`genoseq.genes.content.Values`.
    shortest
        bp of the shortest gene, its stop codon included.
    mask
        Where no gene may be, in coordinates of the files.
    closed
        Whether to leave out what the end of a contig or a run of N cuts off.
    """
    candidates = find_candidates(layout, code, shortest)
    if closed:
        cut = (candidates.kind == EDGE) | candidates.per_start(candidates.open_3prime)
        candidates = candidates.with_starts(~cut)
    if mask:
        candidates = candidates.with_starts(~masked(layout, candidates, mask))
    content = content_of(layout, candidates, values)
    numbers = codon_numbers(layout.codes)
    chosen = _first_choice(layout, candidates, content)
    pairs = pair_numbers(numbers)
    usage = usage_of(numbers, pairs, candidates, chosen)
    hopeful = candidates.largest(content.whole) > _HOPELESS
    hopeful |= candidates.largest(usage.whole) > _USUAL
    hopeful[candidates.frame[chosen]] = True
    starts = candidates.per_start(hopeful)
    first_choice = (np.cumsum(starts) - 1)[chosen]
    kept = candidates.with_starts(starts)
    content = Content(**{name: each[starts] for name, each in content._asdict().items()})
    windows = site_windows(layout.codes, kept.starts)
    followers = numbers[kept.starts[:, None] + 3 * np.arange(1, FOLLOWERS + 1)]
    return Genome(layout, kept, content, numbers, pairs, first_choice, windows, followers)


def usage_of(
    numbers: NDArray[np.uint8],
    pairs: NDArray[np.uint16],
    candidates: Candidates,
    chosen: Positions,
) -> Usage:
    """Codon usage of all starts, learned from the chosen genes against the frames without one."""
    frame = candidates.frame
    genes = pair_counts(numbers, candidates.starts[chosen], candidates.ends[frame[chosen]])
    free = np.ones(len(candidates), bool)
    free[frame[chosen]] = False
    begins = candidates.starts[candidates.first[:-1]][free]
    others = pair_counts(numbers, begins, candidates.ends[free])
    sums = chain_sums(pairs, chain_log_odds(genes, others))
    starts, ends = candidates.starts, candidates.per_start(candidates.ends)
    return Usage(
        sums.between(starts, np.maximum(ends - 6, starts)),
        sums.between(starts - FAR, starts),
        sums.between(starts, np.minimum(starts + FAR, ends - 6)),
    )


def _first_choice(layout: Layout, candidates: Candidates, content: Content) -> Positions:
    best = content.whole >= candidates.per_start(candidates.largest(content.whole))
    scores = np.where(best, content.whole - _FIRST_SCORE, -1.0)
    return choose(layout, candidates, scores)
