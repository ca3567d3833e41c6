"""The index of lines that are sorted by contig and base, ``.tbi``: what of it stretches of lines
tell, wherever they are made, and its bytes.

Format: tabix.pdf of hts-specs.  htslib reads all lines again for it, in the process that writes,
after all else.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_LEVELS = ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1))
"""Bases of a bin, as a power of 2, and number of the first of them; bin 0 is for all."""
_WINDOW = 14
_COUNTS = 37450
_HEAD = struct.Struct("<4siiiiiiii")
_UCSC = 0x10000
"""Positions are 0-based and half-open."""


class Text(NamedTuple):
    """Lines of a contig, and first and last base of each, 0-based and half-open, shape (N,)."""

    text: bytes
    chrom: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class Entry(NamedTuple):
    """Where lines of a contig lie in a text.

    Attributes
    ----------
    chrom, lines
        The contig, and how many lines.
    chunks
        Of lines of one bin: the bin, begin and end in the text, shape (N, 3).
    windows
        Windows of 16,384 bases, and where the first line begins that reaches into each, (M, 2).
    """

    chrom: str
    lines: int
    chunks: NDArray[np.int64]
    windows: NDArray[np.int64]

    def moved(self, offset: int) -> Entry:
        """The same, in a text that has ``offset`` bytes before."""
        by = np.array([0, offset, offset])
        return Entry(self.chrom, self.lines, self.chunks + by, self.windows + by[:2])


def entry_of(lines: Text) -> Entry:
    """Where lines lie, of which there is at least one."""
    ends = np.flatnonzero(np.frombuffer(lines.text, np.uint8) == ord("\n")) + 1
    begins = np.append(0, ends[:-1])
    bins = _bins(lines.starts, lines.ends)
    first = np.append(0, np.flatnonzero(bins[1:] != bins[:-1]) + 1)
    after = np.append(begins[first[1:]], len(lines.text))
    chunks = np.column_stack([bins[first], begins[first], after])
    last = (lines.ends - 1) >> _WINDOW
    before = np.append(-1, np.maximum.accumulate(last)[:-1])
    windows = [
        (window, int(begins[line]))
        for line in np.flatnonzero(last > before).tolist()
        for window in range(
            max(int(lines.starts[line]) >> _WINDOW, int(before[line]) + 1), int(last[line]) + 1
        )
    ]
    return Entry(lines.chrom, len(begins), chunks, np.array(windows, np.int64).reshape(-1, 2))


def _bins(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    bins = np.zeros(len(starts), np.int64)
    last = ends - 1
    for shift, number in reversed(_LEVELS):  # the smallest that holds all bases
        bins = np.where(starts >> shift == last >> shift, number + (starts >> shift), bins)
    return bins


def tbi(entries: Sequence[Entry], texts: NDArray[np.int64], blocks: NDArray[np.int64]) -> bytes:
    """The index, not compressed, of blocks that begin at ``texts`` of the text and at ``blocks`` of
    the file; the last is the empty one."""

    def virtual(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        block = np.searchsorted(texts, offsets, side="right") - 1
        return (blocks[block] << 16) | (offsets - texts[block])

    of: dict[str, list[Entry]] = {}
    for entry in entries:
        of.setdefault(entry.chrom, []).append(entry)
    names = b"".join(chrom.encode() + b"\0" for chrom in of)
    head = _HEAD.pack(b"TBI\1", len(of), _UCSC, 1, 2, 3, ord("#"), 0, len(names))
    parts = [head, names]
    for own in of.values():
        chunks = np.concatenate([each.chunks for each in own])
        count = sum(each.lines for each in own)
        parts.append(_bin_table(chunks[:, 0], virtual(chunks[:, 1]), virtual(chunks[:, 2]), count))
        windows = np.concatenate([each.windows for each in own])
        numbers, first = np.unique(windows[:, 0], return_index=True)
        # A window into which no line reaches has the one before it.
        linear = np.zeros(int(numbers[-1]) + 1, np.int64)
        linear[numbers] = virtual(windows[first, 1])
        linear = np.maximum.accumulate(linear)
        parts.append(struct.pack("<i", len(linear)) + linear.astype("<u8").tobytes())
    return b"".join([*parts, bytes(8)])  # no line is without a place


def _bin_table(
    bins: NDArray[np.int64], begins: NDArray[np.int64], ends: NDArray[np.int64], count: int
) -> bytes:
    # The last bin holds no lines but says where all of them are, and how many.
    last = struct.pack("<Ii4Q", _COUNTS, 2, int(begins[0]), int(ends[-1]), count, 0)
    order = np.argsort(bins, kind="stable")
    bins, begins, ends = bins[order], begins[order], ends[order]
    new = np.ones(len(bins), np.bool_)
    # What goes on in the block in which it ended is one chunk.
    new[1:] = (bins[1:] != bins[:-1]) | (begins[1:] >> 16 > ends[:-1] >> 16)
    first = np.flatnonzero(new)
    pairs = np.column_stack([begins[first], ends[np.append(first[1:], len(bins)) - 1]])
    bins = bins[first]
    edges = np.append(np.flatnonzero(np.diff(bins, prepend=-1)), len(bins)).tolist()
    parts = [struct.pack("<i", len(edges))]
    for low, high in pairwise(edges):
        parts.append(struct.pack("<Ii", int(bins[low]), high - low))
        parts.append(pairs[low:high].astype("<u8").tobytes())
    return b"".join([*parts, last])
