"""peaks.bed: local maxima, one row of one base for each site.

Coloured BED9 and a tenth column, the value.  A maximum is a base, or the middle of a run of equal
values, with lower ones (or none) on both sides.  Of maxima less than ``distance`` apart on a
channel the highest is kept, of equal ones the first; then the highest of those left, and so on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from math import exp, inf
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.tracks import Channel, Kind, channel_colours
from genoseq.writers.call_rules import NO_RULES, PROBABILITIES, CallRules, PeakRule
from genoseq.writers.lattice import ONE, Slab, floats, run_starts
from genoseq.writers.manifest import MANY, OutputFile, plain

PEAKS = "peaks.bed"


class Peak(NamedTuple):
    """A base, 0-based, and its value."""

    at: int
    value: float


class _Run(NamedTuple):
    """A run of equal values: its first base, the value, and that of the base before."""

    start: int
    value: float
    before: float


class PeakFinder:
    """Peaks along a contig, of values that come in pieces."""

    def __init__(self, rule: PeakRule) -> None:
        self._rule = rule
        self._last: _Run | None = None
        self._near: list[Peak] = []
        """Maxima so close to one another that it is not known yet which are kept."""
        self._end = 0

    @property
    def reached(self) -> int:
        """No peak that is still to be found comes before this base."""
        if self._near:
            return self._near[0].at
        return self._end if self._last is None else self._last.start

    def add(self, start: int, values: NDArray[np.float32]) -> list[Peak]:
        """The peaks that are known with the next values, shape (L,), NaN where there are none."""
        found = self.finish() if start != self._end else []
        levels = np.where(np.isnan(values), np.float32(-inf), values)
        starts = run_starts(levels)
        levels, starts = levels[starts], starts + start
        before = np.append(np.float32(-inf), levels[:-1])
        last = self._last
        if last is not None and last.value == levels[0]:
            starts[0], before[0] = last.start, last.before
        elif last is not None:
            starts, levels = np.append(last.start, starts), np.append(last.value, levels)
            before = np.append([last.before, last.value], before[1:])
        top = (levels[:-1] > before[:-1]) & (levels[:-1] > levels[1:])
        top &= levels[:-1] >= np.float32(self._rule.threshold)
        middles = (starts[:-1] + starts[1:] - 1) // 2
        for peak in map(Peak, middles[top].tolist(), levels[:-1][top].tolist()):
            found += self._next(peak)
        self._last = _Run(int(starts[-1]), float(levels[-1]), float(before[-1]))
        self._end = start + len(values)
        return found

    def finish(self) -> list[Peak]:
        """The peaks that are left, at the end of the contig or before a gap."""
        found: list[Peak] = []
        last, least = self._last, np.float32(self._rule.threshold)
        if last is not None and last.value > last.before and last.value >= least:
            found += self._next(Peak((last.start + self._end - 1) // 2, last.value))
        found += _highest(self._near, self._rule.distance)
        self._near, self._last = [], None
        return found

    def _next(self, peak: Peak) -> list[Peak]:
        found: list[Peak] = []
        if self._near and peak.at - self._near[-1].at >= self._rule.distance:
            found, self._near = _highest(self._near, self._rule.distance), []
        self._near.append(peak)
        return found


def _highest(peaks: list[Peak], distance: int) -> list[Peak]:
    """Those kept of peaks in order."""
    kept, taken = [], [False] * len(peaks)
    for number in sorted(range(len(peaks)), key=lambda each: (-peaks[each].value, each)):
        if taken[number]:
            continue
        at = peaks[number].at
        kept.append(peaks[number])
        for step in (-1, 1):
            other = number + step
            while 0 <= other < len(peaks) and abs(peaks[other].at - at) < distance:
                taken[other] = True
                other += step
    return sorted(kept)


class _Called(NamedTuple):
    """A peak of a channel."""

    at: int
    channel: int
    value: float


class PeaksWriter:
    """Writes ``peaks.bed`` slab by slab."""

    def __init__(
        self,
        folder: Path,
        channels: tuple[Channel, ...],
        kind: Kind,
        rules: CallRules = NO_RULES,
    ) -> None:
        self._kind: Kind = kind
        self._channels = tuple(channel for channel in channels if channel.measure is None)
        self._colours = channel_colours(self._channels)
        of = {number: rules.peak_rule(each) for number, each in enumerate(self._channels)}
        self._finders = {number: PeakFinder(rule) for number, rule in of.items() if rule}
        self._chrom = ""
        self._waiting: list[_Called] = []
        self._written: Counter[int] = Counter()
        self._file = (folder / PEAKS).open("w", newline="\n")

    def write(self, slab: Slab) -> None:
        """Add a slab, shape (C, L)."""
        if slab.chrom != self._chrom:
            self._end_contig()
            self._chrom = slab.chrom
        for channel, finder in self._finders.items():
            self._add(channel, finder.add(slab.start, floats(slab.values[channel])))
        self._write(min((each.reached for each in self._finders.values()), default=0))

    def finish(self) -> list[OutputFile]:
        """Write the last peaks."""
        self._end_contig()
        self.close()
        counts = [f"{self._channels[n].label} {self._written[n]:,}" for n in self._finders]
        holds = f"peaks {', '.join(counts)}"
        return [OutputFile(PEAKS, "peaks", MANY, MANY, "peaks", holds=holds)]

    def close(self) -> None:
        """Release the file; may be called again."""
        self._file.close()

    def _end_contig(self) -> None:
        for channel, finder in self._finders.items():
            self._add(channel, finder.finish())
        self._write(inf)

    def _add(self, channel: int, peaks: list[Peak]) -> None:
        self._waiting += [_Called(peak.at, channel, peak.value) for peak in peaks]

    def _write(self, before: float) -> None:
        """Write the peaks before a base, in order."""
        self._waiting.sort()
        ready = bisect_left(self._waiting, before, key=lambda each: each.at)
        self._file.write("".join(map(self._line, self._waiting[:ready])))
        del self._waiting[:ready]

    def _line(self, peak: _Called) -> str:
        self._written[peak.channel] += 1
        channel = self._channels[peak.channel]
        where, colour = f"{peak.at}\t{peak.at + 1}", ",".join(map(str, self._colours[peak.channel]))
        return (
            f"{self._chrom}\t{where}\t{plain(channel.full_name)}\t{self._score(peak.value)}\t"
            f"{channel.strand}\t{where}\t{colour}\t{peak.value:.6g}\n"
        )

    def _score(self, value: float) -> int:
        """Thousandths of a probability; of signals, which have no scale, 0."""
        if self._kind == "signal":
            return 0
        probability = value if self._kind in PROBABILITIES else 1 / (1 + exp(-value))
        return int(ONE * probability + 0.5)
