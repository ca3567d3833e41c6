"""Large text files by the block: whole lines, and their columns as arrays where they are regular.

A line in Python costs microseconds: per-base tables of 100 Mb would take ten minutes.  A block
whose lines are all alike (one contig, whole numbers, numbers, the same columns separated by tabs)
becomes arrays; of any other its lines can be read one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.files.compression import numbered_lines, open_bytes
from genoseq.files.limits import LONGEST_LINE, long_line

_CHUNK = 1 << 18
_DIGITS = 10
"""Of a position: more than 2^32 fits in."""
_LONGEST_VALUE = 32


class Columns(NamedTuple):
    """The lines of a block: contig, starts and ends, shape (N,), and further columns, (N, V)."""

    chrom: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class LineBlock:
    """Consecutive whole lines.

    Attributes
    ----------
    number
        Of the first line, 1-based.
    data
        The bytes, decompressed; each line ends with a line feed.
    """

    number: int
    data: bytes

    def lines(self) -> Iterator[tuple[int, str]]:
        """Lines without their ends, with their numbers."""
        text = self.data.decode("utf-8", errors="backslashreplace").removesuffix("\n")
        yield from enumerate(text.split("\n"), self.number)

    def columns(self, count: int) -> Columns | None:
        """The columns, ``count`` of them; None if the lines are not all alike."""
        text = np.frombuffer(self.data, np.uint8)
        stops = np.flatnonzero(text == ord("\n"))
        tabs = np.flatnonzero(text == ord("\t"))
        if len(tabs) != len(stops) * (count - 1):
            return None
        # Where fields begin, and end: shape (lines, columns).
        ends = np.column_stack([tabs.reshape(len(stops), count - 1), stops])
        starts = np.empty_like(ends)
        starts[:, 1:] = ends[:, :-1] + 1
        starts[0, 0], starts[1:, 0] = 0, stops[:-1] + 1
        widths = ends - starts
        if (widths < 1).any() or (widths[:, 3:] > _LONGEST_VALUE).any():
            return None
        name = self._only_name(text, starts[:, 0], widths[:, 0])
        low, high = (_integers(text, ends[:, at], widths[:, at]) for at in (1, 2))
        if name is None or low is None or high is None:
            return None
        values = [_floats(text, starts[:, at], widths[:, at]) for at in range(3, count)]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return Columns(name, low, high, np.column_stack(known))

    def _only_name(
        self, text: NDArray[np.uint8], starts: NDArray[np.int64], widths: NDArray[np.int64]
    ) -> str | None:
        width = int(widths[0])
        name = self.data[:width]
        if (widths != width).any():
            return None
        letters = text[starts[:, None] + np.arange(width)]
        alike = (letters == np.frombuffer(name, np.uint8)).all()
        return name.decode(errors="backslashreplace") if alike else None


def line_blocks(path: str | PathLike[str]) -> Iterator[LineBlock]:
    """Blocks of a text file, plain or compressed.

    Text that is not UTF-8 with line feeds (a byte order mark, ``\\r``) comes line by line.

    Raises
    ------
    InputFormatError
        If the file holds binary data or a line of more than
        :data:`genoseq.files.limits.LONGEST_LINE`, or compressed data is damaged.
    """
    with open_bytes(path) as stream:
        rest = stream.read(_CHUNK)
        if not rest.isascii() or b"\r" in rest or b"\0" in rest:
            for number, line in numbered_lines(path):
                yield LineBlock(number, line.encode() + b"\n")
            return
        number = 1
        while more := stream.read(_CHUNK):
            whole, feed, rest = (rest + more).rpartition(b"\n")
            if feed:
                yield LineBlock(number, whole + feed)
                number += whole.count(b"\n") + 1
            elif len(rest) > LONGEST_LINE:
                raise long_line(LONGEST_LINE, path, number)
        if rest:
            yield LineBlock(number, rest if rest.endswith(b"\n") else rest + b"\n")


def _integers(
    text: NDArray[np.uint8], ends: NDArray[np.int64], widths: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Whole numbers of fields; None if one is no such number."""
    longest = int(widths.max())
    if longest > _DIGITS:
        return None
    found = np.zeros(len(ends), np.int64)
    for power in range(longest):
        here = widths > power
        digits = text[ends - 1 - power * here].astype(np.int64) - ord("0")
        if (here & ((digits < 0) | (digits > 9))).any():
            return None
        found += np.where(here, digits, 0) * 10**power
    return found


def _floats(
    text: NDArray[np.uint8], starts: NDArray[np.int64], widths: NDArray[np.int64]
) -> NDArray[np.float64] | None:
    """Numbers of fields, ``nan`` and ``inf`` included; None if one is no number."""
    longest = int(widths.max())
    at = np.minimum(starts[:, None] + np.arange(longest), len(text) - 1)
    letters = np.where(np.arange(longest) < widths[:, None], text[at], 0).astype(np.uint8)
    try:
        return letters.view(f"S{longest}").ravel().astype(np.float64)
    except ValueError:
        return None
