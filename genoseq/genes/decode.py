"""Genes from what a model says of each base: the rounds in which a genome teaches its own decoding.

A first choice rests on the model's log-odds alone.  Each round then learns codon usage and start
sites from the chosen genes, weighs every start (a conditional logit) and every frame (gene or
not), and chooses again.  No step is random, and none depends on the order of contigs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates, find_candidates
from genoseq.genes.composition import (
    chain_log_odds,
    chain_sums,
    pair_counts,
    pair_numbers,
)
from genoseq.genes.content import FAR, Content, Values, content_of
from genoseq.genes.features import (
    Matrix,
    Usage,
    context_features,
    gene_features,
    start_features,
)
from genoseq.genes.genetic_codes import EDGE, GeneticCode, codon_numbers
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.mask import masked
from genoseq.genes.neighbours import neighbours_of
from genoseq.genes.select import USUAL, Overlaps, select
from genoseq.genes.sites import FOLLOWERS, Sites, learn_sites, site_windows
from genoseq.genes.weights import DecoderWeights
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes

ROUNDS = 3
_FIRST_SCORE = 15.0
"""Nats of content that a first choice needs."""
_HOPELESS = -40.0
"""Frames none of whose starts has more content than this are left out,"""
_USUAL = 0.5
"""unless their codon usage is worth this many nats."""
_UNLIKELY = 4.0
"""Starts that are this many nats less likely than the best of their frame are not chosen."""


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


@dataclass(frozen=True, slots=True)
class Round:
    """What one round makes of a genome.

    Attributes
    ----------
    starts, genes, context
        Features of starts (m, ...), and of frames (n, ...).
    logits
        Of starts, up to a constant in each frame, shape (m,).
    log_shares
        Natural log of the probability of each start among those of its frame, shape (m,).
    top
        Index of the best start of each frame, shape (n,).
    sites
        What was learned of start sites.
    """

    starts: Matrix
    genes: Matrix
    context: Matrix
    log_shares: NDArray[np.float64]
    top: Positions
    sites: Sites


@dataclass(frozen=True, slots=True)
class Decoded:
    """The genes of a genome.

    Attributes
    ----------
    genome
        With its candidates.
    last
        The last round.
    log_odds
        Of each frame being a gene, shape (n,).
    chosen
        Indices of the chosen starts, at most one per frame, ascending.
    """

    genome: Genome
    last: Round
    log_odds: NDArray[np.float64]
    chosen: Positions


def prepare(
    layout: Layout,
    code: GeneticCode,
    values: Iterable[Values],
    shortest: int = 90,
    mask: Collection[Region] = (),
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
    """
    candidates = find_candidates(layout, code, shortest)
    if mask:
        candidates = candidates.with_starts(~masked(layout, candidates, mask))
    content = content_of(layout, candidates, values)
    numbers = codon_numbers(layout.codes)
    chosen = _first_choice(layout, candidates, content)
    pairs = pair_numbers(numbers)
    usage = _usage(numbers, pairs, candidates, chosen)
    hopeful = candidates.largest(content.whole) > _HOPELESS
    hopeful |= candidates.largest(usage.whole) > _USUAL
    hopeful[candidates.frame[chosen]] = True
    starts = candidates.per_start(hopeful)
    first_choice = (np.cumsum(starts) - 1)[chosen]
    kept = candidates.kept(hopeful)
    content = Content(**{name: each[starts] for name, each in content._asdict().items()})
    windows = site_windows(layout.codes, kept.starts)
    followers = numbers[kept.starts[:, None] + 3 * np.arange(1, FOLLOWERS + 1)]
    return Genome(layout, kept, content, numbers, pairs, first_choice, windows, followers)


def decode(
    genome: Genome, weights: DecoderWeights, overlaps: Overlaps = USUAL, rounds: int = ROUNDS
) -> Decoded:
    """Choose the genes of a genome.

    Parameters
    ----------
    rounds
        Of self-training; one at least.
    """
    candidates = genome.candidates
    chosen = genome.first_choice
    for number in range(rounds):
        last = learn_round(genome, chosen, weights.starts)
        if number == 0:
            log_odds = weights.alone.logits(last.genes)
        else:
            log_odds = weights.among.logits(np.concatenate([last.genes, last.context], axis=1))
        scores = candidate_scores(candidates, last, log_odds + weights.bias)
        chosen = choose(genome.layout, candidates, scores, overlaps)
    return Decoded(genome, last, log_odds, chosen)


