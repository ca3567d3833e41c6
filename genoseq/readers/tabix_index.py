"""Indexes of tabix, ``.tbi`` and ``.csi``, as their bytes are.

https://samtools.github.io/hts-specs/tabix.pdf and https://samtools.github.io/hts-specs/CSIv1.pdf.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from os import PathLike
from typing import NamedTuple

from genoseq.errors import InputFormatError
from genoseq.files.compression import open_bytes

_TBI, _CSI = b"TBI\1", b"CSI\1"
_TBI_DEPTH = 5
_ZERO_BASED = 0x10000
_LARGEST = 1 << 28
"""Bytes; that of a human genome has some MB."""
_MOST_BITS = 62
"""Of the largest contig that a ``.csi`` knows."""


class Extent(NamedTuple):
    """Where a contig's lines are: virtual offsets (SAMv1, 4.1.1), and how many there are.

    ``lines`` is None in indexes of programs that do not count.
    """

    first: int
    end: int
    lines: int | None


@dataclass(frozen=True)
class TabixIndex:
    """An index.

    Attributes
    ----------
    csi
        Whether it is a ``.csi``.
    preset
        0 for columns that it says itself, 1 of SAM, 2 of VCF.
    zero_based
        Whether positions are 0-based half-open, as in BED.
    columns
        Of contig, start and end, counted from 1; the last is 0 where there is none.
    meta, skip
        The letter that comment lines begin with, and lines to skip.
    min_shift
        Bits of the smallest interval.
    extents
        By contig, in the order of the file.
    """

    csi: bool
    preset: int
    zero_based: bool
    columns: tuple[int, int, int]
    meta: str
    skip: int
    min_shift: int
    extents: dict[str, Extent]


def read_tabix_index(path: str | PathLike[str]) -> TabixIndex:
    """Read a ``.tbi`` or ``.csi``.

    Raises
    ------
    InputFormatError
        If it is neither, or is cut off.
    """
    with open_bytes(path) as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise InputFormatError(f"an index of more than {_LARGEST >> 20} MB: damaged?", path)
    if data[:4] not in (_TBI, _CSI):
        raise InputFormatError("no index of tabix, .tbi or .csi", path)
    try:
        return _parse(data)
    except (struct.error, IndexError, ValueError) as error:
        raise InputFormatError(f"an index that is damaged or cut off ({error})", path) from None


def _parse(data: bytes) -> TabixIndex:
    csi = data.startswith(_CSI)
    min_shift, depth = struct.unpack_from("<ii", data, 4) if csi else (14, _TBI_DEPTH)
    if not (0 < min_shift <= 31 and 0 <= depth <= (_MOST_BITS - min_shift) // 3):
        raise ValueError(f"intervals of 2^{min_shift} bp, {depth} levels")
    count = 0 if csi else _count(data, 4)
    at = 16 if csi else 8
    kind, *columns, meta, skip, size = struct.unpack_from("<7i", data, at)
    if min(*columns, meta, skip, size) < 0:
        raise ValueError("a number less than 0")
    at += 28
    names = [name.decode() for name in data[at : at + size].split(b"\0")[:-1]]
    at += size
    if csi:
        at = 16 + _count(data, 12)
        count = _count(data, at)
        at += 4
    extents = []
    for _ in range(count):
        extent, at = _extent(data, at, csi, depth)
        extents.append(extent)
    pairs = dict(zip(names, extents, strict=False))
    where = (columns[0], columns[1], columns[2])
    zero_based = bool(kind & _ZERO_BASED)
    return TabixIndex(csi, kind & 0xFFFF, zero_based, where, chr(meta), skip, min_shift, pairs)


def _extent(data: bytes, at: int, csi: bool, depth: int) -> tuple[Extent, int]:
    """What the index says of one contig, and where the next one begins."""
    counting = ((1 << (depth + 1) * 3) - 1) // 7 + 1
    first, end, lines = 1 << 64, 0, None
    bins = _count(data, at)
    at += 4
    for _ in range(bins):
        (number,) = struct.unpack_from("<I", data, at)
        at += 12 if csi else 4
        chunks = _count(data, at)
        at += 4
        offsets = struct.unpack_from(f"<{2 * chunks}Q", data, at)
        at += 16 * chunks
        if number == counting:
            lines = offsets[2] + offsets[3]
        elif offsets:
            first, end = min(first, *offsets), max(end, *offsets)
    if not csi:
        at += 4 + 8 * _count(data, at)
    return Extent(first, end, lines), at


def _count(data: bytes, at: int) -> int:
    """A number of things, none of which is smaller than a byte."""
    (count,) = struct.unpack_from("<i", data, at)
    if not 0 <= count <= len(data):
        raise ValueError(f"{count} items in {len(data)} bytes")
    return int(count)
