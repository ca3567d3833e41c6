"""One strand of a contig as the parse of spliced genes sees it: evidence and sites.

What a base says is counted in whole steps, so that sums are exact: no gene depends on where its
contig begins, nor on which strand it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.codon_sums import STEPS, in_steps
from genoseq.genes.content import Values
from genoseq.genes.genetic_codes import GeneticCode, codon_numbers
from genoseq.genes.layout import SHORTEST_GAP, Positions
from genoseq.genome.sequences import Codes, N, reverse_complement_codes

A, C, G, T = range(4)
_LEAST = 2e-3
"""Probability that is added to each: no base says more than the model can know."""
_HOPELESS = -5.0
"""Mean log-odds, in nats, of lying in an intron (p = .007): below it none begins or ends there."""
SHORTEST_INTRON = 40
"""bp; the shortest of yeast has 49, those of worms and plants 40 to 60."""
ATG = 16 * A + 4 * T + G
OTHER_STRAND = [0, 4, 5, 6, 1, 2, 3, 8, 7]
"""Where each of the nine states stands on the other strand."""

Steps = NDArray[np.int16]
"""Nats in steps of 1/256."""


@dataclass(frozen=True, slots=True)
class SpliceSites:
    """Where genes may start and stop and where introns may begin and end on a strand.

    Attributes
    ----------
    starts
        First bases of start codons, ascending.
    stops
        First bases of stop codons.
    donors
        First bases of introns.
    acceptors
        First bases behind introns.
    """

    starts: Positions
    stops: Positions
    donors: Positions
    acceptors: Positions


@dataclass(frozen=True, slots=True)
class SplicedStrand:
    """Bases of a strand, 5' to 3', and what the model says of them.

    Attributes
    ----------
    codes
        Shape (L,).
    coding
        Log-odds, in steps, that a base has codon phase 0, 1 or 2 against coding for nothing on this
        strand, shape (3, L).
    intron
        The same of lying in a coding intron, shape (L,).
    numbers
        Codon that begins at each base, shape (L,).
    sites
        Where genes may start and stop, and introns begin and end.
    """

    codes: Codes
    coding: Steps
    intron: Steps
    numbers: NDArray[np.uint8]
    sites: SpliceSites

    def __len__(self) -> int:
        return len(self.codes)


def strand_of(
    codes: Codes, values: Values, weight: float, intron_weight: float, code: GeneticCode
) -> SplicedStrand:
    """A strand with its evidence and sites.

    Parameters
    ----------
    codes
        Shape (L,), 5' to 3'.
    values
        Probabilities of the nine states, shape (9, L), those of this strand before those of the
        other; NaN where nothing is known.
    weight, intron_weight
        What a nat of the model is worth, of coding and of lying in an intron: its neighbouring
        bases repeat one another.
    """
    with np.errstate(invalid="ignore"):
        known = values.astype(np.float64)
        here = known[[1, 2, 3, 7]]
        nothing = np.log(known[0] + known[4:7].sum(0) + known[8] + _LEAST)
        nats = np.array([weight] * 3 + [intron_weight])[:, None]
        odds = in_steps(np.nan_to_num(nats * (np.log(here + _LEAST) - nothing)))
        # Against everything else, in full: what the model says of an intron, whatever it is worth.
        spliced = np.log(here[3] + _LEAST) - np.log(1 - here[3] + _LEAST)
    steps = odds.astype(np.int16)
    numbers = codon_numbers(codes)
    sites = _sites(codes, numbers, in_steps(np.nan_to_num(spliced)), code)
    return SplicedStrand(codes, steps[:3], steps[3], numbers, sites)


def donors_of(codes: Codes) -> Positions:
    """First base of each GT."""
    return np.flatnonzero((codes[:-1] == G) & (codes[1:] == T))


def acceptors_of(codes: Codes) -> Positions:
    """The base behind each AG."""
    return np.flatnonzero((codes[:-1] == A) & (codes[1:] == G)) + 2


def _sites(
    codes: Codes, numbers: NDArray[np.uint8], spliced: NDArray[np.int32], code: GeneticCode
) -> SpliceSites:
    """All ATG and stop codons of a strand, and each GT and AG that may be an intron's.

    Of :data:`SHORTEST_INTRON` bp from a GT on, or before an AG, the model must not be sure that
    they are none (:data:`_HOPELESS`).
    """
    sums = np.concatenate([[0], np.cumsum(spliced, dtype=np.int64)])
    donors, acceptors = donors_of(codes), acceptors_of(codes)
    behind = sums[np.minimum(donors + SHORTEST_INTRON, len(codes))] - sums[donors]
    before = sums[acceptors] - sums[np.maximum(acceptors - SHORTEST_INTRON, 0)]
    least = _HOPELESS * STEPS * SHORTEST_INTRON
    return SpliceSites(
        np.flatnonzero(numbers == ATG),
        np.flatnonzero(np.isin(numbers, code.stops)),
        donors[behind >= least],
        acceptors[before >= least],
    )


def both_strands(
    codes: Codes, values: Values, weight: float, intron_weight: float, code: GeneticCode
) -> tuple[SplicedStrand, SplicedStrand]:
    """The forward strand and the reverse one, 5' to 3' each."""
    turned = values[OTHER_STRAND][:, ::-1]
    return (
        strand_of(codes, values, weight, intron_weight, code),
        strand_of(reverse_complement_codes(codes), turned, weight, intron_weight, code),
    )


def stretches(codes: Codes) -> Sequence[tuple[int, int]]:
    """Start and end of what lies between runs of N, which no gene crosses."""
    unknown = np.concatenate([[False], codes == N, [False]])
    edges = np.flatnonzero(np.diff(unknown.view(np.int8)))
    runs = [
        (int(start), int(end))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if end - start >= SHORTEST_GAP
    ]
    bounds = [0, *(bound for run in runs for bound in run), len(codes)]
    return [(s, e) for s, e in zip(bounds[::2], bounds[1::2], strict=True) if s < e]
