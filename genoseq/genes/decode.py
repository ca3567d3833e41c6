"""Genes from what a model says of each base: the rounds in which a genome teaches its own decoding.

A first choice rests on the model's log-odds alone.  Each round then learns codon usage and start
sites from the chosen genes, weighs every start (a conditional logit) and every frame (gene or
not), and chooses again.  No step is random, and none depends on the order of contigs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.choice import choose
from genoseq.genes.chosen_sites import chosen_sites
from genoseq.genes.features import (
    START_FEATURES,
    Matrix,
    context_features,
    gene_features,
    start_features,
)
from genoseq.genes.layout import Positions
from genoseq.genes.neighbours import frame_neighbours
from genoseq.genes.prepare import Genome, usages_of
from genoseq.genes.sites import Sites
from genoseq.genes.weights import DecoderWeights

ROUNDS = 3
DOUBT = 0.005
"""Probability that all starts of a frame share, however sure one of them is.  Annotations have four
times as many starts against which all evidence is, but of starts that experiments show none."""
_UNLIKELY = 4.0
"""Starts that are this many nats less likely than the best of their frame are not chosen."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round makes of a genome.

    Attributes
    ----------
    starts, genes, context
        Features of starts (m, ...), and of frames (n, ...).
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


def decode(genome: Genome, weights: DecoderWeights, rounds: int = ROUNDS) -> Decoded:
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
        chosen = choose(genome.layout, candidates, scores)
    return Decoded(genome, last, log_odds, chosen)


def learn_round(genome: Genome, chosen: Positions, weights: NDArray[np.float64]) -> Round:
    """Learn from the chosen starts, and say what follows for all candidates."""
    candidates = genome.candidates
    chain, hexamers = usages_of(genome, chosen)
    sites, neighbours = chosen_sites(
        genome.layout, candidates, genome.windows, genome.followers, chosen
    )
    starts = start_features(genome, chain, hexamers, neighbours, sites)
    log_shares = log_shares_of(candidates, starts @ weights)
    top = top_starts(candidates, log_shares)
    genes = gene_features(genome, starts, top, np.exp(log_shares[top]), _typical(starts, chosen))
    context = context_features(frame_neighbours(genome.layout, candidates, top, chosen))
    return Round(starts, genes, context, log_shares, top, sites)


def log_shares_of(candidates: Candidates, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """log of the softmax of logits over the starts of each frame; both of shape (m,)."""
    largest = candidates.per_start(candidates.largest(logits))
    total = candidates.per_start(candidates.total(np.exp(logits - largest)))
    return np.asarray(logits - largest - np.log(total), np.float64)


def tempered(
    candidates: Candidates, logits: NDArray[np.float64], slope: float
) -> NDArray[np.float64]:
    """Probability of each start among those of its frame, by a slope of their log-odds, (m,).

    :data:`DOUBT` is shared by all starts of the frame.
    """
    shares = np.exp(log_shares_of(candidates, slope * logits))
    counts = candidates.per_start(np.diff(candidates.first))
    return np.asarray((1 - DOUBT) * shares + DOUBT / counts, np.float64)


def top_starts(candidates: Candidates, log_shares: NDArray[np.float64]) -> Positions:
    """Index of the likeliest start of each frame, the first of equal ones."""
    best = np.flatnonzero(log_shares >= candidates.per_start(candidates.largest(log_shares)))
    return np.asarray(best[np.searchsorted(best, candidates.first[:-1])], np.int64)


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


def _typical(starts: Matrix, chosen: Positions) -> tuple[float, float]:
    """Median content and chain per codon of the chosen genes of 100 codons or more."""
    content, chain, length = (
        starts[chosen, START_FEATURES.index(name)] for name in ("content", "chain", "length")
    )
    codons = np.exp(length) * 100
    long = codons >= 100
    if not long.any():
        return 3.0, 0.3
    content = float(np.median(content[long] / codons[long]))
    chain = float(np.median(chain[long] / codons[long]))
    return max(content, 0.5), max(chain, 0.05)
