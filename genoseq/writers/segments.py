"""segments.bed: the most probable class of each base as coloured BED9 intervals.

The background is what the channels leave over, ``1 - sum``; it wins ties, and among channels the
first wins.  Consecutive bases with one winner are one segment, broken only by gaps and contig ends.
A class with a threshold (:mod:`genoseq.writers.call_rules`) is called by itself, and may share
bases with others.  The score is the mean of the bases that are called, in thousandths.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.tracks import Channel, channel_colours
from genoseq.writers.call_rules import NO_RULES, CallRules
from genoseq.writers.lattice import GAP, ONE, Row, Slab, floats, is_gap, run_starts, thousandths
from genoseq.writers.manifest import MANY, OutputFile, plain
from genoseq.writers.short_contigs import Joined, ShortContigs

SEGMENTS = "segments.bed"


@dataclass(frozen=True, slots=True)
class _Segment:
    """Bases [start, end) of a channel, of which ``bases`` are called; ``total`` is the sum of their
    thousandths."""

    chrom: str
    start: int
    end: int
    channel: int
    total: float
    bases: int


class SegmentsWriter:
    """Writes ``segments.bed`` slab by slab; a segment may run through any number of slabs.

    Classes that exclude one another are called where they are the most probable, or by their
    threshold; others by their threshold alone.
    """

    def __init__(
        self,
        folder: Path,
        channels: tuple[Channel, ...],
        rules: CallRules = NO_RULES,
        exclusive: bool = True,
    ) -> None:
        channels = tuple(channel for channel in channels if channel.measure is None)
        colours = channel_colours(channels)
        self._names = [plain(channel.full_name) for channel in channels]
        self._strands = [channel.strand for channel in channels]
        self._colours = [f"{red},{green},{blue}" for red, green, blue in colours]
        self._labels = [channel.label for channel in channels]
        self._rules = [rules.segment_rule(channel) for channel in channels]
        # Of winners: channels, background, gap.
        most = [exclusive and rule.threshold is None for rule in self._rules]
        self._most = np.array([*most, False, False])
        self._open: dict[int, _Segment] = {}
        self._closed: list[_Segment] = []
        self._end = "", 0
        self._known = 0
        self._written: Counter[str] = Counter()
        self._bases: Counter[str] = Counter()
        self._file = (folder / SEGMENTS).open("w", newline="\n")
        self._gaps = any(rule.gap for rule in self._rules)
        self._short = ShortContigs(self._write_short)

    def write(self, slab: Slab) -> None:
        """Add a slab of probabilities, shape (C, L)."""
        if not self._gaps and self._short.took(slab):
            return
        values = slab.values[: len(self._names)]
        if slab.chrom != self._end[0]:
            self._close(list(self._open))
            self._write_closed()
        if (slab.chrom, slab.start) != self._end:
            self._known = slab.start
        known = self._known_from(values, slab.start)
        for start, end, channel, total in self._runs(values):
            self._add(
                _Segment(slab.chrom, start + slab.start, end + slab.start, channel, total,
                         end - start),
                known,
            )  # fmt: skip
        self._known = known[-1]
        self._end = slab.chrom, slab.start + values.shape[1]
        gaps = {number: rule.gap for number, rule in enumerate(self._rules)}
        self._close([n for n, last in self._open.items() if last.end + gaps[n] < self._end[1]])
        self._write_closed()

    def _write_short(self, joined: Joined) -> None:
        """Write the segments of whole contigs, each of one run, for no gap is closed."""
        self._close(list(self._open))
        self._write_closed()
        runs = self._runs(joined.values[: len(self._names)], joined.borders)
        owners = joined.owners(np.array([start for start, *_ in runs], np.int64)).tolist()
        borders = joined.borders.tolist()
        lines = []
        for (start, end, channel, total), owner in zip(runs, owners, strict=True):
            if end - start >= self._rules[channel].min:
                begin, chrom = borders[owner], joined.chroms[owner]
                lines.append(
                    self._line(
                        _Segment(chrom, start - begin, end - begin, channel, total, end - start)
                    )
                )
        self._file.write("".join(lines))

    def finish(self) -> list[OutputFile]:
        """Write the last segments."""
        self._short.write()
        self._close(list(self._open))
        self._write_closed()
        self.close()
        counts = [
            f"{name} {self._written[name]:,} of {self._bases[name]:,} bp" for name in self._labels
        ]
        holds = f"segments {', '.join(counts)}"
        return [OutputFile(SEGMENTS, "segments", MANY, MANY, "bed", holds=holds)]

    def close(self) -> None:
        """Release the file; may be called again."""
        self._file.close()

    def _runs(
        self, values: Row, borders: NDArray[np.int64] | None = None
    ) -> list[tuple[int, int, int, float]]:
        """Start, end, channel and sum of thousandths of what is called in a slab, in order."""
        found: list[tuple[int, int, int, float]] = []
        if self._most.any():
            winner, best = winners(
                values if values.dtype == np.uint16 else thousandths(floats(values))
            )
            starts = run_starts(winner, borders)
            kept = self._most[winner[starts]]
            found += _called(starts, kept, winner[starts], best)
        for channel, rule in enumerate(self._rules):
            if rule.threshold is not None:
                above, scaled = _above(values[channel], rule.threshold)
                starts = run_starts(above, borders)
                found += _called(starts, above[starts] > 0, np.full(len(starts), channel), scaled)
        return sorted(found)

    def _known_from(self, values: Row, start: int) -> list[int]:
        """Where stretches of bases with values begin: the last one before the slab, and inside."""
        if not self._gaps:
            return [self._known]
        missing: NDArray[np.uint16] = np.any(is_gap(values), axis=0).astype(np.uint16)
        starts = run_starts(missing)
        ends = np.append(starts[1:], len(missing))
        return [self._known, *(ends[missing[starts] > 0] + start).tolist()]

    def _add(self, segment: _Segment, known: list[int]) -> None:
        """Grow the open segment of the channel, or close it and open this one."""
        last = self._open.get(segment.channel)
        if last is not None:
            between = segment.start - last.end
            since = known[bisect_right(known, segment.start) - 1] if between else 0
            if between <= self._rules[segment.channel].gap and since <= last.end:
                total, bases = last.total + segment.total, last.bases + segment.bases
                self._open[segment.channel] = _Segment(
                    last.chrom, last.start, segment.end, last.channel, total, bases
                )
                return
            self._close([segment.channel])
        self._open[segment.channel] = segment

    def _close(self, channels: list[int]) -> None:
        for segment in map(self._open.pop, channels):
            if segment.end - segment.start >= self._rules[segment.channel].min:
                self._closed.append(segment)

    def _write_closed(self) -> None:
        """Write, in order, what no segment that is still open comes before."""
        first = min((each.start for each in self._open.values()), default=inf)
        self._closed.sort(key=lambda each: (each.start, each.end, each.channel))
        ready = bisect_left(self._closed, first, key=lambda each: each.start)
        self._file.write("".join(map(self._line, self._closed[:ready])))
        del self._closed[:ready]

    def _line(self, segment: _Segment) -> str:
        score = min(int((2 * segment.total + segment.bases) // (2 * segment.bases)), ONE)
        where = f"{segment.start}\t{segment.end}"
        channel = segment.channel
        self._written[self._labels[channel]] += 1
        self._bases[self._labels[channel]] += segment.end - segment.start
        return (
            f"{segment.chrom}\t{where}\t{self._names[channel]}\t{score}\t"
            f"{self._strands[channel]}\t{where}\t{self._colours[channel]}\n"
        )


def _called(
    starts: NDArray[np.int64],
    kept: NDArray[np.bool_],
    channels: NDArray[np.integer],
    scaled: NDArray[np.uint16] | NDArray[np.float64],
) -> list[tuple[int, int, int, float]]:
    """Start, end, channel and sum of thousandths of the runs that are kept."""
    ends = np.append(starts[1:], len(scaled))
    wide = np.int64 if scaled.dtype == np.uint16 else np.float64
    totals = np.add.reduceat(scaled, starts, dtype=wide)
    columns = (starts, ends, channels, totals)
    return list(zip(*(column[kept].tolist() for column in columns), strict=True))


def _above(
    row: Row, threshold: float
) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | NDArray[np.float64]]:
    """1 where a row of probabilities reaches the threshold; and the row in thousandths."""
    if row.dtype == np.uint16:
        # 0.07 * 1000 is a little more than 70.
        above = (row >= np.ceil(threshold * ONE - 1e-6)) & (row != GAP)
        return above.astype(np.uint16), row.astype(np.uint16, copy=False)
    scaled = np.nan_to_num(row.astype(np.float64)) * ONE
    return (row >= np.float32(threshold)).astype(np.uint16), scaled


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
