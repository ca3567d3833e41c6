"""The big binary index formats' shared parts: chromosome B+ tree, R-tree, zoom summaries.

Everything little-endian, as in the supplement of Kent et al. (2010), Bioinformatics 26:2204, and
UCSC's own ``bbiWrite.c``, ``bPlusTree.c`` and ``cirTree.c``.  Chromosome ids are the contigs'
numbers in the FASTA, so that data may be written in FASTA order; only the names in the tree are
sorted.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

import numpy as np
from deflate import zlib_compress
from numpy.typing import NDArray

FINEST = 64
"""Bases of the finest zoom bin.  Coarser levels grow by 4: sums of 4 bins."""
_GROWTH = 4
_MAX_LEVELS = 10
_BLOCK = 256
_RECORDS = 512
"""Zoom records in one compressed section."""
RECORD_BYTES = _RECORDS * 32

_RECORD = np.dtype(
    [
        ("chrom", "<u4"),
        ("start", "<u4"),
        ("end", "<u4"),
        ("covered", "<u4"),
        ("min", "<f4"),
        ("max", "<f4"),
        ("sum", "<f4"),
        ("squares", "<f4"),
    ]
)


def compress(data: bytes) -> bytes:
    """One section, deflated.

    libdeflate takes about half of zlib's time for about the same size (``benchmarks/writers.py``),
    and its bytes depend on the data alone.  ISA-L is as fast, but its bytes now and then depend on
    what an allocation held before.
    """
    return bytes(zlib_compress(data, 1))


class SectionIndex:
    """Where the compressed sections of one file lie, and the R-tree that finds them.

    It keeps 48 bytes per section: 2.3 MB for 200 million bases of dense values.
    """

    def __init__(self) -> None:
        self._rows = array("Q")

    def __len__(self) -> int:
        return len(self._rows) // 6

    def add(self, first: tuple[int, int], last: tuple[int, int], offset: int, size: int) -> None:
        """Note a section of values from ``first`` (chromosome id, start) to ``last`` (id, end)."""
        self._rows.extend((*first, *last, offset, size))

    def sections(self) -> Iterator[tuple[int, int]]:
        """Offset and size of every section."""
        return zip(self._rows[4::6], self._rows[5::6], strict=True)

    def moved(self, offsets: list[int]) -> SectionIndex:
        """The same sections at other offsets."""
        other = SectionIndex()
        other._rows = array("Q", self._rows)
        other._rows[4::6] = array("Q", offsets)
        return other

    def tree(self, position: int, items_per_slot: int) -> bytes:
        """R-tree whose first byte will lie at ``position`` of the file; at least one section."""
        rows = np.frombuffer(self._rows, np.uint64).reshape(-1, 6)
        spans, levels = rows[:, :4], [len(rows)]
        while levels[-1] > 1:
            levels.append(-(-levels[-1] // _BLOCK))
        levels = levels[1:] or [1]  # nodes on each level, leaves first
        sizes = [count * (4 + _BLOCK * (24 if level else 32)) for level, count in enumerate(levels)]
        offsets = [position + 48 + sum(sizes[level + 1 :]) for level in range(len(levels))]
        parts = []
        for level in range(len(levels)):
            if level == 0:
                parts.append(_nodes(spans, rows[:, 4:], leaf=True))
            else:
                step = 4 + _BLOCK * (32 if level == 1 else 24)
                children = offsets[level - 1] + step * np.arange(len(spans), dtype=np.uint64)
                parts.append(_nodes(spans, children[:, None], leaf=False))
            spans = _bounds(spans)
        head = struct.pack(
            "<IIQIIIIQII", 0x2468ACE0, _BLOCK, len(rows), *spans[0].tolist(), position,
            items_per_slot, 0,
        )  # fmt: skip
        return head + b"".join(reversed(parts))


def _bounds(spans: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spans (N, 4) of nodes of :data:`_BLOCK` spans each, sorted by start: first start to last end,
    which need not be the last one's."""
    firsts = np.arange(0, len(spans), _BLOCK)
    ends = np.maximum.reduceat(spans[:, 2] << np.uint64(32) | spans[:, 3], firsts)
    last = np.stack([ends >> np.uint64(32), ends & np.uint64(0xFFFFFFFF)], axis=1)
    return np.concatenate([spans[firsts, :2], last], axis=1)


