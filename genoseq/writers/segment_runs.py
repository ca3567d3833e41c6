"""Segments of a stretch of values: which bases are called, and the lines of what is whole in it.

It is the part of :mod:`genoseq.writers.segments` that other processes may do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.tracks import Channel, channel_colours
from genoseq.writers.call_rules import NO_RULES, CallRules
from genoseq.writers.lattice import GAP, ONE, Row, Slab, floats, is_gap, run_starts, thousandths
from genoseq.writers.manifest import plain
from genoseq.writers.short_contigs import Joined


class Segment(NamedTuple):
    """Bases [start, end) of a channel, of which ``bases`` are called; ``total`` is the sum of their
    thousandths."""

    chrom: str
    start: int
    end: int
    channel: int
    total: float
    bases: int


class Lines(NamedTuple):
    """Lines of segments, and of each channel how many these are and how many bp."""

    text: str
    written: Counter[int]
    bases: Counter[int]


class Found(NamedTuple):
    """What is called in a slab.

    Attributes
    ----------
    chrom, start, end
        The slab's.
    known
        Where stretches of bases with values begin in it, behind its first base.
    segments
        In order; without those of ``inner``.
    inner
        Lines of all but the first and the last, where no other segment can change or come between.
    """

    chrom: str
    start: int
    end: int
    known: list[int]
    segments: list[Segment]
    inner: Lines | None


class SegmentsRenderer:
    """Finds segments in slabs, in any process.

    Classes that exclude one another are called where they are the most probable, or by their
    threshold; others by their threshold alone.
    """

    def __init__(
        self, channels: tuple[Channel, ...], rules: CallRules = NO_RULES, exclusive: bool = True
    ) -> None:
        self.channels = tuple(channel for channel in channels if channel.measure is None)
        colours = channel_colours(self.channels)
        self._names = [plain(channel.full_name) for channel in self.channels]
        self._colours = [f"{red},{green},{blue}" for red, green, blue in colours]
        self.rules = [rules.segment_rule(channel) for channel in self.channels]
        # Of winners: channels, background, gap.
        most = [exclusive and rule.threshold is None for rule in self.rules]
        self._most = np.array([*most, False, False])
        self._gaps = any(rule.gap for rule in self.rules)
        self._apart = not self._gaps and all(rule.threshold is None for rule in self.rules)

    def __call__(self, unit: Slab | Joined) -> list[Found] | Lines:
        """What is called in a slab; lines of short contigs, unless segments are joined over gaps
        between them."""
        if isinstance(unit, Slab):
            return [self._found(unit)]
        return list(map(self._found, unit.slabs())) if self._gaps else self._short(unit)

    def _found(self, slab: Slab) -> Found:
        chrom, start = slab.chrom, slab.start
        values = slab.values[: len(self.channels)]
        segments = [
            Segment(chrom, first + start, last + start, channel, total, last - first)
            for first, last, channel, total in self._runs(values)
        ]
        inner = None
        if self._apart and len(segments) > 2:
            inner = self.lines(segments[1:-1])
            segments = [segments[0], segments[-1]]
        end = start + values.shape[1]
        return Found(chrom, start, end, self._known_in(values, start), segments, inner)

    def _short(self, joined: Joined) -> Lines:
        """Of whole contigs, each segment of one run, for no gap is closed."""
        runs = self._runs(joined.values[: len(self.channels)], joined.borders)
        owners = joined.owners(np.array([start for start, *_ in runs], np.int64)).tolist()
        borders = joined.borders.tolist()
        return self.lines(
            Segment(
                joined.chroms[owner], start - borders[owner], end - borders[owner], channel, total,
                end - start,
            )
            for (start, end, channel, total), owner in zip(runs, owners, strict=True)
        )  # fmt: skip

    def lines(self, segments: Iterable[Segment]) -> Lines:
        """Lines of segments, of those that are long enough."""
        text: list[str] = []
        written: Counter[int] = Counter()
        bases: Counter[int] = Counter()
        for chrom, start, end, channel, total, called in segments:
            if end - start < self.rules[channel].min:
                continue
            written[channel] += 1
            bases[channel] += end - start
            score = min(int((2 * total + called) // (2 * called)), ONE)
            text.append(
                f"{chrom}\t{start}\t{end}\t{self._names[channel]}\t{score}\t"
                f"{self.channels[channel].strand}\t{start}\t{end}\t{self._colours[channel]}\n"
            )
        return Lines("".join(text), written, bases)

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
        for channel, rule in enumerate(self.rules):
            if rule.threshold is not None:
                above, scaled = _above(values[channel], rule.threshold)
                starts = run_starts(above, borders)
                found += _called(starts, above[starts] > 0, np.full(len(starts), channel), scaled)
        return sorted(found)

    def _known_in(self, values: Row, start: int) -> list[int]:
        if not self._gaps:
            return []
        missing: NDArray[np.uint16] = np.any(is_gap(values), axis=0).astype(np.uint16)
        starts = run_starts(missing)
        ends = np.append(starts[1:], len(missing))
        found: list[int] = (ends[missing[starts] > 0] + start).tolist()
        return found


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
