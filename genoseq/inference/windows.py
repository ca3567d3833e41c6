"""The windows in which a model looks at a genome: those of scoring, and of evaluating a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import numpy as np

from genoseq.config.context import core_length
from genoseq.config.schema import ModelSettings
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, N
from genoseq.genome.windows import Window, tile

_STRETCH_BASES = 1 << 20


class Genome(Protocol):
    """Bases by contig: an open FASTA, a store."""

    @property
    def lengths(self) -> Mapping[str, int]:
        """bp of each contig, in order."""

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Bases ``start <= i < end`` (0-based) of a contig, shape (end - start,)."""


def windows_of(
    genome: Genome,
    regions: Iterable[Region],
    settings: ModelSettings,
    context: int,
    window_bases: int | None = None,
) -> Iterator[tuple[Window, Window, Codes]]:
    """Windows whose kept parts cover regions, in order, and the bases of each, shape (W,).

    The first two are the same window: what :func:`genoseq.inference.predict.predict_windows` gives
    back, and what it looks at.  A base lies in the same window whatever regions are asked for.

    Parameters
    ----------
    settings, context
        Those of the bundle: see :func:`genoseq.config.context.core_length`.
    window_bases
        Bases of a window with its context; None: the usual.
    """
    reader = _WindowReader(genome)
    for region in regions:
        core = core_length(settings, context, genome.lengths[region.chrom], window_bases)
        for window in tile(region, core, context, settings.stride):
            yield window, window, reader.codes(window)


class _WindowReader:
    """Base codes of windows, read in long stretches: one seek for hundreds of windows."""

    def __init__(self, genome: Genome) -> None:
        self._genome = genome
        self._chrom: str | None = None
        self._start = 0
        self._codes: Codes = np.empty(0, np.uint8)

    def codes(self, window: Window) -> Codes:
        """Codes of a window, shape (W,); N outside the contig."""
        length = self._genome.lengths[window.chrom]
        start, end = max(0, window.start), min(window.end, length)
        held = self._start + len(self._codes)
        if window.chrom != self._chrom or start < self._start or end > held:
            # Scattered regions are read one by one, a whole contig in long stretches.
            follows = window.chrom == self._chrom and start <= held
            stop = min(length, max(end, start + _STRETCH_BASES)) if follows else end
            self._codes = self._genome.codes(window.chrom, start, stop)
            self._chrom, self._start = window.chrom, start
        inside = self._codes[start - self._start : end - self._start]
        return np.pad(inside, (start - window.start, window.end - end), constant_values=N)
