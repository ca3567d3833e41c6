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

from genoseq.writers.bbi import (
    Bins,
    SectionIndex,
    ZoomLevel,
    chromosome_tree,
    coarser,
    compress,
    finest_bins,
    join,
    zoom_levels,
)
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
        bp that share one value: zoom levels of less than four of them would save nothing.
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
    ) -> None:
        self._lengths = np.array(list(lengths.values()), np.int64)
        self._magic, self._fields = magic, fields
        sizes = zoom_levels(int(self._lengths.max()))
        self._fine = min(sum(size < 4 * bin for size in sizes), len(sizes) - 1) if bin > 1 else 0
        self._sql = sql.encode() + b"\0" if sql else b""
        self._sql_at = _HEAD + _ZOOM * (len(sizes) - self._fine)
        self._tree_at = self._sql_at + len(self._sql) + _SUMMARY
        tree = chromosome_tree(lengths, self._tree_at)
        self._data_at = self._tree_at + len(tree)
        self._path = path
        path.write_bytes(bytes(self._tree_at) + tree + bytes(8))
        self._unwritten: list[bytes] = []
        self._written = self._data_at + 8
        self._offset = self._data_at + 8
        self._index = SectionIndex()
        self._levels = [ZoomLevel(size, self._lengths, spool) for size in sizes]
        self._pending: list[tuple[int, int, NDArray[np.float32]]] = []
        self._waiting = 0
        self._coarse: list[Bins] = []
        self._total = np.array([0, np.inf, -np.inf, 0, 0])

    @property
    def empty(self) -> bool:
        """Whether there is no section so far."""
        return not len(self._index)

    def add(self, first: tuple[int, int], last: tuple[int, int], section: bytes) -> None:
        """Add a section of what begins at ``first`` (contig's id, base) and ends at ``last``."""
        data = compress(section)
        self._unwritten.append(data)
        self._index.add(first, last, self._offset, len(data))
        self._offset += len(data)
        if self._offset - self._written >= _AT_ONCE:
            with self._path.open("ab") as file:
                self._append(file)

    def _append(self, file: IO[bytes]) -> None:
        file.writelines(self._unwritten)
        self._unwritten, self._written = [], self._offset

    def summarize(self, chrom: int, start: int, values: NDArray[np.float32]) -> None:
        """Take values (L,), NaN for gaps, from base ``start`` of a contig on for the zoom levels:
        all of a slab in one call, slabs in order."""
        self._pending.append((chrom, start, values))
        self._waiting += len(values)
        if self._waiting >= SLAB:
            self._zoom()

    def finish(self, items: int, buffer: int) -> None:
        """Write zoom levels, indexes and header.

        Parameters
        ----------
        items
            The most items of a section.
        buffer
            The most bytes of one that is decompressed.
        """
        self._zoom()
        self._zoom_beyond_slabs()
        with self._path.open("r+b") as file:
            file.seek(self._written)
            self._append(file)
            index_at = self._offset
            file.write(self._index.tree(index_at, items))
            zooms = [level.finish(file) for level in self._levels[self._fine :]]
            file.write(struct.pack("<I", self._magic))
            file.seek(0)
            file.write(self._header(index_at, zooms, buffer))
            file.seek(self._data_at)
            file.write(struct.pack("<Q", len(self._index)))

    def _zoom(self) -> None:
        """Zoom levels of the waiting values; no bin up to SLAB bases reaches into another slab."""
        if not self._pending:
            return
        bins = finest_bins(self._pending)
        self._pending, self._waiting = [], 0
        sums = (
            bins.covered.sum(),
            bins.min.min(),
            bins.max.max(),
            bins.sum.sum(),
            bins.squares.sum(),
        )
        low, high = min(self._total[1], sums[1]), max(self._total[2], sums[2])
        self._total += sums
        self._total[1:3] = low, high
        for level in self._levels:
            if level.size > SLAB:
                self._coarse.append(bins)
                break
            if level is not self._levels[0]:
                bins = coarser(bins)
            if level.size >= self._levels[self._fine].size:
                level.add(bins)

    def _zoom_beyond_slabs(self) -> None:
        beyond = [level for level in self._levels if level.size > SLAB]
        if beyond:
            bins = join(self._coarse)
            for level in beyond:
                bins = coarser(bins)
                level.add(bins)

    def _header(self, index_at: int, zooms: list[tuple[int, int]], buffer: int) -> bytes:
        sql_at = self._sql_at if self._sql else 0
        head = struct.pack(
            "<IHHQQQHHQQIQ", self._magic, 4, len(zooms), self._tree_at, self._data_at, index_at,
            *self._fields, sql_at, self._tree_at - _SUMMARY, buffer, 0,
        )  # fmt: skip
        for level, (data, index) in zip(self._levels[self._fine :], zooms, strict=True):
            head += struct.pack("<IIQQ", level.size, 0, data, index)
        return head + self._sql + struct.pack("<Qdddd", int(self._total[0]), *self._total[1:])
