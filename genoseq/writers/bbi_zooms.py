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
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.writers.bbi import SectionIndex, Sections, Span, deflated
from genoseq.writers.lattice import SLAB

FINEST = 64
"""Bases of the finest zoom bin.  Coarser levels grow by 4: sums of 4 bins."""
_GROWTH = 4
_MAX_LEVELS = 10
_RECORDS = 512
"""Zoom records in one compressed section."""
RECORD_BYTES = _RECORDS * 32
_TOGETHER = 16 * RECORD_BYTES
"""Bytes of records that are deflated together."""
_WAITING = 64
"""Sections of a level, so many at a time, that may be deflated and not yet kept."""

Deflate = Callable[[bytes], Future[Sections]]

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
    levels: list[bytes]
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
            size *= _GROWTH
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

    def records(self, bins: Bins, size: int) -> bytes:
        """Bins of ``size`` bases as a file has them."""
        records = np.empty(len(bins.bin), _RECORD)
        records["chrom"] = bins.chrom
        records["start"] = bins.bin * size
        records["end"] = np.minimum((bins.bin + 1) * size, self.lengths[bins.chrom])
        for name in ("covered", "min", "max", "sum", "squares"):
            records[name] = getattr(bins, name)
        return records.tobytes()


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
        self._pending = bytearray()
        self._asked: deque[Future[Sections]] = deque()

    def add(self, records: bytes) -> None:
        """Take records of this level."""
        self._pending += records
        while len(self._pending) >= _TOGETHER:
            self._ask(_TOGETHER)
        while self._asked and (len(self._asked) > _WAITING or self._asked[0].done()):
            self._keep(self._asked.popleft().result())

    def finish(self, out: IO[bytes]) -> tuple[int, int]:
        """Append the level to ``out``; offsets of its data and of its index."""
        if self._pending:
            self._ask(len(self._pending))
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
        self._asked.append(self._deflate(bytes(self._pending[:size])))
        self._records += size // _RECORD.itemsize
        del self._pending[:size]

    def _keep(self, sections: Sections) -> None:
        self._index.extend(sections.rows, self._spool.tell())
        self._spool.write(sections.data)


def deflate_records(records: bytes) -> Sections:
    """Sections of records."""
    return deflated(_sections(np.frombuffer(records, _RECORD)))


def _sections(records: NDArray[np.void]) -> Iterator[tuple[Span, bytes]]:
    for at in range(0, len(records), _RECORDS):
        part = records[at : at + _RECORDS]
        first, last = part[0], part[-1]
        span = int(first["chrom"]), int(first["start"]), int(last["chrom"]), int(last["end"])
        yield span, part.tobytes()
