"""bigWig files, one for each class and strand, written in one pass with flat memory.

The writer is our own, because existing ones take intervals one by one, which costs more time than
predicting the values (``benchmarks/writers.py``).  A page of :data:`~genoseq.writers.lattice.PAGE`
bases without a gap whose values change often is stored base by base (a fixedStep section), and
whole bins number by number, everything else as runs of equal values (bedGraph sections).  Bases
without a value are in no section.  Format: see :mod:`genoseq.writers.bbi`.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import RegionError
from genoseq.files.jobs import Jobs
from genoseq.genome.tracks import Channel, Kind
from genoseq.writers.bbi import Sections, deflated
from genoseq.writers.bbi_file import BbiFile
from genoseq.writers.bbi_zooms import RECORD_BYTES, Summary, Zooms
from genoseq.writers.contents import Contents
from genoseq.writers.lattice import PAGE, Row, Slab, floats, is_gap, run_starts
from genoseq.writers.manifest import OutputFile, value_file
from genoseq.writers.short_contigs import Joined

_ITEMS = 1024
"""Runs in one bedGraph section, as UCSC's writer."""
_ITEM_BYTES = 12
_DENSE = PAGE // 8
"""With this many runs a page is smaller stored base by base: deflate shrinks repeats, but not the
borders of runs."""
_BEDGRAPH, _FIXED = 1, 3
_MAGIC = 0x888FFC26
_SECTION = struct.Struct("<IIIIIBBH")


class Rendered(NamedTuple):
    """What a row of values becomes: its sections, and what zoom levels hold of it."""

    sections: Sections
    summary: Summary


class BigWigRenderer:
    """What rows of slabs become in bigWigs, whose bins of ``bin`` bp are alike: in any process."""

    def __init__(self, lengths: Mapping[str, int], bin: int = 1) -> None:
        known = {chrom: length for chrom, length in lengths.items() if length}
        self._ids = {chrom: number for number, chrom in enumerate(known)}
        self._zooms = Zooms(np.array([*known.values()], np.int64), bin)

    def __call__(self, unit: Slab | Joined) -> list[Rendered | None]:
        """Of each row of values; None where there are none."""
        if isinstance(unit, Slab):
            number, start = self._ids[unit.chrom], unit.start
            return [_rendered(self._zooms, number, start, row) for row in unit.values]
        ids = [self._ids[chrom] for chrom in unit.chroms]
        return [_short_rendered(self._zooms, ids, unit, row) for row in unit.values]


class BigWigWriter:
    """Writes ``<file_stem>.bw`` of every channel, slab by slab, of what they become."""

    def __init__(self, folder: Path, of: Contents) -> None:
        self._kind: Kind = of.kind
        self._channels = of.channels
        lengths = {chrom: length for chrom, length in of.lengths.items() if length}
        self._render = BigWigRenderer(lengths, of.bin)
        self._spool: IO[bytes] = TemporaryFile(dir=folder)  # noqa: SIM115
        self._files = [
            BigWigFile(folder / bigwig_name(channel), lengths, self._spool, of.bin, of.jobs)
            for channel in of.channels
        ]

    def write(self, slab: Slab) -> None:
        """Add a slab, shape (C, L)."""
        self.add(self._render(slab))

    def add(self, rendered: list[Rendered | None]) -> None:
        """Add what a slab, or a few short contigs, became."""
        for file, row in zip(self._files, rendered, strict=True):
            file.add(row)

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
            value_file(bigwig_name(channel), channel, self._kind, "bigwig")
            for channel in self._channels
        ]

    def close(self) -> None:
        """Release the spool; may be called again."""
        self._spool.close()


def bigwig_name(channel: Channel) -> str:
    """File name of the channel's bigWig."""
    return f"{channel.file_stem}.bw"


class BigWigFile:
    """One bigWig in the making; each contig of ``lengths`` has bases.

    ``spool`` and ``jobs`` are those of :class:`genoseq.writers.bbi_file.BbiFile`; the bases of each
    ``bin`` bp of a contig that have a value have the same.
    """

    def __init__(
        self,
        path: Path,
        lengths: Mapping[str, int],
        spool: IO[bytes],
        bin: int = 1,
        jobs: Jobs | None = None,
    ) -> None:
        self._file = BbiFile(path, lengths, spool, _MAGIC, bin=bin, jobs=jobs)

    @property
    def empty(self) -> bool:
        """Whether no base has a value so far."""
        return self._file.empty

    def write(self, chrom: int, start: int, row: Row) -> None:
        """Add values of bases from ``start`` on, shape (L,); ``start`` is a multiple of PAGE.

        All bases of a multiple of SLAB up to the next must come in one call.
        """
        self.add(_rendered(self._file.zooms, chrom, start, row))

    def add(self, rendered: Rendered | None) -> None:
        """Add what a row became."""
        if rendered is not None:
            self._file.append(rendered.sections)
            self._file.summarize(rendered.summary)

    def finish(self) -> None:
        """Write zoom levels, indexes and header."""
        self._file.finish(_ITEMS, max(PAGE * 4, _ITEMS * _ITEM_BYTES, RECORD_BYTES) + _SECTION.size)


