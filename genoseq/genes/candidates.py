"""Candidates: every open reading frame of both strands, with each of its possible starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.genetic_codes import (
    EDGE,
    START_CODONS,
    UNKNOWN_CODON,
    GeneticCode,
    codon_number,
    codon_numbers,
)
from genoseq.genes.layout import SHORTEST_GAP, Layout, Positions
from genoseq.genome.sequences import N

Mask = NDArray[np.bool_]
ScalarT = TypeVar("ScalarT", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Open reading frames, in the order of their positions, and their starts, frame after frame.

    Attributes
    ----------
    begins, ends
        Of each frame, shape (n,): the first base behind the stop codon before it (or its first
        whole codon where it is open), and the first base behind its own stop codon.
    open_5prime, open_3prime
        Whether a frame has no stop codon before it, or none of its own: it is cut off by the end
        of a contig or a run of N.
    first
        Index of the first start of each frame, shape (n + 1,): the last is the number of starts.
    starts
        Position of each start, shape (m,), 5' to 3' within a frame.
    kind
        Which start codon it is, or :data:`genoseq.genes.genetic_codes.EDGE`, shape (m,).
    """

    begins: Positions
    ends: Positions
    open_5prime: Mask
    open_3prime: Mask
    first: Positions
    starts: Positions
    kind: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def frame(self) -> Positions:
        """Index of the frame of each start, shape (m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def per_start(self, values: NDArray[ScalarT]) -> NDArray[ScalarT]:
        """Values of frames, (n, ...), repeated for their starts, (m, ...)."""
        return np.repeat(values, np.diff(self.first), axis=0)

    def largest(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest value of each frame's starts: (m,) to (n,)."""
        return np.maximum.reduceat(values, self.first[:-1]) if len(self) else values[:0]

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the values of each frame's starts: (m,) to (n,)."""
        return np.add.reduceat(values, self.first[:-1]) if len(self) else values[:0]

    def with_starts(self, starts: Mask) -> Candidates:
        """Some of the starts, with the frames that have one left."""
        counts = np.bincount(self.frame[starts], minlength=len(self))
        left = counts > 0
        return Candidates(
            self.begins[left],
            self.ends[left],
            self.open_5prime[left],
            self.open_3prime[left],
            np.concatenate([[0], np.cumsum(counts[left])]),
            self.starts[starts],
            self.kind[starts],
        )


def find_candidates(layout: Layout, code: GeneticCode, shortest: int) -> Candidates:
    """All open reading frames with a start, and all of their starts.

    Parameters
    ----------
    shortest
        bp of the shortest candidate, its stop codon included.

    Returns
    -------
    Candidates; of a circle each frame once, complete.
    """
    numbers = codon_numbers(layout.codes)
    stopping = np.zeros(UNKNOWN_CODON + 1, bool)
    stopping[list(code.stops)] = True
    stops = stopping[numbers]
    walls = _walls(layout)
    kinds = _start_kinds(numbers)
    found = [_frames(frame, stops, walls, shortest) for frame in range(3)]
    begins, ends, open_5prime, open_3prime = (
        np.concatenate(columns) for columns in zip(*found, strict=True)
    )
    kept = _owned(layout, begins, ends, open_5prime, open_3prime)
    order = np.flatnonzero(kept)[np.argsort(begins[kept], kind="stable")]
    begins, ends = begins[order], ends[order]
    open_5prime, open_3prime = open_5prime[order], open_3prime[order]
    frame, starts, kind = _starts(begins, ends, open_5prime, kinds, shortest)
    having = np.zeros(len(begins), bool)
    having[frame] = True
    counts = np.bincount(frame, minlength=len(begins))[having]
    return Candidates(
        begins[having],
        ends[having],
        open_5prime[having],
        open_3prime[having],
        np.concatenate([[0], np.cumsum(counts)]),
        starts,
        kind,
    )


def _start_kinds(numbers: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Number of the start codon at each position, -1 where there is none."""
    table = np.full(65, -1, np.int8)
    for kind, codon in enumerate(START_CODONS):
        table[codon_number(codon)] = kind
    return table[numbers]


def _walls(layout: Layout) -> Mask:
    """Whether the codon at each position touches a run of N that ends a frame."""
    unknown = layout.codes == N
    edges = np.flatnonzero(np.diff(np.concatenate([[False], unknown, [False]]).view(np.int8)))
    first, last = edges[::2], edges[1::2]
    walls = np.zeros(len(unknown), bool)
    for start, end in zip(first, last, strict=True):
        if end - start >= SHORTEST_GAP:
            walls[max(0, start - 2) : end] = True
    return walls


def _frames(
    frame: int, stops: Mask, walls: Mask, shortest: int
) -> tuple[Positions, Positions, Mask, Mask]:
    """Stretches of one frame between what ends them, long enough for a candidate."""
    ending = np.flatnonzero((stops | walls)[frame::3]) * 3 + frame
    begins, last = ending[:-1] + 3, ending[1:]
    open_5prime, open_3prime = walls[ending[:-1]], walls[last]
    ends = last + np.where(open_3prime, 0, 3)
    kept = ends - begins >= shortest
    return begins[kept], ends[kept], open_5prime[kept], open_3prime[kept]


def _owned(
    layout: Layout, begins: Positions, ends: Positions, open_5prime: Mask, open_3prime: Mask
) -> Mask:
    """Which frames count: of a circle those that begin on its first turn, on the forward strand.

    Those that its continuation cuts off are complete a turn before or after.
    """
    circular = np.array([one.circular for one in layout.contigs], bool)
    if not circular.any() or not len(begins):
        return np.ones(len(begins), bool)
    low, high = layout.forward(begins, ends)
    owner = layout.contig_of(low)
    offset, extent = layout.offsets[owner], layout.extents[owner]
    length = np.array([one.length for one in layout.contigs], np.int64)[owner]
    first_turn = (low >= offset) & (low < offset + length)
    # What is open within the array is cut by N of the contig itself; at its margins it is not.
    cut = (open_5prime | open_3prime) & (high > offset + extent)
    return ~circular[owner] | (first_turn & ~cut)


def _starts(
    begins: Positions,
    ends: Positions,
    open_5prime: Mask,
    kinds: NDArray[np.int8],
    shortest: int,
) -> tuple[Positions, Positions, NDArray[np.int8]]:
    """Frame, position and kind of all starts, frame after frame."""
    frames, positions = [], []
    at = np.flatnonzero(kinds >= 0)
    for residue in range(3):
        own = np.flatnonzero(begins % 3 == residue)
        here = at[at % 3 == residue]
        if not len(own):
            continue
        index = np.searchsorted(begins[own], here, side="right") - 1
        inside = (index >= 0) & (ends[own[index]] - here >= shortest)
        frames.append(own[index[inside]])
        positions.append(here[inside])
    edges = np.flatnonzero(open_5prime)
    frame = np.concatenate([*frames, edges]).astype(np.int64)
    starts = np.concatenate([*positions, begins[edges]]).astype(np.int64)
    kind = kinds[starts]
    kind[len(frame) - len(edges) :] = EDGE
    # At the edge a codon is a start for both reasons: the edge goes first.
    order = np.lexsort((-kind, starts, frame))
    return frame[order], starts[order], kind[order]
