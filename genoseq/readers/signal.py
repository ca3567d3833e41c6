"""Measured values along contigs: bigWig and bedGraph.

A base without a value in the file is NaN, never 0.
"""

from __future__ import annotations

from array import array
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError
from genoseq.files.compression import compression_of, numbered_lines
from genoseq.files.inputs import Input, kept
from genoseq.genome.regions import Region
from genoseq.readers import kinds
from genoseq.readers.bigwig import BigWig, Values, check_contig, fill
from genoseq.readers.whole_numbers import is_whole

_LARGEST = float(np.finfo(np.float32).max)


class Signal(Protocol):
    """An open signal file; a context manager."""

    chroms: dict[str, int]
    """Contig lengths in the file, or else the end of each contig's last value."""
    has_lengths: bool
    """Whether the file says lengths, as a bigWig does."""

    def values(self, chrom: str, start: int, end: int) -> Values:
        """Values of bases ``start <= i < end`` (0-based), shape (end - start,), NaN where none.

        Raises
        ------
        RegionError
            If the file does not know the contig, or (bigWig) the stretch leaves it.
        InputFormatError
            If the file is damaged.
        """
        ...

    def extremes(self) -> tuple[float, float]:
        """The smallest and the largest value of the file."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


def open_signal(path: str | PathLike[str]) -> Signal:
    """Open a bigWig, or a bedGraph (plain or compressed), told apart by content.

    Raises
    ------
    InputFormatError
        If it is neither, or damaged.  A bedGraph is read whole and checked now.
    """
    with ExitStack() as stack:
        given = stack.enter_context(kept(path))
        kind = kinds.kind_of(given)
        if kind == kinds.BIGWIG:
            if _is_compressed(given):
                raise InputFormatError("a bigWig that is compressed: decompress it first", given)
            return BigWig(given, stack.pop_all())
        if kind is None or kind in (kinds.BED, kinds.BEDGRAPH):
            return BedGraph(given)
        raise kinds.not_wanted(kind, "bigWig or bedGraph", given)


def _is_compressed(path: Input) -> bool:
    with Path(path).open("rb") as file:
        return compression_of(file.read(8)) is not None


class BedGraph:
    """A bedGraph, held as arrays of intervals; see :class:`Signal`."""

    has_lengths = False

    def __init__(self, path: Input) -> None:
        self._path = path
        self._spans = _read_bedgraph(path)
        self.chroms: dict[str, int] = {
            chrom: int(ends[-1]) for chrom, (_, ends, _) in self._spans.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to close."""

    def close(self) -> None:
        """Nothing to close."""

    def values(self, chrom: str, start: int, end: int) -> Values:
        """See :meth:`Signal.values`."""
        check_contig(self._path, chrom, self.chroms)
        length = len(Region(chrom, start, end))
        values = np.full(length, np.nan, np.float32)
        fill(values, start, *self._spans[chrom])
        return values

    def extremes(self) -> tuple[float, float]:
        """See :meth:`Signal.extremes`."""
        levels = [levels for _, _, levels in self._spans.values()]
        return min(float(each.min()) for each in levels), max(float(each.max()) for each in levels)


Spans = tuple[NDArray[np.int64], NDArray[np.int64], Values]


def _read_bedgraph(path: Input) -> dict[str, Spans]:
    columns: dict[str, tuple[array[int], array[int], array[float]]] = {}
    for number, line in numbered_lines(path):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        try:
            chrom, start, end, value = bedgraph_row(line.split())
        except InputFormatError as error:
            raise InputFormatError(error.problem, path, number) from None
        starts, ends, values = columns.setdefault(chrom, (array("q"), array("q"), array("f")))
        starts.append(start)
        ends.append(end)
        values.append(value)
    if not columns:
        raise InputFormatError("no value is in it: make or download it again", path)
    return {
        chrom: _sorted_spans(chrom, starts, ends, values, path)
        for chrom, (starts, ends, values) in columns.items()
    }


def bedgraph_row(fields: list[str]) -> tuple[str, int, int, float]:
    """Contig, start, end (0-based half-open) and value, perhaps NaN, of a bedGraph line's columns.

    InputFormatError, without file and line, if they are none.
    """
    if len(fields) != 4:
        bed = ": a BED file?" if len(fields) > 4 and "".join(fields[1:3]).isdecimal() else ""
        raise InputFormatError(
            f"{len(fields)} columns, but bedGraph has 4: chrom, start, end, value{bed}"
        )
    chrom, start, end, value = fields
    if not (is_whole(start) and is_whole(end)):
        raise InputFormatError(f"start {start!r}, end {end!r}: not whole numbers of at least 0")
    if int(start) >= int(end):
        raise InputFormatError(f"start {start} is not before end {end}")
    try:
        number = float(value.replace("_", " "))  # Python takes 1_0 as 10
    except ValueError:
        raise InputFormatError(f"value, column 4: {value!r} is not a number") from None
    if abs(number) > _LARGEST:
        raise InputFormatError(f"value, column 4: {value!r} is infinite or too large")
    return chrom, int(start), int(end), number


def _sorted_spans(
    chrom: str, starts: array[int], ends: array[int], values: array[float], path: Input
) -> Spans:
    low, high = np.frombuffer(starts, np.int64), np.frombuffer(ends, np.int64)
    order = np.argsort(low, kind="stable")
    low, high = low[order], high[order]
    clash = np.flatnonzero(low[1:] < high[:-1])
    if clash.size:
        at = int(clash[0])
        raise InputFormatError(
            f"contig {chrom!r}: {low[at]}-{high[at]} and {low[at + 1]}-{high[at + 1]} overlap: a "
            f"base can have one value",
            path,
        )
    return low, high, np.frombuffer(values, np.float32)[order]