def _rendered(zooms: Zooms, chrom: int, start: int, row: Row) -> Rendered | None:
    """What a row of values from base ``start`` on becomes."""
    values = floats(row)
    starts = run_starts(row)
    known = ~is_gap(row[starts])
    if not known.any():
        return None
    bin = zooms.bin
    sections = []
    for low, high, type_, count, payload in _sections(start, values, starts, known, bin):
        step = bin if type_ == _FIXED else 0
        head = _SECTION.pack(chrom, low, high, step, step, type_, 0, count)
        sections.append(((chrom, low, chrom, high), head + payload))
    return Rendered(deflated(sections), zooms.summary([(chrom, start, values)]))


def _short_rendered(
    zooms: Zooms, chroms: Sequence[int], joined: Joined, row: Row
) -> Rendered | None:
    """What a row of whole short contigs becomes: each is one section, as by :func:`_rendered`."""
    values, starts = floats(row), run_starts(row, joined.borders)
    known = ~is_gap(row[starts])
    if not known.any():
        return None
    ends = np.append(starts[1:], len(row))
    bounds = np.searchsorted(starts, joined.borders)
    begins = np.repeat(joined.borders[:-1], np.diff(bounds))
    runs = _runs(0, starts - begins, ends - begins, values[starts])
    if not known.all():
        runs, bounds = runs[known], np.append(0, np.cumsum(known))[bounds]
    told = np.flatnonzero(np.diff(bounds))
    firsts, lasts = bounds[told], bounds[told + 1]
    columns = (told, firsts, lasts, runs[firsts, 0], runs[lasts - 1, 1])
    payload, borders = runs.tobytes(), joined.borders.tolist()
    sections, rows = [], []
    for number, first, last, start, end in zip(*(each.tolist() for each in columns), strict=True):
        chrom = chroms[number]
        head = _SECTION.pack(chrom, start, end, 0, 0, _BEDGRAPH, 0, last - first)
        items = payload[first * _ITEM_BYTES : last * _ITEM_BYTES]
        sections.append(((chrom, start, chrom, end), head + items))
        rows.append((chrom, 0, values[borders[number] : borders[number + 1]]))
    return Rendered(deflated(sections), zooms.summary(rows))


_Section = tuple[int, int, int, int, bytes]
"""Start and end on the contig, type, number of items, and the items' bytes."""


def _sections(
    start: int,
    values: NDArray[np.float32],
    starts: NDArray[np.int64],
    known: NDArray[np.bool_],
    bin: int,
) -> Iterator[_Section]:
    """Sections of a row (L,) from base ``start`` on, given its runs and which have a value."""
    ends = np.append(starts[1:], len(values))
    if len(starts) <= _DENSE:  # no page can be dense: the quick way for small contigs
        runs = _runs(start, starts, ends, values[starts])
        yield from _run_sections(runs if known.all() else runs[known])
        return
    if bin == 1:
        longest, borders = PAGE, np.arange(0, len(values) + PAGE, PAGE).clip(max=len(values))
        dense = _dense_pages(len(values), starts, ends, known)
    else:
        longest = _ITEMS * bin
        borders, dense = _whole_bins(start, values, bin)
    edges = np.flatnonzero(np.diff(dense, prepend=~dense[0], append=~dense[-1]))
    for first, last in itertools.pairwise(edges.tolist()):
        low, high = int(borders[first]), int(borders[last])
        if dense[first]:
            for at in range(low, high, longest):
                end = min(at + longest, high)
                part = values[at:end:bin].astype("<f4", copy=False)
                yield start + at, start + end, _FIXED, len(part), part.tobytes()
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


def _whole_bins(
    start: int, values: NDArray[np.float32], bin: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Borders (N + 1,) of bins in a row that begins at base ``start``, and which of them are whole
    and have no gap, (N,)."""
    first = -start % bin
    count = max(0, (len(values) - first) // bin)
    inside = first + np.arange(count + 1) * bin
    whole = ~np.isnan(values[first : first + count * bin]).reshape(count, bin).any(1)
    return np.concatenate([[0], inside, [len(values)]]), np.concatenate([[False], whole, [False]])
