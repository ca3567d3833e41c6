"""A bigWig or bigBed in the making: header, sections as they come, and zoom levels at the end.

What is in a section is the business of :mod:`genoseq.writers.bigwig` and
:mod:`genoseq.writers.bigbed`; the format's parts are in :mod:`genoseq.writers.bbi`.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from genoseq.files.jobs import Jobs
from genoseq.writers.bbi import SectionIndex, Sections, Span, chromosome_tree, deflated
from genoseq.writers.bbi_bins import Bins, coarser, join
from genoseq.writers.bbi_zooms import Summary, Total, ZoomLevel, Zooms, deflate_records
from genoseq.writers.lattice import SLAB

_HEAD = 64
_ZOOM = 24
_SUMMARY = 40
_AT_ONCE = 1 << 18
"""Bytes that are appended at once."""


class BbiFile:
    """A file in the making, which is open only while something is appended to it: there may be more
    channels than a process may have open files.

    Parameters
    ----------
    lengths
        bp of each contig, at least 1; ids of contigs are positions in it.
    spool
        An open temporary file, which several of them may share; nothing else writes to it.
    magic
        The format's number.
    sql
        autoSql of its columns; empty in a bigWig.
    fields
        Of bigBed: how many columns there are, and how many of them are BED's own.
    bin
        See :class:`genoseq.writers.bbi_zooms.Zooms`.
    jobs
        Processes that deflate what is left to deflate; None: this one.
    """

    def __init__(
        self,
        path: Path,
        lengths: Mapping[str, int],
        spool: IO[bytes],
        magic: int,
        sql: str = "",
        fields: tuple[int, int] = (0, 0),
        bin: int = 1,
        jobs: Jobs | None = None,
    ) -> None:
        self.zooms = Zooms(np.array(list(lengths.values()), np.int64), bin)
        self._magic, self._fields = magic, fields
        sizes = self.zooms.sizes
        self._sql = sql.encode() + b"\0" if sql else b""
        self._sql_at = _HEAD + _ZOOM * len(sizes)
        self._tree_at = self._sql_at + len(self._sql) + _SUMMARY
        tree = chromosome_tree(lengths, self._tree_at)
        self._data_at = self._tree_at + len(tree)
        self._path = path
        path.write_bytes(bytes(self._tree_at) + tree + bytes(8))
        self._unwritten: list[NDArray[np.uint8]] = []
        self._written = self._data_at + 8
        self._offset = self._data_at + 8
        self._index = SectionIndex()
        shared = jobs or Jobs(1)
        self._levels = [
            ZoomLevel(size, spool, lambda records: shared.call(deflate_records, records))
            for size in sizes
        ]
        self._widest: list[Bins] = []
        self._total = Total()

    @property
    def empty(self) -> bool:
        """Whether there is no section so far."""
        return not len(self._index)

    def add(self, span: Span, section: bytes) -> None:
        """Add a section."""
        self.append(deflated([(span, section)]))

    def append(self, sections: Sections) -> None:
        """Add sections that are deflated."""
        self._unwritten.append(sections.data)
        self._index.extend(sections.rows, self._offset)
        self._offset += len(sections.data)
        if self._offset - self._written >= _AT_ONCE:
            with self._path.open("ab") as file:
                self._append(file)

    def _append(self, file: IO[bytes]) -> None:
        file.writelines(sections.data for sections in self._unwritten)
        self._unwritten, self._written = [], self._offset

    def summarize(self, summary: Summary) -> None:
        """Take what :attr:`zooms` hold of a slab, or of whole contigs, in order."""
        self._total.add(summary)
        for level, records in zip(self._levels, summary.levels, strict=False):
            level.add(records)
        if summary.widest is not None:
            self._widest.append(summary.widest)

    def finish(self, items: int, buffer: int) -> None:
        """Write zoom levels, indexes and header.

        Parameters
        ----------
        items
            The most items of a section.
        buffer
            The most bytes of one that is decompressed.
        """
        self._zoom_beyond_slabs()
        with self._path.open("r+b") as file:
            file.seek(self._written)
            self._append(file)
            index_at = self._offset
            file.write(self._index.tree(index_at, items))
            zooms = [level.finish(file) for level in self._levels]
            file.write(struct.pack("<I", self._magic))
            file.seek(0)
            file.write(self._header(index_at, zooms, buffer))
            file.seek(self._data_at)
            file.write(struct.pack("<Q", len(self._index)))

    def _zoom_beyond_slabs(self) -> None:
        beyond = [level for level in self._levels if level.size > SLAB]
        if beyond and self._widest:
            bins = join(self._widest)
            for level in beyond:
                bins = coarser(bins)
                level.add(self.zooms.records(bins, level.size))

    def _header(self, index_at: int, zooms: list[tuple[int, int]], buffer: int) -> bytes:
        sql_at = self._sql_at if self._sql else 0
        head = struct.pack(
            "<IHHQQQHHQQIQ", self._magic, 4, len(zooms), self._tree_at, self._data_at, index_at,
            *self._fields, sql_at, self._tree_at - _SUMMARY, buffer, 0,
        )  # fmt: skip
        for level, (data, index) in zip(self._levels, zooms, strict=True):
            head += struct.pack("<IIQQ", level.size, 0, data, index)
        return head + self._sql + self._total.packed()
