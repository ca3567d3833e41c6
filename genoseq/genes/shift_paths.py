"""The best reading of a strand that may change its frame: exact, base by base, island by island.

A hidden-state path (Viterbi) with these states at each base, 5' to 3': outside of genes; first,
second and third base of a codon; and a base too many, behind the first, second or third base of a
codon.  A gene begins at a start codon, or in whatever phase at an edge, and ends behind a stop
codon, or at an edge; a stop codon in the frame that is read cannot be passed.  A base too many is
held as such; a base too few is always the third one of its codon.  Either has a price.  Two
bases too many, or too few, are read as one of the other kind, which has the same frame.

A gene whose own stop codon is near may be left where another begins: genes overlap.

Sums are of whole steps (:data:`genoseq.genes.codon_sums.STEPS`), and the same in whatever batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.layout import Positions

OUTSIDE, FIRST, SECOND, THIRD, EXTRA_1, SECOND_AFTER, EXTRA_2, EXTRA_3 = range(8)
"""States.  SECOND_AFTER is a second base behind EXTRA_1: its codon is not three bases in a row."""
EXTRAS = (EXTRA_1, EXTRA_2, EXTRA_3)
NOTHING, BEGIN, EDGE, OVERLAP, MISSING, STOPPED = range(6)
"""What happens at a base: a gene begins there by a start codon, at an edge, or within another; a
base is missing before it; it is the last one of a stop codon."""
_EVENT = 8
_FROM_THIRD, _FROM_EXTRA, _FROM_SECOND, _BY_START, _IN_FIRST, _IN_SECOND, _AT_EDGE = range(7)
_NEVER = -(1 << 29)

Steps = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Strand(NamedTuple):
    """Strands of contigs, one after another, each of shape (L,) unless said otherwise.

    Attributes
    ----------
    odds
        Log-odds of each codon phase against not coding on this strand, shape (3, L), in steps.
    ends
        What the third base of a stop codon adds, in steps: as much as its first two have taken,
        for what is said of stop codons by codon usage is no reason to pass them.
    starts
        Whether a start codon begins at each base.
    near
        Whether the frame whose codon begins there soon meets a stop codon.
    stops, stops_1, stops_2
        Whether a stop codon ends there: of three bases in a row, or with one base too many behind
        its first, or its second.
    """

    odds: Steps
    ends: Steps
    starts: Flags
    near: Flags
    stops: Flags
    stops_1: Flags
    stops_2: Flags


class Islands(NamedTuple):
    """Stretches of a strand that are read each alone, each of shape (B,), the longest first.

    Attributes
    ----------
    begins, lengths
        Where.
    open_5prime, open_3prime
        Whether a gene may be cut off there.
    """

    begins: Positions
    lengths: Positions
    open_5prime: Flags
    open_3prime: Flags

    def picked(self, which: Positions | slice) -> Islands:
        """Some of them."""
        return Islands(
            self.begins[which],
            self.lengths[which],
            self.open_5prime[which],
            self.open_3prime[which],
        )


def best_paths(strand: Strand, islands: Islands, indel: int, start: int) -> NDArray[np.uint8]:
    """State and event of each base of islands on their best paths.

    Parameters
    ----------
    indel, start
        Prices in steps.

    Returns
    -------
    Shape (T, B), T the longest: state + 8 * event; behind the end of an island 0.
    """
    longest, count = int(islands.lengths[0]), len(islands.begins)
    widths = np.searchsorted(-islands.lengths, -np.arange(longest), side="left")
    back = np.zeros((longest, count), np.uint8)
    last = np.full((8, count), _NEVER, np.int32)
    last[OUTSIDE] = 0
    final = np.full((4, count), _NEVER, np.int32)
    for time in range(longest):
        width = int(widths[time])
        if width < last.shape[1]:
            final[:, width : last.shape[1]] = last[:4, width:]
            last = last[:, :width]
        at = islands.begins[:width] + time
        opening = islands.open_5prime[:width] if time == 0 else None
        last = _step(strand, at, last, back[time, :width], indel, start, opening)
    final[:, : last.shape[1]] = last[:4]
    final[1:, ~islands.open_3prime] = _NEVER
    return _traced(back, widths, final.argmax(0))


def _step(
    strand: Strand,
    at: Positions,
    last: Steps,
    back: NDArray[np.uint8],
    indel: int,
    start: int,
    opening: Flags | None,
) -> Steps:
    """Best sums of all states one base on; what they come from is written into ``back``."""
    first, second, third = strand.odds[:, at]
    extra = np.maximum(np.maximum(first, second), third)
    begins, stops = strand.starts[at], strand.stops[at]
    new = np.empty_like(last)
    into = np.empty((6, len(at)), np.int32)
    into[_FROM_THIRD], into[_FROM_EXTRA] = last[THIRD], last[EXTRA_3]
    into[_FROM_SECOND] = last[SECOND] - indel
    into[_BY_START] = last[OUTSIDE] - start
    into[_IN_FIRST] = np.where(strand.near[at - 1], last[FIRST] - start, _NEVER)
    into[_IN_SECOND] = np.where(strand.near[at - 2], last[SECOND] - start, _NEVER)
    into[_BY_START:, ~begins] = _NEVER
    come = into.argmax(0)
    new[FIRST] = into.max(0) + first
    new[SECOND] = last[FIRST] + second
    whole = np.empty((3, len(at)), np.int32)
    whole[0] = np.where(stops, _NEVER, last[SECOND])
    whole[1] = np.where(strand.stops_1[at], _NEVER, last[SECOND_AFTER])
    whole[2] = np.where(strand.stops_2[at], _NEVER, last[EXTRA_2])
    by = whole.argmax(0)
    new[THIRD] = whole.max(0) + third
    ending = np.where(stops, last[SECOND] + strand.ends[at], _NEVER)
    new[OUTSIDE] = np.maximum(last[OUTSIDE], ending)
    paid = extra - indel
    new[EXTRA_1], new[EXTRA_2] = last[FIRST] + paid, last[SECOND] + paid
    new[EXTRA_3] = last[THIRD] + paid
    new[SECOND_AFTER] = last[EXTRA_1] + second
    if opening is not None:
        come[opening] = _AT_EDGE
        new[FIRST : THIRD + 1, opening] = strand.odds[:, at[opening]]
    np.maximum(new, _NEVER, out=new)
    back[:] = come | by << 3 | (ending > last[OUTSIDE]) << 5
    return new


def _traced(
    back: NDArray[np.uint8], widths: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """States and events from the last base to the first; ``ends`` are the last states, (B,)."""
    path = np.zeros_like(back)
    state = ends.astype(np.uint8)
    for time in range(len(back) - 1, -1, -1):
        width = int(widths[time])
        own, come = state[:width], back[time, :width]
        moves = _MOVES[own, come]
        events = moves & np.uint8(0xF8)
        if time == 0:
            # Whoever is within a gene at the first base came in by the edge.
            inside = (own >= FIRST) & (own <= THIRD) & (events == 0)
            events[inside] = EDGE * _EVENT
        path[time, :width] = own | events
        state[:width] = moves & np.uint8(7)
    return path


def _moves() -> NDArray[np.uint8]:
    """By state and pointer: the state before, and 8 times what happens, shape (8, 256)."""
    table = np.zeros((8, 256), np.uint8)
    for pointer in range(64):
        come, by, ended = pointer & 7, pointer >> 3 & 3, pointer >> 5 & 1
        into_first = {
            _FROM_THIRD: (THIRD, NOTHING),
            _FROM_EXTRA: (EXTRA_3, NOTHING),
            _FROM_SECOND: (SECOND, MISSING),
            _BY_START: (OUTSIDE, BEGIN),
            _IN_FIRST: (FIRST, OVERLAP),
            _IN_SECOND: (SECOND, OVERLAP),
            _AT_EDGE: (OUTSIDE, EDGE),
        }
        moves = {
            OUTSIDE: (SECOND, STOPPED) if ended else (OUTSIDE, NOTHING),
            FIRST: into_first.get(come, (OUTSIDE, NOTHING)),
            SECOND: (FIRST, NOTHING),
            THIRD: ((SECOND, SECOND_AFTER, EXTRA_2, OUTSIDE)[by], NOTHING),
            EXTRA_1: (FIRST, NOTHING),
            SECOND_AFTER: (EXTRA_1, NOTHING),
            EXTRA_2: (SECOND, NOTHING),
            EXTRA_3: (THIRD, NOTHING),
        }
        for state, (before, event) in moves.items():
            table[state, pointer] = before | event * _EVENT
    return table


_MOVES = _moves()
