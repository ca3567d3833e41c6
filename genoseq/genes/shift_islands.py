"""Islands: the stretches of a strand in which frames are read, each alone.

Between islands lie :data:`_QUIET` bp and more, in all of which it is at least :data:`_SILENT`
likely that this strand codes for nothing, or a wall, which is the end of a contig or a run of N.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.base_chain import BESIDE
from genoseq.genes.codon_sums import in_steps
from genoseq.genes.content import Values
from genoseq.genes.genetic_codes import (
    START_CODONS,
    UNKNOWN_CODON,
    GeneticCode,
    codon_number,
    codon_numbers,
)
from genoseq.genes.layout import SHORTEST_GAP, Contig, Positions
from genoseq.genes.shift_paths import Flags, Islands, Steps, Strand
from genoseq.genome.sequences import Codes, N, reverse_complement_codes

_LEAST = 2e-3
"""Probability that is added to each: no base says more than the model can know."""
_LARGEST = 4.0
"""Log-odds of one base at most."""
_SILENT = 0.9
_QUIET = 60
_MARGIN = 30
"""bp of the quiet on either side in which the genes of an island may begin or end."""
_NEAR = 30
"""bp from a codon within which its frame stops, if another gene may begin there."""
_BATCH = 1 << 22
"""Bases at most of islands that are read together, the longest as often as there are islands."""


@dataclass(frozen=True, slots=True)
class ReadStrand:
    """A strand of a contig as it is read.

    Attributes
    ----------
    index, reverse
        Of the contig; whether it is its reverse strand.
    codes, odds, quiet
        Bases, (L,); log-odds of each codon phase against not coding on this strand, (3, L), in
        steps; where it is quiet, (L,).
    beside
        How likely is each codon phase of the other strand of a base that does not code on this
        one, (3, L), of :data:`genoseq.genes.base_chain.BESIDE`.
    first, margin
        The base of the contig's strand that is base ``margin`` here; of what is no circle both 0.
    """

    index: int
    reverse: bool
    codes: Codes
    odds: NDArray[np.int16]
    quiet: Flags
    beside: NDArray[np.uint8]
    first: int = 0
    margin: int = 0


@dataclass(frozen=True, slots=True)
class LaidOut:
    """Strands one behind another, with N between: where each begins, and what is known of it."""

    strands: Sequence[ReadStrand]
    offsets: Positions
    codes: Codes
    odds: NDArray[np.int16]
    quiet: Flags
    beside: NDArray[np.uint8]


def lay_out_strands(strands: Sequence[ReadStrand]) -> LaidOut:
    """Strands one behind another."""
    gap = SHORTEST_GAP
    offsets = gap + np.cumsum([0] + [len(one_strand.codes) + gap for one_strand in strands])
    codes = np.full(int(offsets[-1]), N, np.uint8)
    odds = np.zeros((3, len(codes)), np.int16)
    quiet = np.ones(len(codes), bool)
    beside = np.zeros((3, len(codes)), np.uint8)
    for one_strand, offset in zip(strands, offsets.tolist(), strict=False):
        inside = slice(offset, offset + len(one_strand.codes))
        codes[inside], odds[:, inside] = one_strand.codes, one_strand.odds
        quiet[inside], beside[:, inside] = one_strand.quiet, one_strand.beside
    return LaidOut(strands, offsets, codes, odds, quiet, beside)


def read_strand(index: int, one: Contig, values: Values, reverse: bool) -> ReadStrand | None:
    """A strand of a contig, of a circle from the middle of its longest quiet on; None without."""
    own, other = values[1:4], values[4:7]
    if reverse:
        own, other = other[:, ::-1], own[:, ::-1]
    codes = reverse_complement_codes(one.codes) if reverse else one.codes
    outside = 1 - own.sum(0)
    odds = np.log(own + _LEAST) - np.log(outside.clip(0) + _LEAST)
    steps = in_steps(np.nan_to_num(odds.clip(-_LARGEST, _LARGEST))).astype(np.int16)
    quiet = outside >= _SILENT
    chances = np.nan_to_num(other / (outside.clip(0) + _LEAST)).clip(0, 1)
    beside = np.rint(BESIDE * chances).astype(np.uint8)
    if not one.circular:
        return ReadStrand(index, reverse, codes, steps, quiet, beside)
    begins, ends = _runs(np.concatenate([quiet, quiet]))
    if not len(begins) or (longest := int((ends - begins).argmax())) < 0:
        return None
    if ends[longest] - begins[longest] < _QUIET:
        return None
    first = int(begins[longest] + ends[longest]) // 2 % one.length
    margin = min(_MARGIN, one.length)
    around = np.arange(first - margin, first + one.length + margin) % one.length
    return ReadStrand(
        index, reverse, codes[around], steps[:, around], quiet[around], beside[:, around],
        first, margin,
    )  # fmt: skip


def _runs(flags: Flags) -> tuple[Positions, Positions]:
    """Where runs of true begin, and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).view(np.int8)))
    return edges[::2], edges[1::2]


def strand_of(codes: Codes, odds: Steps, code: GeneticCode) -> Strand:
    """What paths have to know of each base."""
    ending = np.zeros((3, len(codes)), bool)
    for row, behind in enumerate(((2, 1), (3, 1), (3, 2))):
        first, second = (np.roll(codes, by) for by in behind)
        known = (first < N) & (second < N) & (codes < N)
        numbers = 16 * (first & 3) + 4 * (second & 3) + (codes & 3)
        ending[row] = known & np.isin(numbers, code.stops)
    ending[:, :3] = False
    numbers = codon_numbers(codes)
    starts = np.isin(numbers, [codon_number(codon) for codon in START_CODONS])
    stopping = np.isin(numbers, code.stops)
    near = np.zeros(len(codes), bool)
    known = np.ones(len(codes), bool)
    for ahead in range(0, _NEAR, 3):
        inner = slice(0, len(codes) - ahead)
        near[inner] |= known[inner] & stopping[ahead:]
        known[inner] &= numbers[ahead:] != UNKNOWN_CODON
    ends = np.zeros(len(codes), np.int32)
    ends[2:] = -odds[0, :-2] - odds[1, 1:-1]
    return Strand(odds, ends, starts, near, *ending)


def find_islands(codes: Codes, quiet: Flags, closed: bool) -> Islands:
    """Stretches that are read each alone."""
    begins, ends = _runs(codes == N)
    long = ends - begins >= SHORTEST_GAP
    wall_begins, wall_ends = begins[long], ends[long]
    live = np.ones(len(codes), bool)
    for begin, end in zip(wall_begins, wall_ends, strict=True):
        live[begin:end] = False
    begins, ends = _runs(quiet)
    long = ends - begins >= _QUIET
    for begin, end in zip(begins[long], ends[long], strict=True):
        live[begin:end] = False
    begins, ends = _runs(live)
    before = wall_ends[np.searchsorted(wall_begins, begins) - 1]
    after = wall_begins[np.searchsorted(wall_begins, begins)]
    first = np.maximum(begins - _MARGIN, before)
    last = np.minimum(ends + _MARGIN, after)
    open_5prime = (first == before) & (not closed)
    open_3prime = (last == after) & (not closed)
    order = np.argsort(first - last, kind="stable")
    return Islands(first, last - first, open_5prime, open_3prime).picked(order)


def batches(islands: Islands) -> Iterator[Islands]:
    """Islands that are read together."""
    low = 0
    while low < len(islands.begins):
        high = low + max(1, _BATCH // int(islands.lengths[low]))
        yield islands.picked(slice(low, high))
        low = high
