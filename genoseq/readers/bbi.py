"""The container of bigWig and bigBed, as its bytes are: header, contigs, sections, zoom levels.

The supplement of Kent et al. (2010), Bioinformatics 26:2204, and UCSC's ``bbiFile.h``,
``bPlusTree.c`` and ``cirTree.c``.  Either byte order.  Libraries for these files trust what they
say: 581 bytes can ask pyBigWig for a terabyte, which ends the process.  Here nothing that a file
says is trusted: what points outside of it, in a circle, at more bytes than it has or at more than
a section may hold is an InputFormatError.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genoseq.readers.bbi_bytes import BbiBytes, Walk
from genoseq.readers.bbi_sections import Box, Leaf, Section, Summary, Zoom, record_type, row_type

_CONTIGS, _SECTIONS = 0x78CA8C91, 0x2468ACE0
_HEADER, _ZOOM, _SUMMARY = "IHHQQQHHQQIQ", "IIQQ", "Qdddd"
_LARGEST, _LARGEST_OF_VALUES = 1 << 24, 24 + 12 * 0xFFFF
"""Bytes that a section may have, and one of a bigWig's values, which counts them by 16 bits; those
of real files have some kB."""
_MOST_PACKED = 64
"""Bytes that a byte of records stands for: real ones 20 at most, those that harm 1,000."""
_MOST_ZOOMS = 64
"""UCSC's programs write 10 at most."""
_LONGEST_NAME = 1 << 12


@dataclass(frozen=True)
class Header:
    """What the file says of itself.

    Attributes
    ----------
    bed
        Whether it is a bigBed.
    order
        Its byte order, for :mod:`struct` and numpy.
    zooms
        Its zoom levels.
    contigs
        Where the contigs are listed.
    data, index
        Where the sections of values begin, and their index.
    fields, own
        Columns of a bigBed, and how many of them are BED's.
    sql
        The names of the columns (autoSql), empty if there are none.
    buffer
        Bytes of the largest section, decompressed; 0: sections are not compressed.
    summary
        Of all values; None if there is none.
    """

    bed: bool
    order: str
    zooms: tuple[Zoom, ...]
    contigs: int
    data: int
    index: int
    fields: int
    own: int
    sql: str
    buffer: int
    summary: Summary | None


