"""Whether the zoom levels of a bigWig or bigBed, and its summary, agree with its values.

Of each record of each level the bases with a value, and their minimum, maximum, sum and sum of
squares are computed again from the values, which pass by once, sorted and without overlaps.
Memory does not grow with the file.  Counts, minima and maxima must be equal; sums may differ by
:data:`SLACK`, because writers add up float32 in different orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.readers.bbi_sections import Box, Spans, Summary, Zoom
from genoseq.validation.findings import Findings, Level
from genoseq.validation.positions import span

SLACK = 1e-3
"""Of the sum of absolute values."""
_SQUARES_SLACK = 1e-2
"""Of the sum of squares, of which pyBigWig keeps fewer digits."""

Floats = NDArray[np.float64]


class Intervals(NamedTuple):
    """Values of intervals, sorted and without overlaps: shape (N,) each.

    All contigs lie on one line, so that those of many small ones are summed up at once: a position
    is that of :func:`on_line`.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    values: Floats


def on_line(contig: Any, base: Any) -> Any:
    """The position of a base on the line of all contigs, which are known by their numbers."""
    return (contig << 32) + base


def joined(parts: Sequence[Spans]) -> Intervals:
    """Values of consecutive sections, at least one."""
    return Intervals(
        np.concatenate([on_line(part.contig, part.starts) for part in parts]),
        np.concatenate([on_line(part.contig, part.ends) for part in parts]),
        np.concatenate([part.values.astype(np.float64) for part in parts]),
    )


class Sums(NamedTuple):
    """Running sums of values, base by base, in front of each interval: shape (N + 1,) each."""

    of: Intervals
    covered: NDArray[np.int64]
    sum: Floats
    squares: Floats
    absolute: Floats

    def until(self, bases: NDArray[np.int64]) -> tuple[Floats, Floats, Floats, Floats]:
        """Covered bases, sum, sum of squares and of absolute values in front of each base."""
        starts, ends, values = self.of
        before, last = np.searchsorted(ends, bases, "right"), len(ends) - 1
        at = np.minimum(before, last)
        part = np.where(before > last, 0, np.maximum(bases - starts[at], 0))
        value = values[at]
        return (
            (self.covered[before] + part).astype(np.float64),
            self.sum[before] + part * value,
            self.squares[before] + part * value * value,
            self.absolute[before] + part * np.abs(value),
        )


def running_sums(of: Intervals) -> Sums:
    """Sums of intervals."""
    width = of.ends - of.starts
    parts = (width * of.values, width * of.values**2, width * np.abs(of.values))
    whole, squares, absolute = (np.concatenate([[0.0], np.cumsum(part)]) for part in parts)
    return Sums(of, np.concatenate([[0], np.cumsum(width)]), whole, squares, absolute)


_FOUND = ("covered", "sum", "squares", "absolute")


