"""bedGraph files, one for each class and strand, compressed and indexed: runs of equal values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import RegionError
from genoseq.genome.tracks import Channel, Kind
from genoseq.writers import digits
from genoseq.writers.lattice import Row, Slab, is_gap, run_starts
from genoseq.writers.manifest import OutputFile, value_file
from genoseq.writers.short_contigs import Joined
from genoseq.writers.tabix import Blocks, TabixFile, in_blocks
from genoseq.writers.tbi import Text, entry_of

_LINES = 1 << 15


class BedGraphWriter:
    """Writes ``<file_stem>.bedgraph.gz`` and its index for every channel, slab by slab."""

    def __init__(
        self, folder: Path, lengths: Mapping[str, int], channels: tuple[Channel, ...], kind: Kind
    ) -> None:
        self._kind: Kind = kind
        self._channels = channels
        self._files = [
            _BedGraph(folder / bedgraph_name(c), lengths, len(channels)) for c in channels
        ]

    def write(self, slab: Slab) -> None:
        """Add a slab, shape (C, L)."""
        self.add(bedgraph_runs(slab))

    def add(self, rendered: list[Runs | Blocks | None]) -> None:
        """Add the runs of each channel in a slab, or in a few short contigs."""
        for file, runs in zip(self._files, rendered, strict=True):
            file.add(runs)

    def finish(self) -> list[OutputFile]:
        """Write the last runs and the indexes.  RegionError if a channel has no value at all."""
        files = []
        for channel, file in zip(self._channels, self._files, strict=True):
            if file.empty:
                raise RegionError(f"{channel.label} has no value on any base: leave it out")
            index, path = file.finish(), bedgraph_name(channel)
            held = value_file(path, channel, self._kind, "bedgraph")
            beside = OutputFile(f"{path}.{index}", "index", held.name, held.strand, index)
            files += [held, beside]
        return files

    def close(self) -> None:
        """No file stays open between two slabs."""


def bedgraph_name(channel: Channel) -> str:
    """File name of the channel's bedGraph."""
    return f"{channel.file_stem}.bedgraph.gz"


class Run(NamedTuple):
    """Bases [start, end) with one value, kept as an array of length 1."""

    chrom: str
    start: int
    end: int
    value: Row


class Runs(NamedTuple):
    """Runs of a row of a slab: the first, the lines of others, and the last, if there are any."""

    first: Run
    inner: Blocks | None
    last: Run | None


def bedgraph_runs(unit: Slab | Joined) -> list[Runs | Blocks | None]:
    """Runs of each row of a slab; of a few short contigs, whose runs are whole, all lines; None
    where there is no value."""
    if isinstance(unit, Slab):
        return [_Known.of(unit.chrom, unit.start, row).runs() for row in unit.values]
    slabs = list(unit.slabs())
    found: list[Runs | Blocks | None] = []
    for number in range(len(unit.values)):
        rows = [_Known.of(slab.chrom, 0, slab.values[number]) for slab in slabs]
        blocks = in_blocks(text for row in rows for text in row.texts(0, len(row.starts)))
        found.append(blocks if blocks.length else None)
    return found


class _Known(NamedTuple):
    """Runs of a contig that have a value: their starts, ends and values, shape (N,)."""

    chrom: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    values: Row

    @classmethod
    def of(cls, chrom: str, start: int, row: Row) -> _Known:
        first = run_starts(row)
        ends = np.append(first[1:], len(row)) + start
        known = ~is_gap(row[first])
        return cls(chrom, first[known] + start, ends[known], row[first[known]])

    def runs(self) -> Runs | None:
        count = len(self.starts)
        if not count:
            return None
        inner = in_blocks(self.texts(1, count - 1)) if count > 2 else None
        return Runs(self._run(0), inner, self._run(count - 1) if count > 1 else None)

    def _run(self, at: int) -> Run:
        start, end = int(self.starts[at]), int(self.ends[at])
        return Run(self.chrom, start, end, self.values[at : at + 1].copy())

    def texts(self, first: int, last: int) -> Iterator[Text]:
        """Lines of some of them."""
        for at in range(first, last, _LINES):
            part = slice(at, min(at + _LINES, last))
            low, high = digits.integers(self.starts[part]), digits.integers(self.ends[part])
            columns = (self.chrom.encode(), low, high, digits.values(self.values[part]))
            text = digits.lines(columns, len(low))
            yield Text(text, self.chrom, self.starts[part], self.ends[part])


class _BedGraph:
    """One file.  The last run stays open: the next slab may continue it."""

    def __init__(self, path: Path, lengths: Mapping[str, int], files: int) -> None:
        self._file = TabixFile(path, lengths, files)
        self._open: Run | None = None
        self.empty = True

    def add(self, runs: Runs | Blocks | None) -> None:
        if runs is None:
            return
        self.empty = False
        if isinstance(runs, Blocks):
            self._flush()
            self._file.append(runs)
            return
        self._next(runs.first)
        if runs.last is not None:
            self._flush()
            if runs.inner is not None:
                self._file.append(runs.inner)
            self._open = runs.last

    def finish(self) -> str:
        self._flush()
        return self._file.finish()

    def _next(self, run: Run) -> None:
        """Take a run, which may go on from the open one."""
        last = self._open
        if last is not None:
            if (last.chrom, last.end, last.value[0]) == (run.chrom, run.start, run.value[0]):
                run = run._replace(start=last.start)
            else:
                self._flush()
        self._open = run

    def _flush(self) -> None:
        run = self._open
        if run is not None:
            start, end = np.array([run.start]), np.array([run.end])
            low, high = digits.integers(start), digits.integers(end)
            text = digits.lines((run.chrom.encode(), low, high, digits.values(run.value)), 1)
            self._file.write(text, [entry_of(Text(text, run.chrom, start, end))])
            self._open = None
