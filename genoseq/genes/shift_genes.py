"""Genes of the best paths that change their frame: where, with which indels, and their bases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.codon_sums import STEPS
from genoseq.genes.genetic_codes import EDGE as EDGE_KIND
from genoseq.genes.genetic_codes import START_CODONS, codon_number, codon_numbers
from genoseq.genes.layout import Positions
from genoseq.genes.shift_paths import (
    BEGIN,
    EDGE,
    EXTRAS,
    MISSING,
    OVERLAP,
    STOPPED,
    Islands,
    Strand,
)
from genoseq.genome.sequences import Codes, N

_PHASE = np.array([-1, 0, 1, 2, -1, 1, -1, -1], np.int8)
"""Codon phase of each state; -1 outside and of a base too many."""


class Indel(NamedTuple):
    """A base too many at a position, or one missing before it."""

    at: int
    inserted: bool


@dataclass(frozen=True, slots=True)
class BrokenGene:
    """A gene that changes its frame.

    Attributes
    ----------
    contig, reverse
        Index of its contig, and on which strand it is.
    start, end
        On that strand, 5' to 3', of the contig as it is turned; of a circle the end may be beyond.
    indels
        5' to 3'.
    kind
        Of its start codon, see :attr:`genoseq.genes.candidates.Candidates.kind`.
    open_3prime
        Whether it is cut off.
    score
        Nats: log-odds of its bases, less the prices of its start and indels.
    codes
        Its bases as they are read, whole codons: without those too many, N where one is missing.
    """

    contig: int
    reverse: bool
    start: int
    end: int
    indels: tuple[Indel, ...]
    kind: int
    open_3prime: bool
    score: float
    codes: Codes

    def moved(self, contig: int, reverse: bool, by: int, circle: int) -> BrokenGene:
        """It on its contig's strand, ``by`` further on; of a circle from its first turn."""
        if circle:
            by += -circle * ((self.start + by) // circle)
        indels = tuple(Indel(at + by, inserted) for at, inserted in self.indels)
        return replace(
            self, contig=contig, reverse=reverse, start=self.start + by, end=self.end + by,
            indels=indels,
        )  # fmt: skip


def count_indels(path: NDArray[np.uint8]) -> tuple[int, int]:
    """Indels of best paths, and their coding bases."""
    states = path & np.uint8(7)
    indels = int((path >> np.uint8(3) == MISSING).sum() + np.isin(states, EXTRAS).sum())
    return indels, int((states > 0).sum())


def phases_of(path: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Codon phase of each base of a best path; -1 outside of genes and of a base too many."""
    phases: NDArray[np.int8] = _PHASE[path & np.uint8(7)]
    return phases


def genes_of(
    path: NDArray[np.uint8],
    islands: Islands,
    strand: Strand,
    codes: Codes,
    prices: tuple[int, int],
    every: bool = False,
) -> Iterator[BrokenGene]:
    """Broken genes of the best paths of islands, (T, B), at the strand's positions.

    Parameters
    ----------
    prices
        Of an indel and of a start, in steps.
    every
        Whether to give genes that do not change their frame as well.
    """
    states, events = path & 7, path >> 3
    broken = (events == MISSING).any(0) | np.isin(states, EXTRAS).any(0)
    if every:
        broken = (states > 0).any(0)
    for column in np.flatnonzero(broken).tolist():
        length, begin = int(islands.lengths[column]), int(islands.begins[column])
        own = path[:length, column]
        yield from _genes(
            own & np.uint8(7), own >> np.uint8(3), begin, strand, codes, prices, every
        )


def _genes(
    states: NDArray[np.uint8],
    events: NDArray[np.uint8],
    begin: int,
    strand: Strand,
    codes: Codes,
    prices: tuple[int, int],
    every: bool,
) -> Iterator[BrokenGene]:
    starting = np.flatnonzero(np.isin(events, (BEGIN, EDGE, OVERLAP)))
    stopped = np.flatnonzero(events == STOPPED)
    for number, first in enumerate(starting.tolist()):
        following = int(starting[number + 1]) if number + 1 < len(starting) else len(states)
        ends = stopped[(stopped > first) & (stopped < following)]
        last = int(ends[0]) + 1 if len(ends) else following
        inside = slice(first, last)
        missing = np.flatnonzero(events[inside] == MISSING) + first
        extra = np.flatnonzero(np.isin(states[inside], EXTRAS)) + first
        if not every and not len(missing) and not len(extra):
            continue
        if events[first] != EDGE:
            # The start codon is three bases in a row: what changes the frame there comes behind it.
            missing = np.where(missing < first + 3, first + 5, missing)
            extra = np.where(extra < first + 3, first + 3, extra)
        phases = _PHASE[states[inside]]
        if len(ends):
            phases[-1] = 2
        offsets = np.arange(first, last)
        odds = strand.odds[phases.clip(0), begin + offsets]
        if len(ends):
            odds[-3:] = 0  # a stop codon counts for nothing
        odds = np.where(phases < 0, strand.odds[:, begin + offsets].max(0), odds)
        price = prices[0] * (len(missing) + len(extra)) + prices[1] * int(events[first] != EDGE)
        read = np.delete(offsets, extra - first)
        read = np.insert(read, np.searchsorted(read, missing), -1)
        indels = sorted(
            [Indel(begin + at, False) for at in missing.tolist()]
            + [Indel(begin + at, True) for at in extra.tolist()]
        )
        stop_behind = len(ends) > 0
        if not stop_behind and following < len(states):
            rest = _until_stop(states, following, begin, strand)
            read = np.concatenate([read, rest])
            last, stop_behind = int(rest[-1]) + 1, True
        skipped = int(-_PHASE[states[first]] % 3)
        read = read[skipped:]
        read = read[: len(read) // 3 * 3]
        if len(read) and read[-1] < 0:
            read = read[:-3]  # what is missing at an edge is not known to be
        if len(read) < 3:
            continue
        bases = np.where(read < 0, N, codes[begin + read.clip(0)]).astype(np.uint8)
        low, high = int(read[0]), int(read[read >= 0][-1]) + 1
        kind = EDGE_KIND if events[first] == EDGE else _kind(bases)
        within = tuple(indel for indel in indels if low < indel.at - begin < high)
        if not within and not every:
            continue
        yield BrokenGene(
            0, False, begin + low, begin + high, within,
            kind, not stop_behind, float(int(odds.sum()) - price) / STEPS, bases,
        )  # fmt: skip


def _until_stop(states: NDArray[np.uint8], following: int, begin: int, strand: Strand) -> Positions:
    """Bases of a gene from where another begins within it on, to the end of its stop codon."""
    codon = following - 1 - int(_PHASE[states[following - 1]])
    end = codon + 3
    while not strand.stops[begin + end - 1]:
        end += 3
    return np.arange(following, end)


def _kind(bases: Codes) -> int:
    number = codon_numbers(bases[:3])[0]
    return [codon_number(codon) for codon in START_CODONS].index(int(number))
