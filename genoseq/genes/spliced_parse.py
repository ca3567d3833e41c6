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
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from genoseq.genes.genetic_codes import GeneticCode
from genoseq.genes.spliced_events import (
    ACCEPTOR,
    DONOR,
    EDGE,
    NO_START,
    READ,
    START_A,
    START_AT,
    STOP,
    WHOLE,
    Limits,
    SiteScores,
    events,
)
from genoseq.genes.spliced_strand import SplicedStrand, Steps


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
    met = events(strand, scores, code, limits)
    for kind, position, score, about in met:
        if kind == STOP:
            walk.stop(position)
        elif kind == DONOR:
            walk.donor(position, score, *about)
        elif kind == ACCEPTOR:
            walk.acceptor(position, score, *about)
        else:
            walk.start(position, score, kind == EDGE)
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
        split = (WHOLE, first, second)
        for frame, path in enumerate(self._phases):
            if path is not None:
                total = path.score + self._coding[frame][position] + score
                moved = _Path(total, path.outside, path.shift - position, Link(path.link, position))
                self._waiting.append((position, split[(position - frame) % 3], moved))
        for read, worth, kind in ((1, start_a, START_A), (2, start_at, START_AT)):
            if worth > NO_START:
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
            frame = (position - READ[kind]) % 3
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
