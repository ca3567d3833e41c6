"""A genome made ready to decode: its candidates, what the model says of them, a first choice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.config.genes import SHORTEST
from genoseq.genes.candidates import Candidates, find_candidates
from genoseq.genes.choice import choose
from genoseq.genes.codon_sums import CodonSums
from genoseq.genes.composition import (
    anywhere,
    chain_log_odds,
    chain_sums,
    hexamer_log_odds,
    pair_counts,
    pair_numbers,
)
from genoseq.genes.content import Content, Values, content_of
from genoseq.genes.features import Usage
from genoseq.genes.genetic_codes import EDGE, GeneticCode, codon_numbers
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.mask import masked
from genoseq.genes.sites import FOLLOWERS, site_windows
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes

_AROUND = 45
"""bp around a start in which codon usage is looked at, once behind it and twice before."""
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
    background
        How often each codon follows each anywhere, shape (64, 64).
    first_choice
        Indices of the starts that the model alone would choose.
    windows, followers
        Site of each start, and the codons behind it.
    passed
        Nats by which chance would have stopped the frame before each start, shape (m,): where
        stop codons are rare a start may lie far from the last one.
    """

    layout: Layout
    candidates: Candidates
    content: Content
    numbers: NDArray[np.uint8]
    pairs: NDArray[np.uint16]
    background: NDArray[np.float64]
    first_choice: Positions
    windows: Codes
    followers: NDArray[np.uint8]
    passed: NDArray[np.float64]


def prepare(
    layout: Layout,
    code: GeneticCode,
    values: Iterable[Values],
    shortest: int = SHORTEST,
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
    chain = _chain(numbers, pairs, candidates, chosen)
    hopeful = candidates.largest(content.whole) > _HOPELESS
    hopeful |= candidates.largest(_whole(candidates, chain)) > _USUAL
    hopeful[candidates.frame[chosen]] = True
    starts = candidates.per_start(hopeful)
    first_choice = (np.cumsum(starts) - 1)[chosen]
    kept = candidates.with_starts(starts)
    return Genome(
        layout,
        kept,
        content.of_starts(starts),
        numbers,
        pairs,
        anywhere(pairs),
        first_choice,
        site_windows(layout.codes, kept.starts),
        numbers[kept.starts[:, None] + 3 * np.arange(1, FOLLOWERS + 1)],
        _passed(layout, code, kept),
    )


def usages_of(genome: Genome, chosen: Positions) -> tuple[Usage, Usage]:
    """Codon usage of all starts, learned from the chosen genes.

    Returns
    -------
    By the chain of codons, against the frames without a chosen gene; and by hexamers, against the
    genome anywhere.
    """
    candidates = genome.candidates
    ends = candidates.ends[candidates.frame[chosen]]
    genes = pair_counts(genome.numbers, candidates.starts[chosen], ends)
    odds = hexamer_log_odds(genes, genome.background)
    return (
        _usage(candidates, _chain(genome.numbers, genome.pairs, candidates, chosen)),
        _usage(candidates, chain_sums(genome.pairs, odds)),
    )


def _chain(
    numbers: NDArray[np.uint8],
    pairs: NDArray[np.uint16],
    candidates: Candidates,
    chosen: Positions,
) -> CodonSums:
    frame = candidates.frame
    genes = pair_counts(numbers, candidates.starts[chosen], candidates.ends[frame[chosen]])
    free = np.ones(len(candidates), bool)
    free[frame[chosen]] = False
    begins = candidates.starts[candidates.first[:-1]][free]
    others = pair_counts(numbers, begins, candidates.ends[free])
    return chain_sums(pairs, chain_log_odds(genes, others))


def _whole(candidates: Candidates, sums: CodonSums) -> NDArray[np.float64]:
    """Sum over the codon pairs of each candidate, its stop codon left out."""
    starts, ends = candidates.starts, candidates.per_start(candidates.ends)
    return sums.between(starts, np.maximum(ends - 6, starts))


def _usage(candidates: Candidates, sums: CodonSums) -> Usage:
    starts, ends = candidates.starts, candidates.per_start(candidates.ends)
    return Usage(
        _whole(candidates, sums),
        sums.between(starts - _AROUND, starts),
        sums.between(starts - 2 * _AROUND, starts - _AROUND),
        sums.between(starts, np.minimum(starts + _AROUND, ends - 6)),
    )


def _passed(layout: Layout, code: GeneticCode, candidates: Candidates) -> NDArray[np.float64]:
    counts = np.bincount(layout.codes, minlength=4)[:4] + 1.0
    bases = counts / counts.sum()
    stop = sum(float(bases[n // 16] * bases[n // 4 % 4] * bases[n % 4]) for n in code.stops)
    codons = (candidates.starts - candidates.per_start(candidates.begins)) / 3
    return np.asarray(-np.log1p(-stop) * codons, np.float64)


def _first_choice(layout: Layout, candidates: Candidates, content: Content) -> Positions:
    best = content.whole >= candidates.per_start(candidates.largest(content.whole))
    scores = np.where(best, content.whole - _FIRST_SCORE, -1.0)
    return choose(layout, candidates, scores)
