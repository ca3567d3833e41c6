"""The best spliced gene that ends at each stop codon of a strand, by dynamic programming.

States are outside, the three codon phases, and introns by what they split: nothing, a codon behind
its first base or its second (told apart where its bases may begin a stop codon: T, TA, TG), or the
start codon (A, AT).  One pass over starts, stops, donors and acceptors, in the order of their
positions: between these all that a state gains is a difference of running sums, so that the work is
linear in the bases.  The parse is exact (Viterbi over one strand), in whole steps.

What it allows: no stop codon within a gene, nor one that a splice makes; internal parts of 2 bp or
more; an overlap with the gene before of 3 bp at most; a stop codon that no intron splits.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.genetic_codes import GeneticCode
from genoseq.genes.layout import Positions
from genoseq.genes.spliced_strand import SHORTEST_INTRON, A, G, SplicedStrand, Steps, T

_STOP, _EDGE, _START, _ACCEPTOR, _DONOR = range(5)
"""In this order where several are due at one position."""
_WHOLE, _FIRST, _FIRST_T, _SECOND, _TA, _TG, _START_A, _START_AT = range(8)
"""What an intron splits."""
_READ = (0, 1, 1, 2, 2, 2, 1, 2)
"""Bases of the codon before it."""


class Link(NamedTuple):
    """A boundary of a gene and the one before it: its start, and then donors and acceptors.

    ``edge`` says that it is no start, but the end of the strand.
    """

    before: Link | None
    position: int
    edge: bool = False


class _Path(NamedTuple):
    """The best way into a state.

    ``score`` is less the running sum of the state, ``outside`` the score before the gene, and
    ``shift`` its first base as if its introns (up to the donor, within one) were cut out.
    """

    score: int
    outside: int
    shift: int
    link: Link


@dataclass(frozen=True, slots=True)
class SplicedGene:
    """A gene on a strand, 5' to 3'.

    Attributes
    ----------
    parts
        Start and end of each coding part; the last holds the stop codon.
    score
        In steps.
    open_5prime, open_3prime
        Whether the end of the stretch cuts it off.
    """

    parts: tuple[tuple[int, int], ...]
    score: int
    open_5prime: bool = False
    open_3prime: bool = False

    @property
    def start(self) -> int:
        """Its first base."""
        return self.parts[0][0]

    @property
    def end(self) -> int:
        """The base behind its last one."""
        return self.parts[-1][1]

    def __len__(self) -> int:
        return sum(end - start for start, end in self.parts)


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


def parse(
    strand: SplicedStrand,
    scores: SiteScores,
    code: GeneticCode,
    limits: Limits,
) -> list[SplicedGene]:
    """The best gene that ends at each stop codon, behind the best genes before it.

    Returns
    -------
    Those of more than nothing, by their end; they may overlap one another.
    """
    walk = _Walk(strand, limits)
    events = _events(strand, scores, code, limits)
    for kind, position, score, about in events:
        if kind == _STOP:
            walk.stop(position)
        elif kind == _DONOR:
            walk.donor(position, score, *about)
        elif kind == _ACCEPTOR:
            walk.acceptor(position, score, *about)
        else:
            walk.start(position, score, kind == _EDGE)
    if limits.open:
        walk.cut_off(scores.edge)
    return walk.found


class _Walk:
    """The states of a strand while its sites are passed."""

    def __init__(self, strand: SplicedStrand, limits: Limits) -> None:
        self.found: list[SplicedGene] = []
        self._limits, self._size = limits, len(strand)
        self._coding, self._intron = _running(strand)
        self._outside = 0
        self._phases: list[_Path | None] = [None] * 3
        self._introns: list[_Path | None] = [None] * 8
        self._waiting: deque[tuple[int, int, _Path]] = deque()

    def start(self, position: int, score: int, edge: bool) -> None:
        frame = position % 3
        score += self._outside - self._coding[frame][position]
        before = self._phases[frame]
        if before is None or score > before.score:
            link = Link(None, position, edge)
            self._phases[frame] = _Path(score, self._outside, position, link)

    def stop(self, end: int) -> None:
        frame = end % 3
        path = self._phases[frame]
        if path is None:
            return
        self._phases[frame] = None
        total = path.score + self._coding[frame][end]
        if total > path.outside and end - path.shift >= self._limits.shortest:
            self._found(path, total, end)
            self._outside = max(self._outside, total)

    def donor(
        self, position: int, score: int, first: int, second: int, start_a: int, start_at: int
    ) -> None:
        """``first`` and ``second`` are what it splits behind these bases of a codon; ``start_a``
        and ``start_at`` what start codons are worth that it splits there."""
        score -= self._intron[position]
        split = (_WHOLE, first, second)
        for frame, path in enumerate(self._phases):
            if path is not None:
                total = path.score + self._coding[frame][position] + score
                moved = _Path(total, path.outside, path.shift - position, Link(path.link, position))
                self._waiting.append((position, split[(position - frame) % 3], moved))
        for read, worth, kind in ((1, start_a, _START_A), (2, start_at, _START_AT)):
            if worth > _NOT:
                begin = position - read
                sums = self._coding[begin % 3]
                total = self._outside + worth + sums[position] - sums[begin] + score
                link = Link(Link(None, begin), position)
                self._waiting.append((position, kind, _Path(total, self._outside, -read, link)))

    def acceptor(self, position: int, score: int, allowed: int) -> None:
        """``allowed`` has a bit for each kind of intron that may end here."""
        waiting, introns = self._waiting, self._introns
        while waiting and waiting[0][0] + self._limits.intron <= position:
            _, kind, path = waiting.popleft()
            best = introns[kind]
            if best is None or path.score > best.score:
                introns[kind] = path
        score += self._intron[position]
        for kind, into in enumerate(introns):
            if into is None or not allowed >> kind & 1:
                continue
            frame = (position - _READ[kind]) % 3
            total = into.score + score - self._coding[frame][position]
            before = self._phases[frame]
            if before is None or total > before.score:
                link = Link(into.link, position)
                self._phases[frame] = _Path(total, into.outside, into.shift + position, link)

    def cut_off(self, edge: int) -> None:
        """End all that is open with the strand."""
        for frame, path in enumerate(self._phases):
            if path is None:
                continue
            end = self._size - (self._size - frame) % 3
            total = path.score + self._coding[frame][end] + edge
            long = end - path.shift >= self._limits.shortest and end > path.link.position
            if long and total > path.outside:
                self._found(path, total, end, open_3prime=True)

    def _found(self, path: _Path, total: int, end: int, open_3prime: bool = False) -> None:
        bounds, link = [end], path.link
        while (before := link.before) is not None:
            bounds.append(link.position)
            link = before
        bounds = [link.position, *reversed(bounds)]
        parts = tuple(zip(bounds[::2], bounds[1::2], strict=True))
        self.found.append(SplicedGene(parts, total - path.outside, link.edge, open_3prime))


_NOT = -(1 << 60)
"""Worth of a start that is not there."""


def _running(strand: SplicedStrand) -> tuple[list[array[int]], array[int]]:
    """Sums of all bases before each position, of each frame and of introns."""
    size = len(strand)
    phase = np.arange(size) % 3
    frames = [_sums(strand.coding[(phase - frame) % 3, np.arange(size)]) for frame in range(3)]
    return frames, _sums(strand.intron)


def _sums(values: Steps) -> array[int]:
    """Sums before each position, compact and quick to ask for one by one."""
    sums = array("q")
    sums.frombytes(np.concatenate([[0], np.cumsum(values, dtype=np.int64)]).tobytes())
    return sums


def _events(
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
        (_STOP, sites.stops + 3, sites.stops + 3, 0 * sites.stops),
        (_EDGE, edges + 2, edges, np.full(len(edges), scores.edge)),
        (_START, sites.starts + 3, sites.starts, scores.starts),
        (_ACCEPTOR, acceptors + 2, acceptors, scores.acceptors[ending]),
        (_DONOR, sites.donors, sites.donors, scores.donors),
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
    first = np.where(last == T, _FIRST_T, _FIRST)
    second = np.full(len(donors), _SECOND)
    second[(before == T) & (last == A)] = _TA
    second[(before == T) & (last == G)] = _TG
    start_a = np.where(last == A, split[0], _NOT)
    start_at = np.where((before == A) & (last == T), split[1], _NOT)
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
        _FIRST_T: known & stops[np.where(known, 16 * T + 4 * one + two, 64)],
        _TA: (one < 4) & stops[np.where(one < 4, 16 * T + 4 * A + one, 64)],
        _TG: (one < 4) & stops[np.where(one < 4, 16 * T + 4 * G + one, 64)],
        _START_A: (one != T) | (two != G),
        _START_AT: one != G,
    }
    allowed = np.full(len(acceptors), 255)
    for kind, wrong in refused.items():
        allowed &= ~(wrong.astype(np.int64) << kind)
    return allowed
