"""A genome made ready to decode: its candidates, what the model says of them, a first choice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.config.genes import SHORTEST
from genoseq.genes.candidates import Candidates, find_candidates
from genoseq.genes.choice import choose
from genoseq.genes.chosen_sites import chosen_sites, well_sited
from genoseq.genes.composition import anywhere, chain_log_odds, hexamer_log_odds, pair_numbers
from genoseq.genes.content import Content, Values, content_of
from genoseq.genes.features import Usage
from genoseq.genes.frame_pairs import FramePairs, frame_pairs
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
"""unless their codon usage is worth this many nats, or their site is a gene's."""


@dataclass(frozen=True, slots=True)
class Genome:
    """A genome made ready to decode: its candidates, and what does not change between rounds.

    Attributes
    ----------
    layout, candidates, content
        Of the whole genome.
    pairs
        Codon pairs of the candidates' frames.
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
    pairs: FramePairs
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
    of_all = frame_pairs(pairs, candidates)
    chain = of_all.usage(candidates, chain_log_odds(*of_all.counts(candidates, chosen)))
    hopeful = candidates.largest(content.whole) > _HOPELESS
    hopeful |= candidates.largest(chain.whole) > _USUAL
    windows = site_windows(layout.codes, candidates.starts)
    followers = numbers[candidates.starts[:, None] + 3 * np.arange(1, FOLLOWERS + 1)]
    learned = chosen_sites(layout, candidates, windows, followers, chosen)
    hopeful |= well_sited(candidates, windows, learned)
    hopeful[candidates.frame[chosen]] = True
    starts = candidates.per_start(hopeful)
    first_choice = (np.cumsum(starts) - 1)[chosen]
    kept = candidates.with_starts(starts)
    return Genome(
        layout,
        kept,
        content.of_starts(starts),
        frame_pairs(pairs, kept),
        anywhere(pairs),
        first_choice,
        windows[starts],
        followers[starts],
        _passed(layout, code, kept),
    )


def usages_of(genome: Genome, chosen: Positions) -> tuple[Usage, Usage]:
    """Codon usage of all starts, learned from the chosen genes.

    Returns
    -------
    By the chain of codons, against the frames without a chosen gene; and by hexamers, against the
    genome anywhere.
    """
    candidates, pairs = genome.candidates, genome.pairs
    genes, others = pairs.counts(candidates, chosen)
    return (
        pairs.usage(candidates, chain_log_odds(genes, others)),
        pairs.usage(candidates, hexamer_log_odds(genes, genome.background)),
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
