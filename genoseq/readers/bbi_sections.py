"""What the sections of bigWig and bigBed hold: see :mod:`genoseq.readers.bbi`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError

_WIG_HEAD = "IIIIIBBH"
_COLUMNS = {1: 3, 2: 2, 3: 1}
"""4-byte numbers per item, by the type of a section: bedGraph, variableStep, fixedStep."""


class Box(NamedTuple):
    """Bases from ``start`` of contig ``first`` to ``end`` of contig ``last``, by their numbers."""

    first: int
    start: int
    last: int
    end: int

    def holds(self, other: Box) -> bool:
        """Whether the other one lies within."""
        lows = (self.first, self.start) <= (other.first, other.start)
        return lows and (other.last, other.end) <= (self.last, self.end)


class Leaf(NamedTuple):
    """Where a section is in the file, by its index: what it is of, first byte, number of bytes."""

    box: Box
    offset: int
    size: int


class Section(NamedTuple):
    """A section: what the index says of it, and its bytes, decompressed."""

    box: Box
    data: bytes


class Summary(NamedTuple):
    """Of all values: bases that have one, their minimum, maximum, sum and sum of squares."""

    covered: int
    low: float
    high: float
    total: float
    squares: float


class Zoom(NamedTuple):
    """A zoom level: bases per record, at most, and where its index begins."""

    reduction: int
    index_at: int


class Spans(NamedTuple):
    """Values of a section: contig's number, and starts, ends and values, shape (N,)."""

    contig: int
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    values: NDArray[np.float32]


def wig_values(data: bytes, order: str) -> Spans:
    """Values of a section of a bigWig, in a byte order.

    Raises
    ------
    InputFormatError
        If it is cut off.
    """
    size = struct.calcsize("<" + _WIG_HEAD)
    if len(data) < size:
        raise InputFormatError("a bigWig that is damaged: a section of values is cut off")
    contig, start, _, step, width, kind, _, count = struct.unpack_from(order + _WIG_HEAD, data)
    columns = _COLUMNS.get(kind)
    if columns is None or len(data) < size + 4 * columns * count:
        raise InputFormatError(f"a bigWig that is damaged: {count} values of type {kind}, cut off")
    items = np.frombuffer(data, order + "u4", columns * count, size).reshape(count, columns)
    values = items[:, -1].copy().view(order + "f4").astype(np.float32)
    if kind == 3:
        starts = start + step * np.arange(count, dtype=np.int64)
    else:
        starts = items[:, 0].astype(np.int64)
    ends = items[:, 1].astype(np.int64) if kind == 1 else starts + width
    return Spans(contig, starts, ends, values)


def bed_records(data: bytes, order: str) -> Iterator[tuple[int, int, int, bytes]]:
    """Contig's number, start, end and further columns of each record of a bigBed's section.

    Raises
    ------
    InputFormatError
        If it is cut off.
    """
    at = 0
    while at < len(data):
        stop = data.find(b"\0", at + 12)
        if stop < 0:
            raise InputFormatError("a bigBed that is damaged: a section of records is cut off")
        yield (*struct.unpack_from(order + "III", data, at), data[at + 12 : stop])
        at = stop + 1


def row_type(order: str, leaf: bool) -> np.dtype[np.void]:
    """A row of a node of an index: where a section is, or a node below."""
    box = [(name, order + "u4") for name in Box._fields]
    where = ["offset", "size"] if leaf else ["offset"]
    return np.dtype(box + [(name, order + "u8") for name in where])


def record_type(order: str) -> np.dtype[np.void]:
    """A record of a zoom level."""
    whole = ("chrom", "start", "end", "covered")
    parts = ("min", "max", "sum", "squares")
    return np.dtype([(n, order + "u4") for n in whole] + [(n, order + "f4") for n in parts])
