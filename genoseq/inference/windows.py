"""The windows in which a model looks at a genome, strand by strand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from heapq import merge
from typing import Literal, NamedTuple, Protocol

import numpy as np

from genoseq.config.base import AskedStrands
from genoseq.config.context import longest_window
from genoseq.config.schema import ModelSettings
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.genome.windows import Tiling, Window, tile

_STRETCH_BASES = 1 << 20


class Genome(Protocol):
    """Bases by contig: an open FASTA, a store."""

    @property
    def lengths(self) -> Mapping[str, int]:
        """bp of each contig, in order."""

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Bases ``start <= i < end`` (0-based) of a contig, shape (end - start,)."""


class StrandWindow(NamedTuple):
    """A window on one strand of a contig.

    Attributes
    ----------
    chrom, strand
        Where it is.
    window
        Its bases, counted from the 5' end of the strand.
    start, end
        What is kept of it, on the contig's forward strand.
    codes
        Its bases on its own strand, 5' to 3', shape (W,); N outside the contig.
    width
        Bases of a row of the batch that it may be in, W or a little more.
    """

    chrom: str
    strand: Literal["+", "-"]
    window: Window
    start: int
    end: int
    codes: Codes
    width: int


def windows_of(
    genome: Genome,
    regions: Iterable[Region],
    settings: ModelSettings,
    context: int,
    window_bases: int | None = None,
    strands: AskedStrands = "both",
) -> Iterator[StrandWindow]:
    """Windows of the strands that are read, whose kept parts cover regions, in the order of their
    first bases.

    A base lies in the same windows whatever regions are asked for.

    Parameters
    ----------
    settings, context
        Those of the bundle: see :func:`genoseq.config.context.longest_window`.
    window_bases
        Bases of a window with its context; None: the usual.
    strands
        ``one``: the forward strand.
    """
    tiling_of = tilings(genome.lengths, settings, context, window_bases)
    for region in regions:
        tiling = tiling_of(region.chrom)
        reader = _StretchReader(genome, region, tiling.width)
        forward = _forward(reader, region, tiling)
        if strands == "one":
            yield from forward
            continue
        reverse = _reverse(reader, region, tiling)
        if tiling.count == 1:  # as of a read: one window on either strand
            yield from forward
            yield from reverse
        else:
            yield from merge(forward, reverse, key=lambda one: one.start)


def tilings(
    lengths: Mapping[str, int],
    settings: ModelSettings,
    context: int,
    window_bases: int | None = None,
) -> Callable[[str], Tiling]:
    """The windows of either strand of a contig, by its name; parameters as :func:`windows_of`."""
    longest = longest_window(settings, context, window_bases)
    # Of many reads few have a length of their own.
    tiling = lru_cache(maxsize=1024)(tile)
    return lambda chrom: tiling(lengths[chrom], longest, context, settings.stride)


def _forward(reader: _StretchReader, region: Region, tiling: Tiling) -> Iterator[StrandWindow]:
    for window in tiling.windows(region.start, region.end):
        codes = reader.codes(window.start, window.end)
        kept = window.keep_start, window.keep_end
        yield StrandWindow(region.chrom, "+", window, kept[0], kept[1], codes, tiling.row)


def _reverse(reader: _StretchReader, region: Region, tiling: Tiling) -> Iterator[StrandWindow]:
    """The last windows of the strand come first: they hold the first bases of the contig."""
    length = tiling.length
    for window in tiling.windows(length - region.end, length - region.start, backwards=True):
        codes = reverse_complement_codes(reader.codes(length - window.end, length - window.start))
        kept = length - window.keep_end, length - window.keep_start
        yield StrandWindow(region.chrom, "-", window, kept[0], kept[1], codes, tiling.row)


class _StretchReader:
    """Base codes of the windows of a region, read in long stretches: one seek for many windows."""

    def __init__(self, genome: Genome, region: Region, width: int) -> None:
        self._genome, self._chrom, self._width = genome, region.chrom, width
        self._length = genome.lengths[region.chrom]
        self._first = max(0, region.start - width)
        self._last = min(self._length, region.end + width)
        self._start = 0
        self._codes: Codes = np.empty(0, np.uint8)

    def codes(self, start: int, end: int) -> Codes:
        """Codes of bases ``start <= i < end`` of the contig, N outside it, shape (end - start,)."""
        first, last = max(0, start), min(end, self._length)
        if first < self._start or last > self._start + len(self._codes):
            # The other strand's next window may begin some bases before this one.
            self._start = min(first, max(self._first, first - self._width))
            stop = max(last, min(self._last, self._start + _STRETCH_BASES))
            self._codes = self._genome.codes(self._chrom, self._start, stop)
        padded = np.full(end - start, N, np.uint8)
        inside = self._codes[first - self._start : last - self._start]
        padded[first - start : last - start] = inside
        return padded
