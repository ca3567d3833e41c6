"""Measured values along contigs: bigWig (through pybigtools) and bedGraph.

A base without a value in the file is NaN, never 0.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError, RegionError
from genoseq.files.compression import numbered_lines
from genoseq.files.inputs import Input, kept
from genoseq.genome.regions import Region, check_bounds
from genoseq.readers import kinds
from genoseq.readers.whole_numbers import is_whole

# pybigtools gives float64: whole chromosomes at a time would take gigabytes.
_CHUNK_BASES = 1 << 20
_LARGEST = float(np.finfo(np.float32).max)
_BIGWIG = b"\x26\xfc\x8f\x88"
# magic, version, zoom levels, chromosome tree, data, index, fields, own fields, names of fields,
# summary of all values (UCSC bbiFile.h)
_HEADER = "4xHHQQQHHQQ"

Values = NDArray[np.float32]


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
            return BigWig(given, stack.pop_all())
        if kind is None or kind in (kinds.BED, kinds.BEDGRAPH):
            return BedGraph(given)
        raise kinds.not_wanted(kind, "bigWig or bedGraph", given)


class _Closing:
    """Makes the classes below context managers."""

    def close(self) -> None:
        """Nothing to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class BigWig(_Closing):
    """A bigWig; see :class:`Signal`.  ``stack`` is closed with it."""

    has_lengths = True

    def __init__(self, path: Input, stack: ExitStack) -> None:
        import pybigtools

        self._path, self._stack = path, stack
        file = Path(path)
        _check_header(path)
        # An open file rather than a path: pybigtools refuses paths that do not end in .bw.
        named = file.suffix.lower() in (".bw", ".bigwig")
        opened = None if named else stack.enter_context(file.open("rb"))
        with _damage(path):
            self._reader: Any = pybigtools.open(str(file) if opened is None else opened)
            self.chroms: dict[str, int] = dict(self._reader.chroms())

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        self._stack.close()

    def values(self, chrom: str, start: int, end: int) -> Values:
        """See :meth:`Signal.values`."""
        _check_contig(self._path, chrom, self.chroms)
        check_bounds(Region(chrom, start, end), self.chroms)
        values = np.empty(end - start, np.float32)
        with _damage(self._path):
            for at in range(start, end, _CHUNK_BASES):
                stop = min(end, at + _CHUNK_BASES)
                piece = self._reader.values(chrom, at, stop, fillna=None)
                values[at - start : stop - start] = piece
        return values

    def extremes(self) -> tuple[float, float]:
        """See :meth:`Signal.extremes`."""
        with _damage(self._path):
            summary = self._reader.info()["summary"]
            return float(summary["min"]), float(summary["max"])


class BedGraph(_Closing):
    """A bedGraph, held as arrays of intervals; see :class:`Signal`."""

    has_lengths = False

    def __init__(self, path: Input) -> None:
        self._path = path
        self._spans = _read_bedgraph(path)
        self.chroms: dict[str, int] = {
            chrom: int(ends[-1]) for chrom, (_, ends, _) in self._spans.items()
        }

    def values(self, chrom: str, start: int, end: int) -> Values:
        """See :meth:`Signal.values`."""
        _check_contig(self._path, chrom, self.chroms)
        length = len(Region(chrom, start, end))
        starts, ends, levels = self._spans[chrom]
        first = int(np.searchsorted(ends, start, "right"))
        last = int(np.searchsorted(starts, end, "left"))
        values = np.full(length, np.nan, np.float32)
        lows = np.maximum(starts[first:last], start) - start
        highs = np.minimum(ends[first:last], end) - start
        widths = highs - lows
        # The bases of all spans: each span's first base, plus the offset within the span.
        within = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
        values[np.repeat(lows, widths) + within] = np.repeat(levels[first:last], widths)
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


def _check_contig(path: Input, chrom: str, chroms: dict[str, int]) -> None:
    if chrom not in chroms:
        some = ", ".join(list(chroms)[:3]) or "none"
        raise RegionError(
            f"{path}: no values for contig {chrom!r}: its contigs are {some}"
            f"{' ...' if len(chroms) > 3 else ''}; names must be equal to those of the FASTA"
        )


def _check_header(path: Input) -> None:
    """Refuse a cut-off bigWig before pybigtools seeks beyond its end, and one without a value."""
    with Path(path).open("rb") as file:
        head = file.read(struct.calcsize("<" + _HEADER))
        size = file.seek(0, os.SEEK_END)
        if head[:4] not in (_BIGWIG, _BIGWIG[::-1]):
            raise InputFormatError("a bigWig that is compressed: decompress it first", path)
        order = "<" if head.startswith(_BIGWIG) else ">"
        whole = len(head) == struct.calcsize("<" + _HEADER)
        offsets = struct.unpack(order + _HEADER, head)[2:] if whole else ()
        chroms, data, index, _, _, _, summary = offsets or (size,) * 7
        if max(chroms, data, index, summary) >= size:
            raise InputFormatError("a bigWig that is cut off: copy or download it again", path)
        # Both begin with a count: of blocks of data, and of bases with a value.
        if not any(any(os.pread(file.fileno(), 8, at)) for at in (data, summary) if at):
            raise InputFormatError("a bigWig without a value: make or download it again", path)


@contextmanager
def _damage(path: Input) -> Iterator[None]:
    """Whatever pybigtools raises, as one error."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:  # its Rust panics are no Exception
        raise InputFormatError(
            f"a bigWig that is damaged: copy or download it again ({error})", path
        ) from None
