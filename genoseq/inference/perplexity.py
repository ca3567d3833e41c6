"""How strange stretches of a genome are to a language model: bits per base, and a rank.

Bits of a contig vary by chance, the more the shorter it is.  The genome's median and spread are
those of blocks of :data:`BLOCK` bases; a stretch's *excess* is its bits per base above the median,
and its *strangeness* the excess less two standard errors of that many bases.  So a long stretch of
foreign sequence comes before a short one of the same bits, and what chance explains is below 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isnan, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region
from genoseq.genome.tracks import Track

BLOCK = 1_000
"""Bases of a block, in which most neighbours are: bits of single bases say little."""
_ERRORS = 2.0
_NORMAL = 1.4826
"""Standard deviations of a normal distribution in a median absolute deviation."""
STRANDS = 3
"""Values of a base: bits on the plus strand, on the minus strand, and their mean."""


@dataclass(slots=True)
class Sums:
    """Bits that were added up: bases with a value, and sums, of either strand and their mean."""

    bases: NDArray[np.int64] = field(default_factory=lambda: np.zeros(STRANDS, np.int64))
    bits: NDArray[np.float64] = field(default_factory=lambda: np.zeros(STRANDS))

    def add(self, values: NDArray[np.float32]) -> None:
        """Values (L, 3) more, NaN where there is none."""
        self.bases += (~np.isnan(values)).sum(0)
        self.bits += np.nansum(values, 0, dtype=np.float64)

    def per_base(self) -> NDArray[np.float64]:
        """Bits per base of either strand and their mean, NaN of no base."""
        means = np.full(STRANDS, nan)
        np.divide(self.bits, self.bases, out=means, where=self.bases > 0)
        return means


@dataclass(frozen=True, slots=True)
class Stretch:
    """A contig or a region and what is said of it.

    Attributes
    ----------
    region, name
        Where it is, and its name.
    bases
        That have a value on both strands.
    plus, minus, bits
        Bits per base of either strand and their mean; NaN where no base has a value.
    excess, strangeness
        Above the genome's median, and that less what chance may add.
    """

    region: Region
    name: str
    bases: int
    plus: float
    minus: float
    bits: float
    excess: float
    strangeness: float


class Perplexity:
    """Bits of contigs, of regions and of blocks of a genome, gathered track by track.

    Parameters
    ----------
    regions
        Name and place of stretches to judge beside the contigs.
    """

    def __init__(self, regions: Sequence[tuple[str, Region]] = ()) -> None:
        self.total = Sums()
        self._contigs: dict[str, tuple[int, Sums]] = {}
        self._regions = [(name, region, Sums()) for name, region in regions]
        self._waiting: dict[str, list[int]] = {}
        for number, (_, region, _) in sorted(enumerate(self._regions), key=lambda x: x[1][1].start):
            self._waiting.setdefault(region.chrom, []).append(number)
        self._blocks: list[float] = []
        self._block = np.empty(0, np.float32)
        self._last: str | None = None

    def watch(self, tracks: Iterable[Track]) -> Iterator[Track]:
        """The same tracks, in order, which are counted as they pass."""
        for track in tracks:
            self._add(track)
            yield track
        self._end_contig()

    def _add(self, track: Track) -> None:
        if track.chrom != self._last:
            self._end_contig()
            self._last = track.chrom
        _, sums = self._contigs.get(track.chrom, (0, Sums()))
        self._contigs[track.chrom] = track.end, sums
        sums.add(track.values)
        self.total.add(track.values)
        self._add_blocks(track.values[:, 2])
        left = []
        for number in self._waiting.get(track.chrom, ()):
            _, region, own = self._regions[number]
            first, last = max(region.start, track.start), min(region.end, track.end)
            if first < last:
                own.add(track.values[first - track.start : last - track.start])
            left += [number] if region.end > track.end else []
        self._waiting[track.chrom] = left

    def _add_blocks(self, bits: NDArray[np.float32]) -> None:
        held = np.append(self._block, bits)
        whole = len(held) // BLOCK * BLOCK
        for block in held[:whole].reshape(-1, BLOCK):
            self._add_block(block)
        self._block = held[whole:].copy()

    def _add_block(self, bits: NDArray[np.float32]) -> None:
        """The mean of a block, if half as many bases as it has at most have a value."""
        known = bits[~np.isnan(bits)]
        if len(known) >= BLOCK // 2:
            self._blocks.append(float(known.mean(dtype=np.float64)))

    def _end_contig(self) -> None:
        self._add_block(self._block)
        self._block = np.empty(0, np.float32)

    def usual(self) -> tuple[float, float]:
        """Median of the blocks' bits per base, and their spread as a standard deviation.

        Of a genome of which no contig has half a block: its mean, and no spread.
        """
        if not self._blocks:
            return float(self.total.per_base()[2]), 0.0
        blocks = np.array(self._blocks)
        median = float(np.median(blocks))
        return median, _NORMAL * float(np.median(np.abs(blocks - median)))

    def contigs(self) -> list[Stretch]:
        """Contigs, the strangest first; those without a value last."""
        rows = [(name, Region(name, 0, end), of) for name, (end, of) in self._contigs.items()]
        return self._ranked(rows)

    def regions(self) -> list[Stretch]:
        """Regions likewise."""
        return self._ranked(self._regions)

    def _ranked(self, rows: Iterable[tuple[str, Region, Sums]]) -> list[Stretch]:
        median, spread = self.usual()
        found = [_judged(name, region, of, median, spread) for name, region, of in rows]
        return sorted(found, key=lambda one: (isnan(one.strangeness), -one.strangeness))


def less(tracks: Iterable[Track], others: Iterable[Track]) -> Iterator[Track]:
    """Tracks less others of the same contigs and channels, which may be in other pieces.

    Bits of a model of one organism less those of a model of many are high in what is foreign:
    what is merely hard to tell, such as sequence that codes for nothing, is so for both.
    """
    coming = iter(others)
    other: Track | None = None
    for track in tracks:
        at = track.start
        while at < track.end:
            if other is None or other.chrom != track.chrom or other.end <= at:
                other = next(coming)
                continue
            end = min(track.end, other.end)
            own = track.values[at - track.start : end - track.start]
            values = own - other.values[at - other.start : end - other.start]
            yield Track(track.chrom, at, values, track.channels)
            at = end


def _judged(name: str, region: Region, of: Sums, median: float, spread: float) -> Stretch:
    plus, minus, both = of.per_base().tolist()
    bases = int(of.bases[2])
    excess = both - median
    chance = _ERRORS * spread * sqrt(BLOCK / bases) if bases else nan
    return Stretch(region, name, bases, plus, minus, both, excess, excess - chance)