class BbiFile:
    """An open bigWig or bigBed; a context manager.

    Attributes
    ----------
    header
        What it says of itself.
    contigs
        Names and lengths (bp), by the contigs' numbers.
    whole
        Whether it ends as such files do, with the bytes that it begins with.

    Raises
    ------
    InputFormatError
        If it is neither, is cut off, or its list of contigs is damaged.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._bytes = BbiBytes(path)
        try:
            self.header = self._read_header()
            self._record = record_type(self.header.order)
            self._row = [row_type(self.header.order, leaf) for leaf in (False, True)]
            self.contigs = self._read_contigs()
            self.whole = self._bytes.at(self._bytes.size - 4, 4) == self._bytes.at(0, 4)
        except BaseException:
            self._bytes.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bytes.close()

    def sections(self, index: int) -> Iterator[Section]:
        """Sections in the order of the index that begins at a byte.

        Raises
        ------
        InputFormatError
            If the index or a section is damaged.
        """
        records = self.header.bed or index != self.header.index
        packed = 0
        for leaf in self.leaves(index):
            data = self.read(leaf, _LARGEST if records else _LARGEST_OF_VALUES)
            packed += len(data) - _MOST_PACKED * leaf.size
            if records and packed > _LARGEST_OF_VALUES:
                raise self._bytes.damaged("its records are packed as no real ones are")
            yield Section(leaf.box, data)

    def leaves(self, index: int, wanted: Box | None = None) -> Iterator[Leaf]:
        """Where sections are, in the order of the index that begins at a byte.

        Parameters
        ----------
        index
            Of values or records, or of a zoom level.
        wanted
            Only sections that may have some of these bases.

        Raises
        ------
        InputFormatError
            If the index is damaged, or its sections together are larger than the file.
        """
        magic, *_, whole = (
            *self._bytes.unpack("I", index),
            Box(*self._bytes.unpack("IIII", index + 16)),
        )
        if magic != _SECTIONS:
            raise self._bytes.damaged(f"no index of sections at byte {index}")
        walk, left = Walk(self._bytes), self._bytes.size
        waiting = [(index + 48, whole)]
        while waiting:
            at, above = waiting.pop()
            children = []
            for box, offset, size in self._rows(walk, at, wanted):
                if not above.holds(box):
                    what = f"the index of sections: {tuple(box)} is not in {tuple(above)}"
                    raise self._bytes.damaged(what)
                if size is None:
                    children.append((offset, box))
                    continue
                left -= size
                if left < 0:
                    raise self._bytes.damaged("its sections together are larger than the file")
                yield Leaf(box, offset, size)
            waiting += reversed(children)

    def read(self, leaf: Leaf, largest: int = _LARGEST_OF_VALUES) -> bytes:
        """The bytes of a section, decompressed; by default one of a bigWig's values.

        Raises
        ------
        InputFormatError
            If it is damaged, or larger than it may be.
        """
        where = f"the section at byte {leaf.offset}"
        if leaf.size > largest + (1 << 10):
            raise self._bytes.damaged(f"{where} has {leaf.size:,} bytes")
        data = self._bytes.at(leaf.offset, leaf.size)
        if not self.header.buffer:
            return data
        inflate = zlib.decompressobj()
        try:
            whole = inflate.decompress(data, largest)
        except zlib.error as error:
            raise self._bytes.damaged(f"{where} ({error})") from None
        if not inflate.eof:
            raise self._bytes.damaged(f"{where} is cut off, or has more than {largest:,} bytes")
        return whole

    def records(self, zoom: Zoom) -> Iterator[tuple[Box, NDArray[np.void]]]:
        """Records of a zoom level, by section, with what the index says of them.

        Columns: chrom (its number), start, end, covered, min, max, sum, squares.
        """
        for box, data in self.sections(zoom.index_at):
            if len(data) % self._record.itemsize:
                raise self._bytes.damaged(f"a section of zoom level {zoom.reduction} is cut off")
            yield box, np.frombuffer(data, self._record)

    def _read_header(self) -> Header:
        file = self._bytes
        _, _, count, contigs, data, index, fields, own, sql, summary, buffer, _ = file.unpack(
            _HEADER, 0
        )
        if count > _MOST_ZOOMS:
            raise self._bytes.damaged(f"{count} zoom levels: more than {_MOST_ZOOMS} are not read")
        size = struct.calcsize("<" + _ZOOM)
        zooms = []
        for at in range(64, 64 + size * count, size):
            reduction, _, _, zoom_index = self._bytes.unpack(_ZOOM, at)
            zooms.append(Zoom(reduction, zoom_index))
        return Header(
            file.bed, file.order, tuple(zooms), contigs, data, index, fields, own,
            self._text(sql) if sql else "", buffer,
            Summary(*self._bytes.unpack(_SUMMARY, summary)) if summary else None,
        )  # fmt: skip

    def _read_contigs(self) -> dict[int, tuple[str, int]]:
        at = self.header.contigs
        magic, _, width, _, _, _ = self._bytes.unpack("IIIIQQ", at)
        if magic != _CONTIGS or not 0 < width <= _LONGEST_NAME:
            raise self._bytes.damaged("the list of contigs is not where the header says")
        walk, waiting = Walk(self._bytes), [at + 32]
        contigs: dict[int, tuple[str, int]] = {}
        while waiting:
            leaf, body = walk.node(waiting.pop(), width + 8, width + 8)
            children: list[int] = []
            for first in range(0, len(body), width + 8):
                if not leaf:
                    children += struct.unpack_from(self._bytes.order + "Q", body, first + width)
                    continue
                number, length = struct.unpack_from(self._bytes.order + "II", body, first + width)
                if number in contigs:
                    raise self._bytes.damaged(f"two contigs have number {number}")
                name = body[first : first + width].rstrip(b"\0").decode(errors="backslashreplace")
                contigs[number] = name, length
            waiting += reversed(children)
        if len({name for name, _ in contigs.values()}) < len(contigs):
            raise self._bytes.damaged("two of its contigs have one name")
        return contigs

    def _rows(
        self, walk: Walk, at: int, wanted: Box | None
    ) -> Iterator[tuple[Box, int, int | None]]:
        """Boxes of a node, with where each begins, and with its size if it is a section."""
        leaf, body = walk.node(at, 32, 24)
        rows = np.frombuffer(body, self._row[leaf])
        if wanted is not None:
            low = rows["first"].astype(np.uint64) << np.uint64(32) | rows["start"]
            high = rows["last"].astype(np.uint64) << np.uint64(32) | rows["end"]
            begin, end = (wanted.first << 32) + wanted.start, (wanted.last << 32) + wanted.end
            rows = rows[(low < end) & (high > begin)]
        for first, start, last, end, offset, *size in rows.tolist():
            yield Box(first, start, last, end), offset, size[0] if leaf else None

    def _text(self, at: int) -> str:
        data = self._bytes.at(at, min(1 << 16, max(0, self._bytes.size - at)))
        return data.partition(b"\0")[0].decode(errors="backslashreplace")
