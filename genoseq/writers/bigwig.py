"""bigWig files, one for each class and strand, written in one pass with flat memory.

The writer is our own, because existing ones take intervals one by one, which costs more time than
predicting the values (``benchmarks/writers.py``).  A page of :data:`~genoseq.writers.lattice.PAGE`
bases without a gap whose values change often is stored base by base (a fixedStep section),
everything else as runs of equal values (bedGraph sections).  Bases without a value are in no
section.  Format: see :mod:`genoseq.writers.bbi`.
"""

from __future__ import annotations

import itertools
import struct
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import RegionError
from genoseq.genome.tracks import Channel, Kind
from genoseq.writers.bbi import (
    RECORD_BYTES,
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
from genoseq.writers.lattice import PAGE, SLAB, Row, Slab, floats, is_gap, run_starts
from genoseq.writers.manifest import VALUE_KINDS, OutputFile

_ITEMS = 1024
"""Runs in one bedGraph section, as UCSC's writer."""
_DENSE = PAGE // 8
"""With this many runs a page is smaller stored base by base: deflate shrinks repeats, but not the
borders of runs."""
_BEDGRAPH, _FIXED = 1, 3
_MAGIC = 0x888FFC26
_SECTION = struct.Struct("<IIIIIBBH")
_HEAD = 64
_ZOOM = 24
_SUMMARY = 40
_PENDING = SLAB // 64


class BigWigWriter:
    """Writes ``<file_stem>.bw`` of every channel, slab by slab."""

    def __init__(
        self, folder: Path, lengths: Mapping[str, int], channels: tuple[Channel, ...], kind: Kind
    ) -> None:
        self._kind = VALUE_KINDS[kind]
        self._channels = channels
        lengths = {chrom: length for chrom, length in lengths.items() if length}
        self._ids = {chrom: number for number, chrom in enumerate(lengths)}
        self._files = [BigWigFile(folder / bigwig_name(channel), lengths) for channel in channels]

    def write(self, slab: Slab) -> None:
        """Add a slab, shape (C, L)."""
        for file, row in zip(self._files, slab.values, strict=True):
            file.write(self._ids[slab.chrom], slab.start, row)

    def finish(self) -> list[OutputFile]:
        """Complete the files.  RegionError if a channel has no value at all."""
        for channel, file in zip(self._channels, self._files, strict=True):
            if file.empty:
                raise RegionError(
                    f"{channel.label} has no value on any base: browsers cannot read an empty "
                    f"bigWig; leave this channel out"
                )
            file.finish()
        return [
            OutputFile(bigwig_name(c), self._kind, c.full_name, c.strand, "bigwig")
            for c in self._channels
        ]

    def close(self) -> None:
        """Release the files; may be called again."""
        for file in self._files:
            file.close()


def bigwig_name(channel: Channel) -> str:
    """File name of the channel's bigWig."""
    return f"{channel.file_stem}.bw"


class BigWigFile:
    """One bigWig in the making."""

    def __init__(self, path: Path, lengths: Mapping[str, int]) -> None:
        self._lengths = np.array(list(lengths.values()), np.int64)
        sizes = zoom_levels(int(self._lengths.max()))
        self._tree_at = _HEAD + _ZOOM * len(sizes) + _SUMMARY
        tree = chromosome_tree(lengths, self._tree_at)
        self._data_at = self._tree_at + len(tree)
        self._file: IO[bytes] = path.open("wb")
        self._file.write(bytes(self._tree_at) + tree + bytes(8))
        self._offset = self._data_at + 8
        self._index = SectionIndex()
        self._spool: IO[bytes] = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115
        self._levels = [ZoomLevel(size, self._lengths, self._spool) for size in sizes]
        self._pending: list[Bins] = []
        self._waiting = 0
        self._coarse: list[Bins] = []
        self._total = np.array([0, np.inf, -np.inf, 0, 0])

    @property
    def empty(self) -> bool:
        """Whether no base has a value so far."""
        return not len(self._index)

    def write(self, chrom: int, start: int, row: Row) -> None:
        """Add values of bases from ``start`` on, shape (L,); ``start`` is a multiple of PAGE.

        All bases of a multiple of SLAB up to the next must come in one call.
        """
        values = floats(row)
        starts = run_starts(row)
        known = ~is_gap(row[starts])
        if not known.any():
            return
        for section in _sections(start, values, starts, known):
            low, high, type_, count, payload = section
            step = int(type_ == _FIXED)
            head = _SECTION.pack(chrom, low, high, step, step, type_, 0, count)
            self._write(chrom, low, high, head + payload)
        bins = finest_bins(chrom, start, values)
        self._pending.append(bins)
        self._waiting += len(bins.bin)
        if self._waiting >= _PENDING:
            self._zoom()

    def finish(self) -> None:
        """Write zoom levels, indexes and header."""
        self._zoom()
        self._zoom_beyond_slabs()
        index_at = self._offset
        self._file.write(self._index.tree(index_at, _ITEMS))
        zooms = [level.finish(self._file) for level in self._levels]
        self._file.write(struct.pack("<I", _MAGIC))
        self._file.seek(0)
        self._file.write(self._header(index_at, zooms))
        self._file.seek(self._data_at)
        self._file.write(struct.pack("<Q", len(self._index)))
        self.close()

    def close(self) -> None:
        """Release the file and its spool; may be called again."""
        self._file.close()
        self._spool.close()

    def _write(self, chrom: int, start: int, end: int, section: bytes) -> None:
        data = compress(section)
        self._file.write(data)
        self._index.add((chrom, start), (chrom, end), self._offset, len(data))
        self._offset += len(data)

    def _zoom(self) -> None:
        """Zoom levels of the waiting bins; no bin up to SLAB bases reaches into another slab."""
        if not self._pending:
            return
        bins = join(self._pending)
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
            level.add(bins)

    def _zoom_beyond_slabs(self) -> None:
        beyond = [level for level in self._levels if level.size > SLAB]
        if beyond:
            bins = join(self._coarse)
            for level in beyond:
                bins = coarser(bins)
                level.add(bins)

    def _header(self, index_at: int, zooms: list[tuple[int, int]]) -> bytes:
        buffer = max(PAGE * 4, _ITEMS * 12, RECORD_BYTES) + _SECTION.size
        head = struct.pack(
            "<IHHQQQHHQQIQ", _MAGIC, 4, len(zooms), self._tree_at, self._data_at, index_at,
            0, 0, 0, self._tree_at - _SUMMARY, buffer, 0,
        )  # fmt: skip
        for level, (data, index) in zip(self._levels, zooms, strict=True):
            head += struct.pack("<IIQQ", level.size, 0, data, index)
        return head + struct.pack("<Qdddd", int(self._total[0]), *self._total[1:])


_Section = tuple[int, int, int, int, bytes]
"""Start and end on the contig, type, number of items, and the items' bytes."""


def _sections(
    start: int,
    values: NDArray[np.float32],
    starts: NDArray[np.int64],
    known: NDArray[np.bool_],
) -> Iterator[_Section]:
    """Sections of a row (L,) from base ``start`` on, given its runs and which have a value."""
    ends = np.append(starts[1:], len(values))
    if len(starts) <= _DENSE:  # no page can be dense: the quick way for small contigs
        runs = _runs(start, starts, ends, values[starts])
        yield from _run_sections(runs if known.all() else runs[known])
        return
    dense = _dense_pages(len(values), starts, ends, known)
    edges = np.flatnonzero(np.diff(dense, prepend=~dense[0], append=~dense[-1]))
    for first, last in itertools.pairwise(edges.tolist()):
        low, high = first * PAGE, min(last * PAGE, len(values))
        if dense[first]:
            for at in range(low, high, PAGE):
                page = values[at : min(at + PAGE, high)]
                span = start + at, start + at + len(page)
                yield *span, _FIXED, len(page), page.astype("<f4", copy=False).tobytes()
        else:
            here = slice(np.searchsorted(ends, low, "right"), np.searchsorted(starts, high))
            run_starts, run_ends = np.maximum(starts[here], low), np.minimum(ends[here], high)
            runs = _runs(start, run_starts, run_ends, values[starts[here]])
            yield from _run_sections(runs[known[here]])


def _runs(
    start: int,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    values: NDArray[np.float32],
) -> NDArray[np.uint32]:
    """bedGraph items, shape (N, 3): start and end on the contig, and the value's bits."""
    runs = np.empty((len(starts), 3), "<u4")
    runs[:, 0] = starts + start
    runs[:, 1] = ends + start
    runs[:, 2] = values.view(np.uint32)
    return runs


def _run_sections(runs: NDArray[np.uint32]) -> Iterator[_Section]:
    for at in range(0, len(runs), _ITEMS):
        part = runs[at : at + _ITEMS]
        yield int(part[0, 0]), int(part[-1, 1]), _BEDGRAPH, len(part), part.tobytes()


def _dense_pages(
    length: int,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    known: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Shape (pages,): no gap, and so many runs that base by base is the smaller way."""
    pages = -(-length // PAGE)
    dense = np.bincount(starts // PAGE, minlength=pages) > _DENSE
    for gap in np.flatnonzero(~known).tolist() if dense.any() else ():
        dense[starts[gap] // PAGE : (ends[gap] - 1) // PAGE + 1] = False
    return dense