def _nodes(spans: NDArray[np.uint64], pointers: NDArray[np.uint64], leaf: bool) -> bytes:
    """Nodes of :data:`_BLOCK` items: a span (4 uint32) and its pointers (uint64) each."""
    item = np.dtype([("span", "<u4", 4), ("pointers", "<u8", pointers.shape[1])])
    items = np.zeros(-(-len(spans) // _BLOCK) * _BLOCK, item)
    items["span"][: len(spans)] = spans
    items["pointers"][: len(spans)] = pointers
    node = np.dtype([("leaf", "u1"), ("unused", "u1"), ("count", "<u2"), ("items", item, _BLOCK)])
    nodes = np.zeros(len(items) // _BLOCK, node)
    nodes["leaf"] = leaf
    nodes["count"] = np.minimum(len(spans) - _BLOCK * np.arange(len(nodes)), _BLOCK)
    nodes["items"] = items.reshape(-1, _BLOCK)
    return nodes.tobytes()


def chromosome_tree(lengths: Mapping[str, int], position: int) -> bytes:
    """B+ tree of names to (id, length), to lie at ``position``; ids are positions in ``lengths``.

    Each contig has bases: readers take ids for positions in a list of those that there are.
    """
    entries = sorted(
        (name.encode(), number, length) for number, (name, length) in enumerate(lengths.items())
    )
    width = max(len(name) for name, _, _ in entries)
    block = min(_BLOCK, len(entries))
    head = struct.pack("<IIIIQQ", 0x78CA8C91, block, width, 8, len(entries), 0)
    levels = [[(name, struct.pack("<II", number, size)) for name, number, size in entries]]
    while len(levels[-1]) > block:
        levels.append([(items[0][0], b"") for items in _blocks(levels[-1], block)])
    size = 4 + block * (width + 8)
    parts = []
    offset = position + len(head)
    for depth, level in enumerate(reversed(levels)):
        nodes = _blocks(level, block)
        below = offset + size * len(nodes)
        for number, items in enumerate(nodes):
            leaf = depth == len(levels) - 1
            first = below + size * number * block
            body = b"".join(
                name.ljust(width, b"\0") + (value if leaf else struct.pack("<Q", first + size * i))
                for i, (name, value) in enumerate(items)
            )
            parts.append((struct.pack("<BBH", leaf, 0, len(items)) + body).ljust(size, b"\0"))
        offset = below
    return head + b"".join(parts)


def _blocks(items: list[tuple[bytes, bytes]], block: int) -> list[list[tuple[bytes, bytes]]]:
    return [items[start : start + block] for start in range(0, len(items), block)]


class Bins(NamedTuple):
    """Summaries of bins with values, sorted by contig and bin: equal columns, shape (N,)."""

    chrom: NDArray[np.int64]
    bin: NDArray[np.int64]
    covered: NDArray[np.int64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]
    sum: NDArray[np.float64]
    squares: NDArray[np.float64]


def zoom_levels(longest: int) -> list[int]:
    """Bases per bin of each zoom level, for a longest contig of ``longest`` bases."""
    levels = [FINEST * _GROWTH**power for power in range(_MAX_LEVELS)]
    return [size for size in levels if size < longest] or levels[:1]


def finest_bins(rows: Sequence[tuple[int, int, NDArray[np.float32]]]) -> Bins:
    """Bins of :data:`FINEST` bases, of many rows at once: genomes may be thousands of contigs.

    Parameters
    ----------
    rows
        Sorted: chromosome id; 0-based first base, a multiple of FINEST; values (L,), NaN for gaps.
    """
    counts = [-(-len(values) // FINEST) for _, _, values in rows]
    padded = np.full(sum(counts) * FINEST, np.nan)
    at = 0
    for count, (_, _, values) in zip(counts, rows, strict=True):
        padded[at : at + len(values)] = values
        at += count * FINEST
    square = padded.reshape(-1, FINEST)
    known = ~np.isnan(square)
    if known.all():
        covered = np.full(len(square), FINEST)
        low, high, filled = square.min(axis=1), square.max(axis=1), square
    else:
        covered = known.sum(axis=1)
        low = np.where(known, square, np.inf).min(axis=1)
        high = np.where(known, square, -np.inf).max(axis=1)
        filled = np.where(known, square, 0.0)
    first = [start // FINEST for _, start, _ in rows]
    within = np.arange(len(square)) - np.repeat(np.cumsum(counts) - counts, counts)
    bins = Bins(
        np.repeat([chrom for chrom, _, _ in rows], counts),
        np.repeat(first, counts) + within,
        covered,
        low,
        high,
        filled.sum(axis=1),
        np.einsum("ij,ij->i", filled, filled),
    )
    used = covered > 0
    columns: tuple[NDArray[Any], ...] = bins
    return bins if used.all() else Bins(*(column[used] for column in columns))


def coarser(bins: Bins) -> Bins:
    """Bins of four times the width."""
    parents = bins.bin // _GROWTH
    new = np.ones(len(parents), np.bool_)
    new[1:] = (parents[1:] != parents[:-1]) | (bins.chrom[1:] != bins.chrom[:-1])
    at = np.flatnonzero(new)
    return Bins(
        bins.chrom[at],
        parents[at],
        np.add.reduceat(bins.covered, at),
        np.minimum.reduceat(bins.min, at),
        np.maximum.reduceat(bins.max, at),
        np.add.reduceat(bins.sum, at),
        np.add.reduceat(bins.squares, at),
    )


def join(parts: list[Bins]) -> Bins:
    """Bins of consecutive parts, at least one."""
    return Bins(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


class ZoomLevel:
    """Sections of one zoom level, kept in a spool until the data before them are complete."""

    def __init__(self, size: int, lengths: NDArray[np.int64], spool: IO[bytes]) -> None:
        self.size = size
        self.records = 0
        self._lengths = lengths
        self._spool = spool
        self._index = SectionIndex()
        self._pending = np.empty(0, _RECORD)

    def add(self, bins: Bins) -> None:
        """Take bins of this level's size."""
        records = np.empty(len(bins.bin), _RECORD)
        records["chrom"] = bins.chrom
        records["start"] = bins.bin * self.size
        records["end"] = np.minimum((bins.bin + 1) * self.size, self._lengths[bins.chrom])
        for name in ("covered", "min", "max", "sum", "squares"):
            records[name] = getattr(bins, name)
        self._pending = np.concatenate([self._pending, records])
        whole = len(self._pending) // _RECORDS * _RECORDS
        self._spill(self._pending[:whole])
        self._pending = self._pending[whole:]

    def finish(self, out: IO[bytes]) -> tuple[int, int]:
        """Append the level to ``out``; offsets of its data and of its index."""
        self._spill(self._pending)
        data = out.tell()
        out.write(struct.pack("<I", self.records))
        offsets = []
        for offset, size in self._index.sections():
            offsets.append(out.tell())
            self._spool.seek(offset)
            out.write(self._spool.read(size))
        self._spool.seek(0, 2)
        index = out.tell()
        out.write(self._index.moved(offsets).tree(index, _RECORDS))
        return data, index

    def _spill(self, records: NDArray[np.void]) -> None:
        for start in range(0, len(records), _RECORDS):
            part = records[start : start + _RECORDS]
            data = compress(part.tobytes())
            first = int(part[0]["chrom"]), int(part[0]["start"])
            last = int(part[-1]["chrom"]), int(part[-1]["end"])
            self._index.add(first, last, self._spool.tell(), len(data))
            self._spool.write(data)
            self.records += len(part)