def learn_round(genome: Genome, chosen: Positions, weights: NDArray[np.float64]) -> Round:
    """Learn from the chosen starts, and say what follows for all candidates."""
    candidates = genome.candidates
    frame = candidates.frame
    kind = candidates.kind
    top = candidates.first[:-1].copy()
    top[frame[chosen]] = chosen
    neighbours = neighbours_of(genome.layout, candidates, top, chosen)
    usage = _usage(genome.numbers, genome.pairs, candidates, chosen)
    picked = np.zeros(len(frame), bool)
    picked[chosen] = True
    having = np.zeros(len(candidates), bool)
    having[frame[chosen]] = True
    own = np.flatnonzero(picked & (kind != EDGE))
    others = np.flatnonzero(~picked & having[frame] & (kind != EDGE))
    sites = learn_sites(genome.windows, genome.followers, kind, neighbours.gap, own, others)
    starts = start_features(
        candidates, genome.content, usage, genome.windows, genome.followers, neighbours, sites
    )
    log_shares = log_shares_of(candidates, starts @ weights)
    top = top_starts(candidates, log_shares)
    neighbours = neighbours_of(genome.layout, candidates, top, chosen)
    genes = gene_features(
        candidates, starts, top, np.exp(log_shares[top]), _typical(starts, chosen)
    )
    return Round(starts, genes, context_features(neighbours), log_shares, top, sites)


def log_shares_of(candidates: Candidates, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """log of the softmax of logits over the starts of each frame; both of shape (m,)."""
    largest = candidates.per_start(candidates.largest(logits))
    total = candidates.per_start(candidates.total(np.exp(logits - largest)))
    return np.asarray(logits - largest - np.log(total), np.float64)


def top_starts(candidates: Candidates, log_shares: NDArray[np.float64]) -> Positions:
    """Index of the likeliest start of each frame, the first of equal ones."""
    order = np.lexsort((-log_shares, candidates.frame))
    return order[candidates.first[:-1]]


def candidate_scores(
    candidates: Candidates, last: Round, log_odds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Score of each start in the choice of genes, (m,), of log-odds of frames, (n,).

    A gene is not charged for being unsure between two of its starts: the best start has the score
    of the frame, others less.
    """
    behind = last.log_shares - candidates.per_start(last.log_shares[last.top])
    scores = candidates.per_start(log_odds) + behind
    return np.where(behind > -_UNLIKELY, scores, -1.0)


def choose(
    layout: Layout,
    candidates: Candidates,
    scores: NDArray[np.float64],
    overlaps: Overlaps,
) -> Positions:
    """Indices of the chosen starts, contig by contig."""
    worth = np.flatnonzero(scores > 0)
    ends = candidates.ends[candidates.frame[worth]]
    low, high = layout.forward(candidates.starts[worth], ends)
    reverse = candidates.starts[worth] >= layout.size
    owner = layout.contig_of(low)
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(layout.contigs) + 1))
    chosen: list[Positions] = [np.zeros(0, np.int64)]
    for index in np.unique(owner):
        own = order[bounds[index] : bounds[index + 1]]
        contig, offset = layout.contigs[index], layout.offsets[index]
        found = select(
            low[own] - offset,
            high[own] - offset,
            reverse[own],
            scores[worth[own]],
            overlaps,
            contig.length if contig.circular else 0,
        )
        chosen.append(worth[own[found]])
    return np.sort(np.concatenate(chosen))


def _first_choice(layout: Layout, candidates: Candidates, content: Content) -> Positions:
    best = content.whole >= candidates.per_start(candidates.largest(content.whole))
    scores = np.where(best, content.whole - _FIRST_SCORE, -1.0)
    return choose(layout, candidates, scores, USUAL)


def _usage(
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


def _typical(starts: Matrix, chosen: Positions) -> tuple[float, float]:
    """Median content and chain per codon of the chosen genes of 100 codons or more."""
    codons = np.exp(starts[chosen, -1]) * 100
    long = chosen[codons >= 100]
    if not len(long):
        return 3.0, 0.3
    codons = np.exp(starts[long, -1]) * 100
    content = float(np.median(starts[long, 0] / codons))
    chain = float(np.median(starts[long, 11] / codons))
    return max(content, 0.5), max(chain, 0.05)
