"""Starts, stops, donors and acceptors of a strand in the order in which a parse meets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.genetic_codes import GeneticCode
from genoseq.genes.layout import Positions
from genoseq.genes.spliced_strand import SHORTEST_INTRON, A, G, SplicedStrand, T

STOP, EDGE, START, ACCEPTOR, DONOR = range(5)
"""In this order where several are due at one position."""
WHOLE, FIRST, FIRST_T, SECOND, TA, TG, START_A, START_AT = range(8)
"""What an intron splits."""
READ = (0, 1, 1, 2, 2, 2, 1, 2)
"""Bases of the codon before it."""


NO_START = -(1 << 60)
"""Worth of a start that is not there."""


@dataclass(frozen=True, slots=True)
class SiteScores:
    """What each site is worth, in steps, costs of genes and introns included.

    Attributes
    ----------
    starts, donors, acceptors
        Of the sites in order.
    split
        Of a start codon that an intron splits behind its first base, or its second: of the donors,
        shape (2, n).
    edge
        Of a gene that the end of a stretch cuts off, instead of a start.
    """

    starts: Positions
    donors: Positions
    acceptors: Positions
    split: Positions
    edge: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What genes may be: bp of the shortest one, introns left out, and of the shortest intron, and
    whether the ends of a stretch may cut them off."""

    shortest: int
    intron: int = SHORTEST_INTRON
    open: bool = True


def events(
    strand: SplicedStrand,
    scores: SiteScores,
    code: GeneticCode,
    limits: Limits,
) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    """Kind, position, score and what else is to be known of all sites, in order."""
    sites = strand.sites
    edges = np.arange(min(3, len(strand)) if limits.open else 0)
    ending = np.flatnonzero(sites.acceptors + 2 <= len(strand))
    acceptors = sites.acceptors[ending]
    groups = [
        (STOP, sites.stops + 3, sites.stops + 3, 0 * sites.stops),
        (EDGE, edges + 2, edges, np.full(len(edges), scores.edge)),
        (START, sites.starts + 3, sites.starts, scores.starts),
        (ACCEPTOR, acceptors + 2, acceptors, scores.acceptors[ending]),
        (DONOR, sites.donors, sites.donors, scores.donors),
    ]
    kind = np.repeat([group[0] for group in groups], [len(group[1]) for group in groups])
    due, position, score = (
        np.concatenate([group[column] for group in groups]) for column in (1, 2, 3)
    )
    about: list[tuple[int, ...]] = [()] * (len(kind) - len(acceptors) - len(sites.donors))
    about += [(each,) for each in _allowed(strand, acceptors, code).tolist()]
    about += _donors(strand, sites.donors, scores.split)
    order = np.lexsort((position, kind, due)).tolist()
    kinds, positions, worth = kind.tolist(), position.tolist(), score.tolist()
    for index in order:
        yield kinds[index], positions[index], worth[index], about[index]


def _donors(
    strand: SplicedStrand, donors: Positions, split: Positions
) -> list[tuple[int, int, int, int]]:
    """What each donor splits, and what a start codon is worth that it splits."""
    codes = np.concatenate([[4, 4], strand.codes])
    last, before = codes[donors + 1], codes[donors]
    first = np.where(last == T, FIRST_T, FIRST)
    second = np.full(len(donors), SECOND)
    second[(before == T) & (last == A)] = TA
    second[(before == T) & (last == G)] = TG
    start_a = np.where(last == A, split[0], NO_START)
    start_at = np.where((before == A) & (last == T), split[1], NO_START)
    columns = (each.tolist() for each in (first, second, start_a, start_at))
    return list(zip(*columns, strict=True))


def _allowed(strand: SplicedStrand, acceptors: Positions, code: GeneticCode) -> NDArray[np.int64]:
    """The introns that may end at each acceptor, a bit for each kind."""
    codes = strand.codes.astype(np.int64)
    one, two = codes[acceptors], codes[acceptors + 1]
    known = (one < 4) & (two < 4)
    stops = np.zeros(65, bool)
    stops[list(code.stops)] = True
    refused = {
        FIRST_T: known & stops[np.where(known, 16 * T + 4 * one + two, 64)],
        TA: (one < 4) & stops[np.where(one < 4, 16 * T + 4 * A + one, 64)],
        TG: (one < 4) & stops[np.where(one < 4, 16 * T + 4 * G + one, 64)],
        START_A: (one != T) | (two != G),
        START_AT: one != G,
    }
    allowed = np.full(len(acceptors), 255)
    for kind, wrong in refused.items():
        allowed &= ~(wrong.astype(np.int64) << kind)
    return allowed
