"""The big binary index formats' shared parts: chromosome B+ tree, R-tree, zoom summaries.

Everything little-endian, as in the supplement of Kent et al. (2010), Bioinformatics 26:2204, and
UCSC's own ``bbiWrite.c``, ``bPlusTree.c`` and ``cirTree.c``.  Chromosome ids are the contigs'
numbers in the FASTA, so that data may be written in FASTA order; only the names in the tree are
sorted.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from deflate import zlib_compress
from numpy.typing import NDArray

_BLOCK = 256


def compress(data: bytes) -> bytes:
    """One section, deflated.

    libdeflate takes about half of zlib's time for about the same size (``benchmarks/writers.py``),
    and its bytes depend on the data alone.  ISA-L is as fast, but its bytes now and then depend on
    what an allocation held before.
    """
    return bytes(zlib_compress(data, 1))


Span = tuple[int, int, int, int]
"""What a section holds: from chromosome id and start to chromosome id and end."""


class Sections(NamedTuple):
    """Bytes of deflated sections, one behind another, and of each its :data:`Span` and how many
    bytes it has, (N, 5)."""

    data: NDArray[np.uint8]
    rows: NDArray[np.uint64]


def deflated(sections: Iterable[tuple[Span, bytes]]) -> Sections:
    """Sections of what each holds."""
    parts, rows = [], []
    for span, section in sections:
        parts.append(compress(section))
        rows.append((*span, len(parts[-1])))
    data = np.frombuffer(b"".join(parts), np.uint8)  # what is an array goes faster to a process
    return Sections(data, np.array(rows, np.uint64).reshape(-1, 5))


class SectionIndex:
    """Where the compressed sections of one file lie, and the R-tree that finds them.

    It keeps 48 bytes per section: 2.3 MB for 200 million bases of dense values.
    """

    def __init__(self) -> None:
        self._rows = array("Q")

    def __len__(self) -> int:
        return len(self._rows) // 6

    def extend(self, rows: NDArray[np.uint64], offset: int) -> None:
        """Note sections that lie one behind another from ``offset`` on, by the rows of
        :class:`Sections`."""
        ends = offset + np.cumsum(rows[:, 4])
        begins = ends - rows[:, 4]
        whole = np.column_stack([rows[:, :4], begins, rows[:, 4]])
        self._rows.frombytes(np.ascontiguousarray(whole, np.uint64).tobytes())

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
