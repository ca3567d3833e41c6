"""Cutting contigs into windows, and joining the predictions for them into tracks again.

A window is a *core* that is kept plus *context* on both sides that only the model sees.  Cores lie
on a lattice counted from the contig's first base, whatever part of the contig is asked for, so a
base is always scored in the same window: results do not depend on regions, shards or batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import RegionError
from genoseq.genome.regions import Region
from genoseq.genome.tracks import Channel, Track


@dataclass(frozen=True, slots=True)
class Window:
    """One model input on a contig, 0-based half-open.

    ``start`` may be negative and ``end`` may lie past the contig: bases outside are N.
    ``keep_start`` to ``keep_end`` is the wanted part of the core, ``start + context`` to
    ``end - context``.
    """

    chrom: str
    start: int
    end: int
    keep_start: int
    keep_end: int

    @property
    def keep(self) -> slice:
        """The kept bases as a slice of the window's bases."""
        return slice(self.keep_start - self.start, self.keep_end - self.start)


def tile(region: Region, core: int, context: int, stride: int = 1) -> Iterator[Window]:
    """Windows whose kept parts cover ``region`` once, in order.

    Parameters
    ----------
    region
        What is to be covered; an empty region gives no window.
    core, context
        Bases kept of a window, and bases added on each side.  All windows have
        ``core + 2 * context`` bases.
    stride
        Bases a token of the model (its stem) stands for.  Core and context must be multiples of
        it: otherwise the token grid would move from window to window, and the scores with it.
    """
    if core < 1 or context < 0 or core % stride or context % stride:
        raise RegionError(
            f"core {core} and context {context} must be multiples of the model's stride {stride}, "
            f"and the core at least one stride"
        )
    first = region.start // core * core if len(region) else region.end
    for start in range(first, region.end, core):
        yield Window(
            chrom=region.chrom,
            start=start - context,
            end=start + core + context,
            keep_start=max(start, region.start),
            keep_end=min(start + core, region.end),
        )


def stitch(
    pieces: Iterable[tuple[Window, NDArray[np.float32]]], channels: tuple[Channel, ...]
) -> Iterator[Track]:
    """Tracks of consecutive pieces, each base once.

    Parameters
    ----------
    pieces
        Windows in the order of :func:`tile` and the values of their kept bases, shape
        (keep_end - keep_start, C).
    channels
        What the C columns are.

    Yields
    ------
    A track for each piece.

    Raises
    ------
    RegionError
        If a piece overlaps the one before it on the same contig, or comes before it.
    """
    chrom, end = None, 0
    for window, values in pieces:
        if window.chrom == chrom and window.keep_start < end:
            raise RegionError(f"{chrom}:{window.keep_start + 1} was scored twice")
        chrom, end = window.chrom, window.keep_end
        yield Track(window.chrom, window.keep_start, values, channels)
