"""A contig after some of its bases are replaced: what its bases are, and where each came from.

An edit replaces bases ``start <= i < end`` of the reference by others.  Its first bases stand for
one another, as in a VCF record; what the reference has more of is deleted, what the edit has more
of is inserted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import RegionError
from genoseq.genome.sequences import Codes

Positions = NDArray[np.int64]
Read = Callable[[int, int], Codes]
"""Codes of bases ``start <= i < end`` of the reference contig, shape (end - start,)."""

NOWHERE = -1
"""In place of a position: the base is deleted, or inserted."""
_SPARE = 1 << 12
"""Bases of the reference that are rather read for nothing than left out by one more read."""


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """Bases of the reference replaced by others.

    Attributes
    ----------
    start, end
        What is replaced, 0-based half-open, of the reference; nothing where they are equal.
    alt
        Codes of what is there instead, shape (A,), see :mod:`genoseq.genome.sequences`.
    """

    start: int
    end: int
    alt: Codes

    @property
    def paired(self) -> int:
        """Bases at its beginning that stand for bases of the reference."""
        return min(self.end - self.start, len(self.alt))

    @property
    def longer(self) -> int:
        """Bases by which the contig grows."""
        return len(self.alt) - (self.end - self.start)

    def trimmed(self, ref: Codes) -> Edit:
        """The same edit without the bases at its ends that it does not change.

        Those at the end are taken off first, so that of several places it is the leftmost.

        Parameters
        ----------
        ref
            Codes of the bases that are replaced, shape (end - start,).
        """
        most = min(len(ref), len(self.alt))
        after = _same(ref[::-1], self.alt[::-1], most)
        before = _same(ref, self.alt, most - after)
        alt = self.alt[before : len(self.alt) - after]
        return Edit(self.start + before, self.end - after, alt)


def _same(one: Codes, other: Codes, most: int) -> int:
    """How many of the first bases of two sequences are equal."""
    differ = np.flatnonzero(one[:most] != other[:most])
    return int(differ[0]) if len(differ) else most


class EditedContig:
    """A contig with edits: its bases, and positions there and in the reference.

    Parameters
    ----------
    length
        bp of the contig in the reference.
    edits
        Sorted, without overlap.

    Raises
    ------
    RegionError
        If edits overlap, are not sorted, insert at one place twice, or lie outside the contig.

    Attributes
    ----------
    edits
        As given.
    reference_length, length
        bp of the contig before and after.
    """

    def __init__(self, length: int, edits: Sequence[Edit]) -> None:
        _check(length, edits)
        self.edits = tuple(edits)
        self.reference_length = length
        shifts = np.cumsum([0, *(edit.longer for edit in edits)], dtype=np.int64)
        self.length = length + int(shifts[-1])
        self._starts = [edit.start for edit in edits]  # in the reference
        self._ends = [edit.end for edit in edits]
        # Where each replacement begins and ends in the edited contig.
        moved = [edit.start + int(shift) for edit, shift in zip(edits, shifts[:-1], strict=True)]
        self._alt_starts = moved
        self._alt_ends = [at + len(edit.alt) for at, edit in zip(moved, edits, strict=True)]
        self._shifts = shifts.tolist()  # before each edit, and behind the last
        # Blocks in which each base of one stands for one of the other; of none one without a base.
        firsts = np.array([0, *self._ends], np.int64)
        lasts = np.array([*(edit.start + edit.paired for edit in edits), length], np.int64)
        some = firsts < lasts
        some[-1] |= not some.any()
        self._first, self._last, self._shift = firsts[some], lasts[some], shifts[some]

    def codes(self, read: Read, start: int, end: int) -> Codes:
        """Codes of bases ``start <= i < end`` of the edited contig, shape (end - start,).

        Only the bases of the reference that show are read, or few more.
        """
        codes = np.empty(end - start, np.uint8)
        first, last = bisect_right(self._alt_ends, start), bisect_left(self._alt_starts, end)
        for number in range(first, last):
            at = self._alt_starts[number] - start
            alt = self.edits[number].alt
            shown = alt[max(0, -at) : end - start - at]
            codes[max(0, at) : max(0, at) + len(shown)] = shown
        for one, low, high in self._kept(read, start, end, first, last):
            codes[low - start : high - start] = one
        return codes

    def _kept(
        self, read: Read, start: int, end: int, first: int, last: int
    ) -> list[tuple[Codes, int, int]]:
        """Codes of stretches of the reference that show, and where in the edited contig."""
        lows = [start, *(min(at, end) for at in self._alt_ends[first:last])]
        highs = [*(max(at, start) for at in self._alt_starts[first:last]), end]
        parts = [
            (low, high, low - self._shifts[number], high - self._shifts[number])
            for number, (low, high) in enumerate(zip(lows, highs, strict=True), first)
            if low < high
        ]
        if not parts:
            return []
        origin, stop = parts[0][2], parts[-1][3]
        if stop - origin <= sum(high - low for low, high, *_ in parts) + _SPARE:
            whole = read(origin, stop)
            return [(whole[a - origin : b - origin], low, high) for low, high, a, b in parts]
        return [(read(a, b), low, high) for low, high, a, b in parts]

    def edited_of(self, positions: Positions) -> Positions:
        """Where bases of the reference are in the edited contig; :data:`NOWHERE` if deleted."""
        block = np.maximum(np.searchsorted(self._first, positions, side="right") - 1, 0)
        there = (self._first[block] <= positions) & (positions < self._last[block])
        return np.where(there, positions + self._shift[block], NOWHERE)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the edited contig that stands for ``start <= i < end`` of the reference.

        What is inserted belongs to the last base before it that is still there, or else to the
        first: stretches that meet in the reference meet here.
        """
        return self._cut(start), self._cut(end)

    def _cut(self, at: int) -> int:
        """Where the edited contig is cut for a cut of the reference before base ``at``."""
        if at == 0:
            return 0
        block = int(np.searchsorted(self._last, at, side="right"))
        if at == self.reference_length or block == len(self._last):
            return self.length
        base = max(at, int(self._first[block]))
        return 0 if base == self._first[0] else base + int(self._shift[block])

    def on_reference(
        self, values: NDArray[np.float32], start: int, end: int
    ) -> NDArray[np.float32]:
        """Values of the edited contig at the bases of the reference.

        Parameters
        ----------
        values
            Of the bases of :meth:`span` of ``start, end``, shape (C, L).
        start, end
            Bases of the reference, 0-based half-open.

        Returns
        -------
        Shape (C, end - start): NaN at deleted bases; at a base before inserted ones the largest of
        its own value and theirs, where they have one.
        """
        low, high = self.span(start, end)
        bases = np.arange(start, end)
        at = self.edited_of(bases)
        there = np.flatnonzero(at != NOWHERE)
        told = np.full((len(values), end - start), np.nan, np.float32)
        if len(there):
            firsts = at[there] - low
            told[:, there] = values[:, firsts]
            grown = np.diff([*firsts, high - low]) > 1
            grown[0] |= firsts[0] > 0
            firsts[0] = 0  # what is inserted before any base
            if grown.any():
                told[:, there] = np.fmax.reduceat(values, firsts, axis=1)
        return told


def _check(length: int, edits: Sequence[Edit]) -> None:
    for edit in edits:
        if not 0 <= edit.start <= edit.end <= length:
            raise RegionError(
                f"edit of bases [{edit.start}, {edit.end}) is not within a contig of {length} bp"
            )
    for one, after in pairwise(edits):
        twice = one.start == one.end == after.start == after.end
        if after.start < one.end or after.start < one.start or twice:
            raise RegionError(
                f"edits of bases [{one.start}, {one.end}) and [{after.start}, {after.end}) overlap "
                f"or are not sorted: give each base one edit, from left to right"
            )
