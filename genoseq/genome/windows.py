"""Cutting the strands of contigs into windows.

Each strand is tiled from its own 5' end, so that a contig and its reverse complement are looked at
through the same windows.  They depend on the contig's length alone, whatever part of it is asked
for: a base is always seen in the same two windows, and its score does not depend on regions, shards
or batches.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from genoseq.errors import RegionError

EDGE = 24
"""Bases outside a contig, all N, that a model sees at either end of it; at the 3' end of a strand
some more, up to 8 steps."""
_STEPS = 8
"""Windows have a multiple of so many steps: matrix kernels round otherwise where a matrix does not
begin at a multiple of 64 bytes, and both strands of a contig lie in one batch."""
_ROWS = 8
"""Widths of rows from a power of two to the next: with more of them batches stay short, with fewer
rows hold more that is no window (6% on average with 8)."""


class Window(NamedTuple):
    """One model input on a strand: bases counted from the strand's 5' end, 0-based half-open.

    ``start`` may be negative and ``end`` may lie past the contig: bases outside are N.  ``keep`` is
    the part whose predictions are wanted.
    """

    start: int
    end: int
    keep_start: int
    keep_end: int

    @property
    def keep(self) -> slice:
        """The kept bases as a slice of the window's bases."""
        return slice(self.keep_start - self.start, self.keep_end - self.start)


@dataclass(frozen=True)
class Tiling:
    """Windows of one width, spread evenly from one end of a sequence to the other.

    Attributes
    ----------
    length
        Bases of the sequence.
    width, count
        Bases of a window, a multiple of the stride, and how many there are.
    row
        Bases of a row of a batch that holds such windows, the width or a little more: of all
        tilings there are few.
    extent
        Bases from the first of the first window to the end of the last.
    stride
        Bases a token of the model (its stem) stands for.  Every window starts on the grid of
        tokens that starts at base 0.
    """

    length: int
    width: int
    count: int
    row: int
    extent: int
    stride: int

    def windows(self, start: int, end: int, backwards: bool = False) -> Iterator[Window]:
        """Windows whose kept parts cover bases ``start <= i < end`` once, in order or backwards."""
        if start >= end:
            return
        if self.count == 1:
            at = self._start(0)
            yield Window(at, at + self.width, start, end)
            return
        first, last = self._number(start), self._number(end - 1)
        for number in range(last, first - 1, -1) if backwards else range(first, last + 1):
            at, border = self._start(number), self._border(number + 1)
            yield Window(at, at + self.width, max(start, self._border(number)), min(end, border))

    def _number(self, base: int) -> int:
        """Of the window in which a base is kept."""
        return bisect_right(range(1, self.count), base, key=self._border)

    def _start(self, number: int) -> int:
        """First base of a window."""
        slack = (self.extent - self.width) // self.stride
        spread = number * slack // max(1, self.count - 1)
        return spread * self.stride - round_up(EDGE, self.stride)

    def _border(self, number: int) -> int:
        """First base that is kept of a window, in the middle of what it shares with the last."""
        if number == 0:
            return 0
        if number == self.count:
            return self.length
        shared = self._start(number - 1) + self.width - self._start(number)
        return self._start(number) + shared // self.stride // 2 * self.stride


def tile(length: int, longest: int, context: int, stride: int = 1) -> Tiling:
    """The fewest windows for a sequence, in which every base has its context.

    A sequence that fits in one window gets one of its own size, so that a million short contigs
    cost little more than their bases, and models see :data:`EDGE` N behind it and no more.

    Parameters
    ----------
    length
        Bases of the sequence.
    longest
        Most bases of a window.
    context
        Bases that the model has to see on either side of a base, as far as the sequence goes.
    stride
        See :class:`Tiling`.

    Raises
    ------
    RegionError
        If the longest window has no room beside twice the context, or either is no multiple of the
        stride: otherwise the token grid would move from window to window, and the scores with it.
    """
    if context < 0 or longest % stride or context % stride or longest <= 2 * context:
        raise RegionError(
            f"windows of {longest} bp and context {context} must be multiples of the model's "
            f"stride {stride}, and a window longer than twice the context"
        )
    most, margin = longest // stride, context // stride
    if most - _STEPS > 2 * margin:
        most -= most % _STEPS
    steps = (round_up(EDGE, stride) + round_up(length + EDGE, stride)) // stride
    steps = round_up(steps, _STEPS)
    count = 1 if steps <= most else -(-(steps - 2 * margin) // (most - 2 * margin))
    row = min(most, _row(-(-(steps + (count - 1) * 2 * margin) // count)))
    # Several windows share what is left over; a single one ends where the sequence does.
    width = steps if count == 1 else row
    return Tiling(length, width * stride, count, row * stride, steps * stride, stride)


def round_up(length: int, stride: int) -> int:
    """The next multiple of the stride."""
    return -(-length // stride) * stride


def _row(width: int) -> int:
    """The next of a few widths in steps, :data:`_ROWS` from a power of two to the next."""
    step = 1 << max(0, width.bit_length() - _ROWS.bit_length())
    return round_up(width, max(step, _STEPS))
