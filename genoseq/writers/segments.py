"""segments.bed: the most probable class of each base as coloured BED9 intervals.

The background is what the channels leave over, ``1 - sum``; it wins ties, and among channels the
first wins.  Consecutive bases with one winner are one segment, broken only by gaps and contig ends.
A class with a threshold (:mod:`genoseq.writers.call_rules`) is called by itself, and may share
bases with others.  The score is the mean of the bases that are called, in thousandths.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from math import inf
from pathlib import Path

from genoseq.genome.tracks import Channel
from genoseq.writers.call_rules import NO_RULES, CallRules
from genoseq.writers.lattice import Slab
from genoseq.writers.manifest import MANY, OutputFile
from genoseq.writers.segment_runs import Found, Lines, Segment, SegmentsRenderer

SEGMENTS = "segments.bed"


class SegmentsWriter:
    """Writes ``segments.bed`` slab by slab; a segment may run through any number of slabs."""

    def __init__(
        self,
        folder: Path,
        channels: tuple[Channel, ...],
        rules: CallRules = NO_RULES,
        exclusive: bool = True,
    ) -> None:
        self._render = SegmentsRenderer(channels, rules, exclusive)
        self._labels = [channel.label for channel in self._render.channels]
        self._rules = self._render.rules
        self._open: dict[int, Segment] = {}
        self._closed: list[Segment] = []
        self._end = "", 0
        self._known = 0
        self._written: Counter[int] = Counter()
        self._bases: Counter[int] = Counter()
        self._file = (folder / SEGMENTS).open("w", newline="\n")

    def write(self, slab: Slab) -> None:
        """Add a slab of probabilities, shape (C, L)."""
        self.add(self._render(slab))

    def add(self, rendered: list[Found] | Lines) -> None:
        """Add what was found in a slab, or in a few short contigs."""
        if isinstance(rendered, Lines):
            self._close(list(self._open))
            self._write_closed()
            self._write(rendered)
            return
        for found in rendered:
            self._add_found(found)

    def _add_found(self, found: Found) -> None:
        if found.chrom != self._end[0]:
            self._close(list(self._open))
            self._write_closed()
        if (found.chrom, found.start) != self._end:
            self._known = found.start
        known = [self._known, *found.known]
        for number, segment in enumerate(found.segments):
            if number and found.inner is not None:
                self._close(list(self._open))
                self._write_closed()
                self._write(found.inner)
            self._add(segment, known)
        self._known = known[-1]
        self._end = found.chrom, found.end
        gaps = {number: rule.gap for number, rule in enumerate(self._rules)}
        self._close([n for n, last in self._open.items() if last.end + gaps[n] < found.end])
        self._write_closed()

    def finish(self) -> list[OutputFile]:
        """Write the last segments."""
        self._close(list(self._open))
        self._write_closed()
        self.close()
        counts = [
            f"{name} {self._written[number]:,} of {self._bases[number]:,} bp"
            for number, name in enumerate(self._labels)
        ]
        holds = f"segments {', '.join(counts)}"
        return [OutputFile(SEGMENTS, "segments", MANY, MANY, "bed", holds=holds)]

    def close(self) -> None:
        """Release the file; may be called again."""
        self._file.close()

    def _add(self, segment: Segment, known: list[int]) -> None:
        """Grow the open segment of the channel, or close it and open this one."""
        last = self._open.get(segment.channel)
        if last is not None:
            between = segment.start - last.end
            since = known[bisect_right(known, segment.start) - 1] if between else 0
            if between <= self._rules[segment.channel].gap and since <= last.end:
                total, bases = last.total + segment.total, last.bases + segment.bases
                self._open[segment.channel] = Segment(
                    last.chrom, last.start, segment.end, last.channel, total, bases
                )
                return
            self._close([segment.channel])
        self._open[segment.channel] = segment

    def _close(self, channels: list[int]) -> None:
        self._closed += map(self._open.pop, channels)

    def _write_closed(self) -> None:
        """Write, in order, what no segment that is still open comes before."""
        first = min((each.start for each in self._open.values()), default=inf)
        self._closed.sort(key=lambda each: (each.start, each.end, each.channel))
        ready = bisect_left(self._closed, first, key=lambda each: each.start)
        self._write(self._render.lines(self._closed[:ready]))
        del self._closed[:ready]

    def _write(self, lines: Lines) -> None:
        self._file.write(lines.text)
        self._written += lines.written
        self._bases += lines.bases
