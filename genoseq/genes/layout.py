"""Contigs in one array, strand after strand, so that every step is one pass over numbers.

The forward strands of all contigs follow one another with runs of N between them; their reverse
complement follows as a whole.  A position in this array says base and strand at once, and all that
is counted 5' to 3' counts upwards on both strands.

A circle is turned to its least rotation first, so that nothing depends on where its file cuts it
open, and continued beyond its last base until every open reading frame has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.genetic_codes import GeneticCode, codon_numbers
from genoseq.genome.sequences import Codes, N, reverse_complement_codes

MARGIN = 96
"""bp of N between contigs, and bp by which a circle is continued before its first base: more than
any feature of a start looks at."""
_APART = 3 * MARGIN
"""bp that count between contigs where genes are asked how far apart they are."""
SHORTEST_GAP = 10
"""A run of N from this length on ends an open reading frame (bp)."""
_KEY = 12
_TURNS = 4096

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contig:
    """A contig as it lies in a layout.

    Attributes
    ----------
    name, length
        Of its file.
    circular
        Whether its last base is followed by its first.
    turned
        The base of its file (0-based) that is base 0 here.
    codes
        Shape (length,), turned.
    """

    name: str
    length: int
    circular: bool
    turned: int
    codes: Codes


def contig(name: str, codes: Codes, circular: bool = False) -> Contig:
    """A contig of base codes, shape (L,); a circle is turned to its least rotation."""
    circular = circular and len(codes) > 0
    turned = least_rotation(codes) if circular else 0
    return Contig(name, len(codes), circular, turned, np.roll(codes, -turned) if turned else codes)


def by_bases(one: Contig) -> tuple[int, str]:
    """Key that puts contigs in an order of their bases, the longest first: neither their names nor
    their order in a file decide what is learned of them, to the last bit of a sum."""
    return -one.length, hashlib.sha256(one.codes.tobytes()).hexdigest()


def least_rotation(codes: Codes) -> int:
    """First base of the rotation of a circle, shape (L,), that comes first in the alphabet.

    Where a circle repeats itself for 50 kb the first of the equal ones is taken.
    """
    length = len(codes)
    if length <= _KEY:
        rotations = [np.roll(codes, -turn).tobytes() for turn in range(length)]
        return rotations.index(min(rotations)) if rotations else 0
    circle = np.concatenate([codes, codes[:_KEY]]).astype(np.int64)
    keys = np.zeros(length, np.int64)
    for offset in range(_KEY):
        keys = keys * 5 + circle[offset : offset + length]
    found = np.flatnonzero(keys == keys.min())
    for turn in range(1, min(_TURNS, length // _KEY + 1)):
        if len(found) == 1:
            break
        following = keys[(found + turn * _KEY) % length]
        found = found[following == following.min()]
    return int(found[0])


@dataclass(frozen=True, slots=True)
class Layout:
    """Contigs in one array.

    Attributes
    ----------
    contigs
        In order.
    offsets
        Position of base 0 of each contig, shape (n,).
    extents
        Bases of each contig that lie in the array from base 0 on, shape (n,): its length, or more
        of a circle.
    codes
        Both strands, shape (2 * size,); the reverse one from ``size`` on.
    """

    contigs: tuple[Contig, ...]
    offsets: Positions
    extents: Positions
    codes: Codes

    @property
    def size(self) -> int:
        """Positions of the forward strand."""
        return len(self.codes) // 2

    def forward(self, starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
        """Intervals of either strand as intervals on the forward strand."""
        reverse = starts >= self.size
        low = np.where(reverse, 2 * self.size - ends, starts)
        high = np.where(reverse, 2 * self.size - starts, ends)
        return low, high

    def contig_of(self, forward: Positions) -> NDArray[np.int64]:
        """Index of the contig on or just before which positions of the forward strand lie."""
        return np.searchsorted(self.offsets - MARGIN, forward, side="right") - 1

    def spread(self, starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
        """Intervals of either strand as if :data:`_APART` bp lay between contigs, a margin less
        before the first and behind the last."""
        count = len(self.contigs)
        before = np.cumsum(self.extents) - self.extents
        moved = before + _APART * np.arange(count) + 2 * MARGIN - self.offsets
        longer = int(self.extents.sum()) + _APART * count + MARGIN - self.size
        reverse = starts >= self.size
        owner = self.contig_of(np.where(reverse, 2 * self.size - 1 - starts, starts))
        by = np.where(reverse, 2 * longer - moved[owner], moved[owner])
        return starts + by, ends + by

    def lying(self, index: int, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values of the bases of a contig, (S, length), as its bases lie.

        A circle's lie more than once, from :data:`MARGIN` before its first base on.
        """
        one = self.contigs[index]
        if not one.circular:
            return values
        around = np.arange(-MARGIN, int(self.extents[index]) + MARGIN)
        return np.asarray(values[:, around % max(one.length, 1)])

    def filled(self, first: int, last: int) -> NDArray[np.bool_]:
        """Whether a base lies at a position, as :meth:`lying` has them.

        Positions are those from a margin before the one contig to one behind the other.
        """
        low = int(self.offsets[first]) - MARGIN
        filled = np.zeros(int(self.offsets[last] + self.extents[last]) + MARGIN - low, bool)
        for index in range(first, last + 1):
            around = MARGIN * self.contigs[index].circular
            begin = int(self.offsets[index]) - low
            filled[begin - around : begin + int(self.extents[index]) + around] = True
        return filled


def lay_out(contigs: Iterable[Contig], code: GeneticCode) -> Layout:
    """Contigs in one array; circles are continued until all frames of the code have stopped."""
    contigs = tuple(contigs)
    parts: list[Codes] = []
    offsets, extents = [], []
    gap = np.full(MARGIN, N, np.uint8)
    at = 0
    for one in contigs:
        extent, around = one.length, 0
        bases = one.codes
        if one.circular:
            extent, around = one.length + _continuation(one.codes, code), MARGIN
            bases = one.codes[np.arange(-around, extent + around) % one.length]
        parts += [gap, bases]
        offsets.append(at + MARGIN + around)
        extents.append(extent)
        at += MARGIN + len(bases)
    parts.append(gap)
    strand = np.concatenate(parts)
    both = np.concatenate([strand, reverse_complement_codes(strand)])
    return Layout(contigs, np.array(offsets, np.int64), np.array(extents, np.int64), both)


def _continuation(codes: Codes, code: GeneticCode) -> int:
    """Bases from the first one of a circle on until each of the six frames has met a stop codon."""
    reverse = [63 - (16 * (n % 4) + 4 * (n // 4 % 4) + n // 16) for n in code.stops]
    for bases in (30_000, len(codes)):
        numbers = codon_numbers(codes[:bases])
        firsts = [_firsts(np.isin(numbers, stops)) for stops in (code.stops, reverse)]
        found = [first for frames in firsts for first in frames]
        if all(first is not None for first in found):
            return max(first for first in found if first is not None) + 3
    return len(codes)


def _firsts(stops: NDArray[np.bool_]) -> Sequence[int | None]:
    """First stop in each of three frames."""
    frames = []
    for frame in range(3):
        found = np.flatnonzero(stops[frame::3])
        frames.append(int(found[0]) * 3 + frame if len(found) else None)
    return frames
