"""segments.bed: the most probable class of each base as coloured BED9 intervals.

The background is what the channels leave over, ``1 - sum``; it wins ties, and among channels the
first wins.  Consecutive bases with one winner are one segment, broken only by gaps and contig ends.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.tracks import Channel, channel_colours
from genoseq.writers.lattice import GAP, ONE, Row, Slab, run_starts
from genoseq.writers.manifest import MANY, OutputFile, plain

SEGMENTS = "segments.bed"


@dataclass(frozen=True, slots=True)
class _Segment:
    """Bases [start, end) won by one channel; ``total`` is the sum of its thousandths."""

    chrom: str
    start: int
    end: int
    channel: int
    total: int


class SegmentsWriter:
    """Writes ``segments.bed`` slab by slab; a segment may run through any number of slabs."""

    def __init__(self, folder: Path, channels: tuple[Channel, ...]) -> None:
        channels = tuple(channel for channel in channels if channel.measure is None)
        colours = channel_colours(channels)
        self._names = [plain(channel.full_name) for channel in channels]
        self._strands = [channel.strand for channel in channels]
        self._colours = [f"{red},{green},{blue}" for red, green, blue in colours]
        self._open: _Segment | None = None
        self._written: Counter[str] = Counter()
        self._bases: Counter[str] = Counter()
        self._labels = [channel.label for channel in channels]
        self._file = (folder / SEGMENTS).open("w", newline="\n")

    def write(self, slab: Slab) -> None:
        """Add a slab of thousandths, shape (C, L)."""
        winner, best = winners(slab.values[: len(self._names)])
        starts = run_starts(winner)
        ends = np.append(starts[1:], len(winner))
        totals = np.add.reduceat(best, starts, dtype=np.int64)
        kept = np.flatnonzero(winner[starts] < len(self._names))
        lines = []
        for start, end, channel, total in zip(
            (starts[kept] + slab.start).tolist(),
            (ends[kept] + slab.start).tolist(),
            winner[starts[kept]].tolist(),
            totals[kept].tolist(),
            strict=True,
        ):
            lines.append(self._add(_Segment(slab.chrom, start, end, channel, total)))
        self._file.write("".join(lines))

    def finish(self) -> list[OutputFile]:
        """Write the last segment."""
        if self._open is not None:
            self._file.write(self._line(self._open))
        self.close()
        counts = [
            f"{name} {self._written[name]:,} of {self._bases[name]:,} bp" for name in self._labels
        ]
        holds = f"segments {', '.join(counts)}"
        return [OutputFile(SEGMENTS, "segments", MANY, MANY, "bed", holds=holds)]

    def close(self) -> None:
        """Release the file; may be called again."""
        self._file.close()

    def _add(self, segment: _Segment) -> str:
        """Grow the open segment, or open this one; the line of the one that ended, if any."""
        last = self._open
        self._open = segment
        if last is None:
            return ""
        if (last.chrom, last.end, last.channel) == (segment.chrom, segment.start, segment.channel):
            self._open = replace(last, end=segment.end, total=last.total + segment.total)
            return ""
        return self._line(last)

    def _line(self, segment: _Segment) -> str:
        length = segment.end - segment.start
        score = (2 * segment.total + length) // (2 * length)
        where = f"{segment.start}\t{segment.end}"
        channel = segment.channel
        self._written[self._labels[channel]] += 1
        self._bases[self._labels[channel]] += length
        return (
            f"{segment.chrom}\t{where}\t{self._names[channel]}\t{score}\t"
            f"{self._strands[channel]}\t{where}\t{self._colours[channel]}\n"
        )


def winners(values: Row) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Winning channel of each base and its thousandths.

    Parameters
    ----------
    values
        Thousandths, shape (C, L).

    Returns
    -------
    Winner, shape (L,): the channel, C for the background, C + 1 for a gap; and the winner's
    thousandths, shape (L,).
    """
    count = np.uint16(len(values))
    best = values[0].astype(np.uint16)
    total = values[0].astype(np.int32)
    winner = np.zeros(len(best), np.uint16)
    for channel in range(1, len(values)):
        row = values[channel]
        winner[row > best] = channel
        np.maximum(best, row, out=best)
        total += row
    winner[best.astype(np.int32) <= ONE - total] = count
    winner[best == GAP] = count + 1
    return winner, best
