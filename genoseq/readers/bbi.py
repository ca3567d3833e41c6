"""The container of bigWig and bigBed, as its bytes are: header, contigs, sections, zoom levels.

The supplement of Kent et al. (2010), Bioinformatics 26:2204, and UCSC's ``bbiFile.h``,
``bPlusTree.c`` and ``cirTree.c``.  Either byte order.  Signals are read through pybigtools
(:mod:`genoseq.readers.signal`), which hides all of this; a check of the file needs it.  Nothing
that a file says is trusted: what points outside of it, or in a circle, is an InputFormatError.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError
from genoseq.readers.bbi_sections import Box, Section, Summary, Zoom, record_type

_WIG, _BED = 0x888FFC26, 0x8789F2EB
_CONTIGS, _SECTIONS = 0x78CA8C91, 0x2468ACE0
_HEADER, _ZOOM, _SUMMARY = "IHHQQQHHQQIQ", "IIQQ", "Qdddd"
_LARGEST = 1 << 28
"""Bytes that one section may have; those of real files have some kB."""


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
        self._path = path
        self._file: FileIO = Path(path).open("rb", buffering=0)  # noqa: SIM115
        self._size = os.fstat(self._file.fileno()).st_size
        try:
            self.header = self._read_header()
            self._record = record_type(self.header.order)
            self.contigs = dict(self._read_contigs())
            self.whole = self._bytes(self._size - 4, 4) == self._bytes(0, 4)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def sections(self, index: int) -> Iterator[Section]:
        """Sections in the order of the index that begins at a byte.

        Raises
        ------
        InputFormatError
            If the index or a section is damaged.
        """
        magic, *_, box = *self._unpack("I", index), Box(*self._unpack("IIII", index + 16))
        if magic != _SECTIONS:
            raise self._damaged(f"no index of sections at byte {index}")
        yield from self._node(index + 48, box, set())

    def records(self, zoom: Zoom) -> Iterator[tuple[Box, NDArray[np.void]]]:
        """Records of a zoom level, by section, with what the index says of them.

        Columns: chrom (its number), start, end, covered, min, max, sum, squares.
        """
        for box, data in self.sections(zoom.index_at):
            if len(data) % self._record.itemsize:
                raise self._damaged(f"a section of zoom level {zoom.reduction} is cut off")
            yield box, np.frombuffer(data, self._record)

    def _read_header(self) -> Header:
        head = self._bytes(0, 4)
        order = next((o for o in "<>" if struct.unpack(o + "I", head)[0] in (_WIG, _BED)), "")
        if not order:
            raise InputFormatError("neither a bigWig nor a bigBed", self._path)
        self._order = order
        magic, _, count, contigs, data, index, fields, own, sql, summary, buffer, _ = self._unpack(
            _HEADER, 0
        )
        size = struct.calcsize("<" + _ZOOM)
        zooms = []
        for at in range(64, 64 + size * count, size):
            reduction, _, _, zoom_index = self._unpack(_ZOOM, at)
            zooms.append(Zoom(reduction, zoom_index))
        return Header(
            magic == _BED, order, tuple(zooms), contigs, data, index, fields, own,
            self._text(sql) if sql else "", buffer,
            Summary(*self._unpack(_SUMMARY, summary)) if summary else None,
        )  # fmt: skip

    def _read_contigs(self) -> Iterator[tuple[int, tuple[str, int]]]:
        at = self.header.contigs
        magic, _, width, _, _, _ = self._unpack("IIIIQQ", at)
        if magic != _CONTIGS or not 0 < width < self._size:
            raise self._damaged("the list of contigs is not where the header says")
        yield from self._contigs_of(at + 32, width, set())

    def _contigs_of(
        self, at: int, width: int, seen: set[int]
    ) -> Iterator[tuple[int, tuple[str, int]]]:
        self._check_new(at, seen)
        leaf, _, count = self._unpack("BBH", at)
        body = self._bytes(at + 4, count * (width + 8))
        for first in range(0, len(body), width + 8):
            if leaf:
                number, length = struct.unpack_from(self._order + "II", body, first + width)
                name = body[first : first + width].rstrip(b"\0").decode(errors="backslashreplace")
                yield number, (name, length)
            else:
                (child,) = struct.unpack_from(self._order + "Q", body, first + width)
                yield from self._contigs_of(child, width, seen)

    def _node(self, at: int, above: Box, seen: set[int]) -> Iterator[Section]:
        self._check_new(at, seen)
        leaf, _, count = self._unpack("BBH", at)
        width = 32 if leaf else 24
        body = self._bytes(at + 4, count * width)
        for first in range(0, len(body), width):
            box = Box(*struct.unpack_from(self._order + "IIII", body, first))
            if not above.holds(box):
                raise self._damaged(f"the index of sections: {tuple(box)} is not in {tuple(above)}")
            if leaf:
                offset, size = struct.unpack_from(self._order + "QQ", body, first + 16)
                yield Section(box, self._section(offset, size))
            else:
                (child,) = struct.unpack_from(self._order + "Q", body, first + 16)
                yield from self._node(child, box, seen)

    def _check_new(self, at: int, seen: set[int]) -> None:
        """Note a node of a tree; one that comes twice would come for ever."""
        if at in seen or len(seen) > self._size // 4:
            raise self._damaged("one of its trees runs in a circle")
        seen.add(at)

    def _section(self, offset: int, size: int) -> bytes:
        data = self._bytes(offset, size)
        if not self.header.buffer:
            return data
        inflate = zlib.decompressobj()
        try:
            whole = inflate.decompress(data, _LARGEST)
        except zlib.error as error:
            raise self._damaged(f"the section at byte {offset} ({error})") from None
        if not inflate.eof:
            raise self._damaged(f"the section at byte {offset} is cut off")
        return whole

    def _text(self, at: int) -> str:
        data = self._bytes(at, min(1 << 16, max(0, self._size - at)))
        return data.partition(b"\0")[0].decode(errors="backslashreplace")

    def _unpack(self, form: str, at: int) -> tuple[Any, ...]:
        form = self._order + form
        return struct.unpack(form, self._bytes(at, struct.calcsize(form)))

    def _bytes(self, at: int, size: int) -> bytes:
        if not 0 <= at <= at + size <= self._size:
            raise self._damaged(f"it points to bytes {at} to {at + size} of {self._size}: cut off?")
        return os.pread(self._file.fileno(), size, at)

    def _damaged(self, what: str) -> InputFormatError:
        kind = "bigBed" if getattr(self, "header", None) and self.header.bed else "bigWig"
        return InputFormatError(f"a {kind} that is damaged: {what}", self._path)