class ZoomLevel:
    """One zoom level, compared with the values that pass by.

    Parameters
    ----------
    zoom
        The level.
    records
        Its records, by section, with what the index says of them.
    contigs
        Names and lengths, by the contigs' numbers.
    """

    def __init__(
        self,
        zoom: Zoom,
        records: Iterator[tuple[Box, NDArray[np.void]]],
        contigs: dict[int, tuple[str, int]],
        findings: Findings,
    ) -> None:
        self._zoom, self._source, self._contigs = zoom, records, contigs
        self._findings = findings
        self._open: NDArray[np.void] | None = None
        self._sums = np.zeros((4, 0))
        self._low = self._high = np.zeros(0)
        self._covered = 0
        self._last = 0

    def add(self, sums: Sums) -> None:
        """Take the next intervals."""
        first, end = int(sums.of.starts[0]), int(sums.of.ends[-1])
        for last in self._more():
            if int(last) >= end:
                break
        if self._open is None or not len(self._open):
            return
        starts, ends = _spans_of(self._open)
        here = np.flatnonzero((starts < end) & (ends > first))
        if len(here):
            low, high = np.maximum(starts[here], first), np.minimum(ends[here], end)
            parts = zip(sums.until(high), sums.until(low), strict=True)
            self._sums[:, here] += np.stack([upper - lower for upper, lower in parts])
            self._extremes(sums.of, here, low, high)
        self._close(ends <= end)

    def finish(self, covered: int) -> None:
        """Compare what is left; ``covered`` is the number of bases with a value in the file."""
        for _ in self._more():
            pass
        if self._open is not None:
            self._close(np.ones(len(self._open), np.bool_))
        if self._covered != covered:
            self._add(f"it tells of {self._covered:,} bases, the data have {covered:,}")

    def _more(self) -> Iterator[np.int64]:
        """The end of the last record that is open, and of that of each further section."""
        if self._open is not None and len(self._open):
            yield _spans_of(self._open)[1][-1]
        for box, records in self._source:
            if not len(records):
                continue
            if not self._in_order(box, records):
                self._source, self._open = iter(()), None  # Nothing can be compared any more.
                return
            self._open = records if self._open is None else np.concatenate([self._open, records])
            count = len(records)
            self._sums = np.concatenate([self._sums, np.zeros((4, count))], axis=1)
            self._low = np.concatenate([self._low, np.full(count, np.inf)])
            self._high = np.concatenate([self._high, np.full(count, -np.inf)])
            yield _spans_of(records)[1][-1]

    def _in_order(self, box: Box, records: NDArray[np.void]) -> bool:
        """Whether records follow one another, each on its contig, and lie where the index says."""
        starts, ends = _spans_of(records)
        wrong = (starts < np.concatenate([[self._last], ends[:-1]])) | (starts >= ends)
        chroms, which = np.unique(records["chrom"], return_inverse=True)
        lengths = np.array([self._contigs.get(int(chrom), ("", -1))[1] for chrom in chroms])
        beyond = records["end"] > lengths[which]
        if wrong.any():
            self._add("records overlap, or are not sorted", records[np.flatnonzero(wrong)[0]])
        if beyond.any():
            what = "a record ends past its contig's last base"
            self._add(what, records[np.flatnonzero(beyond)[0]])
        first, last = records[0], records[-1]
        low, high = int(first["start"]), int(last["end"])
        if not box.holds(Box(int(first["chrom"]), low, int(last["chrom"]), high)):
            self._add("its index does not fit its records", first)
        self._last = int(ends[-1])
        return not wrong.any()

    def _extremes(
        self,
        of: Intervals,
        here: NDArray[np.int64],
        low: NDArray[np.int64],
        high: NDArray[np.int64],
    ) -> None:
        first = np.searchsorted(of.ends, low, "right")
        behind = np.searchsorted(of.starts, high, "left")
        some = first < behind
        if not some.any():
            return
        here = here[some]
        edges = np.stack([first[some], behind[some]], axis=1).ravel()
        values = np.append(of.values, 0.0)  # an edge may lie behind the last value
        self._low[here] = np.minimum(self._low[here], np.minimum.reduceat(values, edges)[::2])
        self._high[here] = np.maximum(self._high[here], np.maximum.reduceat(values, edges)[::2])

    def _close(self, over: NDArray[np.bool_]) -> None:
        """Compare the records that no further value can be of, and forget them."""
        assert self._open is not None
        done = self._open[over]
        found = dict(zip(_FOUND, self._sums[:, over], strict=True))
        self._covered += int(done["covered"].sum(dtype=np.int64))
        some = done["covered"] > 0
        slack = SLACK * found["absolute"] + 1e-30
        squares = _SQUARES_SLACK * found["squares"] + 1e-30
        wrong = {
            "covered": done["covered"] != found["covered"],
            "min": some & (done["min"] != self._low[over].astype(np.float32)),
            "max": some & (done["max"] != self._high[over].astype(np.float32)),
            "sum": ~(np.abs(done["sum"] - found["sum"]) <= slack),
            "squares": ~(np.abs(done["squares"] - found["squares"]) <= squares),
        }
        found |= {"min": self._low[over], "max": self._high[over]}
        for name, which in wrong.items():
            at = np.flatnonzero(which)
            if len(at):
                said, is_ = float(done[name][at[0]]), float(found[name][at[0]])
                what = f"{_WORDS[name]} {said:g}, but the data {is_:g}"
                self._add(what, done[at[0]], len(at))
        self._open, self._sums = self._open[~over], self._sums[:, ~over]
        self._low, self._high = self._low[~over], self._high[~over]

    def _add(self, what: str, record: np.void | None = None, times: int = 1) -> None:
        where = ""
        if record is not None:
            name, _ = self._contigs.get(int(record["chrom"]), ("?", 0))
            where = span(name, int(record["start"]), int(record["end"]))
        what = f"zoom level of {self._zoom.reduction} bp: {what}"
        self._findings.add("zooms", what, None, where, times=times)


def _spans_of(records: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends of records, on the line of all contigs."""
    chroms = records["chrom"].astype(np.int64)
    return on_line(chroms, records["start"]), on_line(chroms, records["end"])


_WORDS = {
    "covered": "bases with a value:",
    "min": "minimum",
    "max": "maximum",
    "sum": "sum",
    "squares": "sum of squares",
}


class Total:
    """The summary of all values, computed again."""

    def __init__(self) -> None:
        self.covered, self._low, self._high = 0, np.inf, -np.inf
        self._sum = self._squares = self._absolute = 0.0

    def add(self, sums: Sums) -> None:
        """Take the next intervals."""
        self.covered += int(sums.covered[-1])
        self._low = min(self._low, float(sums.of.values.min()))
        self._high = max(self._high, float(sums.of.values.max()))
        self._sum += float(sums.sum[-1])
        self._squares += float(sums.squares[-1])
        self._absolute += float(sums.absolute[-1])

    def compare(self, said: Summary, findings: Findings, level: Level) -> None:
        """Note where the file's own summary says something else."""
        slack = SLACK * self._absolute + 1e-30
        pairs = {
            "covered": (said.covered, self.covered, 0.0),
            "min": (said.low, self._low, 1e-6 * abs(self._low)),
            "max": (said.high, self._high, 1e-6 * abs(self._high)),
            "sum": (said.total, self._sum, slack),
            "squares": (said.squares, self._squares, _SQUARES_SLACK * self._squares + 1e-30),
        }
        for name, (told, found, allowed) in pairs.items():
            if not abs(told - found) <= allowed:
                what = f"the summary: {_WORDS[name]} {told:g}, but the data {found:g}"
                findings.add("summary", what, level=level)
