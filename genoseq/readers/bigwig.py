"""Values of a bigWig, by our own reader of its bytes: :mod:`genoseq.readers.bbi`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError, RegionError
from genoseq.files.inputs import Input
from genoseq.genome.regions import Region, check_bounds
from genoseq.readers.bbi import BbiFile
from genoseq.readers.bbi_sections import Box, Leaf, Spans, wig_values

Values = NDArray[np.float32]


class BigWig:
    """A bigWig; see :class:`genoseq.readers.signal.Signal`.  ``stack`` is closed with it."""

    has_lengths = True

    def __init__(self, path: Input, stack: ExitStack) -> None:
        self._path, self._stack = path, stack
        try:
            self._file = stack.enter_context(BbiFile(path))
            self._check()
        except BaseException:
            stack.close()
            raise
        self._numbers = {name: number for number, (name, _) in self._file.contigs.items()}
        self.chroms: dict[str, int] = dict(self._file.contigs.values())
        self._last: tuple[Leaf, Spans] | None = None

    def __enter__(self) -> BigWig:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def values(self, chrom: str, start: int, end: int) -> Values:
        """See :meth:`genoseq.readers.signal.Signal.values`."""
        check_contig(self._path, chrom, self.chroms)
        check_bounds(Region(chrom, start, end), self.chroms)
        values = np.full(end - start, np.nan, np.float32)
        number = self._numbers[chrom]
        before = 0
        for leaf in self._file.leaves(self._file.header.index, Box(number, start, number, end)):
            spans = self._spans(leaf)
            if len(spans.starts) and spans.contig == number:
                self._check_order(spans, before)
                before = int(spans.ends[-1])
                fill(values, start, spans.starts, spans.ends, spans.values)
        return values

    def extremes(self) -> tuple[float, float]:
        """See :meth:`genoseq.readers.signal.Signal.extremes`."""
        summary = self._file.header.summary
        if summary is not None and summary.low <= summary.high:
            return summary.low, summary.high
        ranges = np.array(list(self._ranges()))
        if not ranges.size:
            raise InputFormatError(
                "a bigWig without a value: make or download it again", self._path
            )
        return float(ranges[:, 0].min()), float(ranges[:, 1].max())

    def _check(self) -> None:
        """InputFormatError if it is a bigBed, or has no value."""
        header = self._file.header
        if header.bed:
            raise InputFormatError("a bigBed where a bigWig is wanted", self._path)
        if next(self._file.leaves(header.index), None) is None:
            raise InputFormatError(
                "a bigWig without a value: make or download it again", self._path
            )

    def _ranges(self) -> Iterator[tuple[float, float]]:
        """The smallest and the largest value of each section."""
        for leaf in self._file.leaves(self._file.header.index):
            values = self._spans(leaf).values
            if not np.isnan(values).all():
                yield float(np.nanmin(values)), float(np.nanmax(values))

    def _spans(self, leaf: Leaf) -> Spans:
        """Values of a section; the last one is kept, for windows are smaller than sections."""
        if self._last is None or self._last[0] != leaf:
            data = self._file.read(leaf)
            try:
                spans = wig_values(data, self._file.header.order)
            except InputFormatError as error:
                raise InputFormatError(error.problem, self._path) from None
            if np.isinf(spans.values).any():
                what = "a value that is infinite or too large: make it again without"
                raise InputFormatError(f"{self._where(spans)}: {what}", self._path)
            self._check_order(spans, 0)
            self._last = leaf, spans
        return self._last[1]

    def _check_order(self, spans: Spans, before: int) -> None:
        behind = np.concatenate([[before], spans.ends[:-1]])
        if (spans.starts >= spans.ends).any() or (spans.starts < behind).any():
            raise InputFormatError(
                f"a bigWig that is damaged: {self._where(spans)}: intervals overlap, or are not "
                f"sorted: a base can have one value",
                self._path,
            )

    def _where(self, spans: Spans) -> str:
        name, _ = self._file.contigs.get(spans.contig, ("?", 0))
        return f"contig {name!r}, from base {int(spans.starts[0]) + 1}"


def check_contig(path: Input, chrom: str, chroms: dict[str, int]) -> None:
    """RegionError if a signal does not know a contig."""
    if chrom not in chroms:
        some = ", ".join(list(chroms)[:3]) or "none"
        raise RegionError(
            f"{path}: no values for contig {chrom!r}: its contigs are {some}"
            f"{' ...' if len(chroms) > 3 else ''}; names must be equal to those of the FASTA"
        )


def fill(
    values: Values, start: int, starts: NDArray[np.int64], ends: NDArray[np.int64], levels: Values
) -> None:
    """Write the values of sorted intervals, shape (N,) each, to those of the bases from ``start``.

    Intervals may begin before, and end behind them.
    """
    first = int(np.searchsorted(ends, start, "right"))
    last = int(np.searchsorted(starts, start + len(values), "left"))
    lows = np.maximum(starts[first:last], start) - start
    widths = np.minimum(ends[first:last], start + len(values)) - start - lows
    # The bases of all intervals: each one's first base, plus the offset within the interval.
    within = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
    values[np.repeat(lows, widths) + within] = np.repeat(levels[first:last], widths)
