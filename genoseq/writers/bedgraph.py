"""bedGraph files, one for each class and strand, compressed and indexed: runs of equal values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genoseq.errors import RegionError
from genoseq.genome.tracks import Channel, Kind
from genoseq.writers import digits
from genoseq.writers.lattice import Row, Slab, is_gap, run_starts
from genoseq.writers.manifest import OutputFile, value_file
from genoseq.writers.tabix import TabixFile

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
        for file, row in zip(self._files, slab.values, strict=True):
            file.write(slab.chrom, slab.start, row)

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


class _Run(NamedTuple):
    """Bases [start, end) with one value, kept as an array of length 1."""

    chrom: str
    start: int
    end: int
    value: Row


class _BedGraph:
    """One file.  The last run stays open: the next slab may continue it."""

    def __init__(self, path: Path, lengths: Mapping[str, int], files: int) -> None:
        self._file = TabixFile(path, lengths, files)
        self._open: _Run | None = None

    @property
    def empty(self) -> bool:
        return self._open is None

    def write(self, chrom: str, start: int, row: Row) -> None:
        first = run_starts(row)
        ends = np.append(first[1:], len(row)) + start
        known = ~is_gap(row[first])
        starts, ends, values = first[known] + start, ends[known], row[first[known]]
        if not len(starts):
            return
        last = self._open
        if last is not None:
            if (last.chrom, last.end, last.value[0]) == (chrom, starts[0], values[0]):
                starts[0] = last.start
            else:
                self._flush(last)
        for at in range(0, len(starts) - 1, _LINES):
            part = slice(at, min(at + _LINES, len(starts) - 1))
            low, high = digits.integers(starts[part]), digits.integers(ends[part])
            columns = (chrom.encode(), low, high, digits.values(values[part]))
            self._file.write(digits.lines(columns, len(low)))
        self._open = _Run(chrom, int(starts[-1]), int(ends[-1]), values[-1:])

    def finish(self) -> str:
        if self._open is not None:
            self._flush(self._open)
        return self._file.finish()

    def _flush(self, run: _Run) -> None:
        low, high = digits.integers(np.array([run.start])), digits.integers(np.array([run.end]))
        columns = (run.chrom.encode(), low, high, digits.values(run.value))
        self._file.write(digits.lines(columns, 1))
