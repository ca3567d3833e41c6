"""Zoom summaries of bigWig and bigBed: what their levels hold of values, and their sections.

Bins are summed where values are rendered, which may be in other processes than the one that writes;
no bin of up to :data:`~genoseq.writers.lattice.SLAB` bases reaches into another slab.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.writers.bbi import SectionIndex, Sections, Span, deflated
from genoseq.writers.bbi_bins import FINEST, GROWTH, Bins, coarser, finest_bins, zoom_levels
from genoseq.writers.lattice import SLAB

_RECORDS = 512
"""Zoom records in one compressed section."""
RECORD_BYTES = _RECORDS * 32
_TOGETHER = 16 * _RECORDS
"""Records that are deflated together."""
_WAITING = 64
"""Sections of a level, so many at a time, that may be deflated and not yet kept."""

Deflate = Callable[[NDArray[np.uint32]], Future[Sections]]

_NUMBERS = 8
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


class Summary(NamedTuple):
    """What zoom levels hold of consecutive rows of values, at least one of them.

    Attributes
    ----------
    rows
        Of each row its bases, and its finest bins that have values.
    levels
        Records of each level that is told and has bins of up to SLAB bases.
    widest
        Bins of the last of these, where there are wider ones.
    covered, low, high
        How many bases have values, and between which these are.
    sums, squares
        Of each of the finest bins.
    """

    rows: list[tuple[int, int]]
    levels: list[NDArray[np.uint32]]
    widest: Bins | None
    covered: int
    low: float
    high: float
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]


@dataclass(frozen=True)
class Zooms:
    """The zoom levels of a file.

    Attributes
    ----------
    lengths
        bp of each contig, at least 1; ids of contigs are positions in it.
    bin
        bp that share one value: levels of less than four of them would save nothing.
    """

    lengths: NDArray[np.int64]
    bin: int = 1

    @cached_property
    def sizes(self) -> list[int]:
        """Bases of a bin of each level that is told."""
        sizes = zoom_levels(int(self.lengths.max()))
        fine = min(sum(size < 4 * self.bin for size in sizes), len(sizes) - 1)
        return sizes[fine if self.bin > 1 else 0 :]

    def summary(self, rows: Sequence[tuple[int, int, NDArray[np.float32]]]) -> Summary:
        """What levels hold of rows as :func:`finest_bins` takes them, whole slabs or contigs."""
        finest = bins = finest_bins(rows)
        told, levels, size = self.sizes, [], FINEST
        while size <= min(told[-1], SLAB):
            if size > FINEST:
                bins = coarser(bins)
            if size >= told[0]:
                levels.append(self.records(bins, size))
            size *= GROWTH
        return Summary(
            _counted(rows, finest),
            levels,
            bins if told[-1] > SLAB else None,
            int(finest.covered.sum()),
            float(finest.min.min()),
            float(finest.max.max()),
            finest.sum,
            finest.squares,
        )

    def records(self, bins: Bins, size: int) -> NDArray[np.uint32]:
        """Bins of ``size`` bases as a file has them."""
        records = np.empty(len(bins.bin), _RECORD)
        records["chrom"] = bins.chrom
        records["start"] = bins.bin * size
        records["end"] = np.minimum((bins.bin + 1) * size, self.lengths[bins.chrom])
        for name in ("covered", "min", "max", "sum", "squares"):
            records[name] = getattr(bins, name)
        # As plain numbers, which numpy joins faster.
        return records.view(np.uint32).reshape(-1, _NUMBERS)


def _counted(
    rows: Sequence[tuple[int, int, NDArray[np.float32]]], finest: Bins
) -> list[tuple[int, int]]:
    """Of each row its bases, and its finest bins."""
    if len(rows) == 1:
        return [(len(rows[0][2]), len(finest.bin))]
    # Rows of one call are of contigs, in order.
    ends = np.searchsorted(finest.chrom, [chrom for chrom, _, _ in rows], side="right")
    counts = np.diff(ends, prepend=0).tolist()
    return [(len(values), count) for (_, _, values), count in zip(rows, counts, strict=True)]


class Total:
    """What the whole of a file's values is: bases, least, most, sum and sum of squares."""

    def __init__(self) -> None:
        self._covered, self._low, self._high = 0, np.inf, -np.inf
        self._sums = np.zeros(2)
        self._waiting: list[NDArray[np.float64]] = []
        self._bases = 0

    def add(self, summary: Summary) -> None:
        """Take a summary; sums of :data:`SLAB` bases or a few more are added at once, so that they
        are the same however rows come."""
        self._covered += summary.covered
        self._low, self._high = min(self._low, summary.low), max(self._high, summary.high)
        both, first, last = np.stack([summary.sums, summary.squares]), 0, 0
        for bases, bins in summary.rows:
            last += bins
            self._bases += bases
            if self._bases >= SLAB:
                self._waiting.append(both[:, first:last])
                self._sum()
                first = last
        self._waiting.append(both[:, first:])

    def _sum(self) -> None:
        if self._waiting:
            joined = np.concatenate(self._waiting, axis=1)
            self._sums += [joined[0].sum(), joined[1].sum()]
            self._waiting, self._bases = [], 0

    def packed(self) -> bytes:
        """As a file has it."""
        self._sum()
        return struct.pack("<Qdddd", self._covered, self._low, self._high, *self._sums.tolist())


class ZoomLevel:
    """Sections of one zoom level, kept in a spool until the data before them are complete."""

    def __init__(self, size: int, spool: IO[bytes], deflate: Deflate) -> None:
        self.size = size
        self._records = 0
        self._spool, self._deflate = spool, deflate
        self._index = SectionIndex()
        self._pending: list[NDArray[np.uint32]] = []
        self._held = 0
        self._asked: deque[Future[Sections]] = deque()

    def add(self, records: NDArray[np.uint32]) -> None:
        """Take records of this level."""
        self._pending.append(records)
        self._held += len(records)
        if self._held >= _TOGETHER:
            self._ask(self._held // _RECORDS * _RECORDS)
        while self._asked and (len(self._asked) > _WAITING or self._asked[0].done()):
            self._keep(self._asked.popleft().result())

    def finish(self, out: IO[bytes]) -> tuple[int, int]:
        """Append the level to ``out``; offsets of its data and of its index."""
        if self._pending:
            self._ask(self._held)
        while self._asked:
            self._keep(self._asked.popleft().result())
        data = out.tell()
        out.write(struct.pack("<I", self._records))
        offsets = []
        for offset, size in self._index.sections():
            offsets.append(out.tell())
            self._spool.seek(offset)
            out.write(self._spool.read(size))
        self._spool.seek(0, 2)
        index = out.tell()
        out.write(self._index.moved(offsets).tree(index, _RECORDS))
        return data, index

    def _ask(self, size: int) -> None:
        records = np.concatenate(self._pending)
        self._asked.append(self._deflate(records[:size]))
        self._records += size
        self._held -= size
        self._pending = [records[size:].copy()]

    def _keep(self, sections: Sections) -> None:
        self._index.extend(sections.rows, self._spool.tell())
        self._spool.write(sections.data.data)


def deflate_records(records: NDArray[np.uint32]) -> Sections:
    """Sections of records."""
    return deflated(_sections(records))


def _sections(records: NDArray[np.uint32]) -> Iterator[tuple[Span, bytes]]:
    for at in range(0, len(records), _RECORDS):
        part = records[at : at + _RECORDS]
        first, last = part[0], part[-1]
        span = int(first[0]), int(first[1]), int(last[0]), int(last[2])
        yield span, part.tobytes()
