"""Agreement of two signals in bins of several sizes, by contig, in memory that does not grow.

Of each block of bases sums are kept, from which Pearson's r of a contig, of a genome and of all
follows, and its interval by drawing blocks again (:mod:`genoseq.metrics.bootstrap`).  Bins lie on
the contig: the first begins at its first base.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genoseq.metrics.bootstrap import FEWEST_BLOCKS, RESAMPLES, Interval, interval_of
from genoseq.metrics.correlation import Sample, log1p

Pairs = NDArray[np.float64]
"""Shape (n, C)."""
SCALES = ("plain", "log1p")
_CONSTANT = 1e-12
"""Relative variance below which a signal is taken as constant, in float64."""


@dataclass
class _Open:
    """Bins of one size that are not over yet: sums of what is known so far."""

    chrom: str = ""
    first: int = 0
    counts: Pairs = field(default_factory=lambda: np.zeros((0, 0)))
    sums: Pairs = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass
class Group:
    """Pairs of a contig, a genome or all: sums by block, and a sample for ranks.

    Attributes
    ----------
    genome, contig
        Names, or ``*`` for all.
    blocks
        Shape (blocks, scales, C, 6): number, sums of x, y, x², y² and xy.
    samples
        One for each of C columns.
    """

    genome: str
    contig: str
    blocks: NDArray[np.float64]
    samples: list[Sample]

    def pearson(self, column: int, scale: int = 0) -> float | None:
        """Pearson's r; None where one side is constant."""
        found = float(pearson_of(self.blocks[:, scale, column].sum(0)))
        return None if np.isnan(found) else found

    def interval(self, column: int, scale: int = 0, seed: int = 0) -> Interval | None:
        """95% interval of :meth:`pearson`; None with few blocks, see the module."""
        own = self.blocks[:, scale, column]
        own = own[own[:, 0] > 0]
        if len(own) < FEWEST_BLOCKS:
            return None
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), RESAMPLES)
        return interval_of(pearson_of(drawn.astype(np.float64) @ own))

    def count(self, column: int) -> int:
        """Bins with both values."""
        return int(self.blocks[:, 0, column, 0].sum())


def pearson_of(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's r of sums (..., 6), NaN where a side is constant."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        left, right = xx - x * x / n, yy - y * y / n
        r: NDArray[np.float64] = (xy - x * y / n) / np.sqrt(left * right)
        known = (n > 1) & (left > _CONSTANT * xx) & (right > _CONSTANT * yy)
    return np.where(known, r.clip(-1, 1), np.nan)


class BinnedPairs:
    """Pairs of C columns, in bins of one size.

    Parameters
    ----------
    columns
        C.
    bin
        Bases of a bin; one counts where half of it, or more, has both values.
    block
        Bases of a block.
    """

    def __init__(self, columns: int, bin: int, block: int) -> None:
        self.bin, self._columns, self._block = bin, columns, block
        self._open, self._genome = _Open(), ""
        self._at: tuple[str, int] = "", -1
        self._rows: list[NDArray[np.float64]] = []
        self._contig = self._samples()
        self._of_genome = self._samples()
        self._of_all = self._samples()
        self._genomes: list[tuple[str, list[NDArray[np.float64]], list[Sample]]] = []
        self._contigs: list[Group] = []

    def _samples(self) -> list[Sample]:
        return [Sample() for _ in range(self._columns)]

    def update(self, genome: str, chrom: str, start: int, x: Pairs, y: Pairs) -> None:
        """Count a stretch from base ``start`` on, (L, C); it follows those before it."""
        if (genome, chrom) != (self._genome, self._open.chrom):
            self._close_contig()
            if genome != self._genome:
                self._close_genome(genome)
            self._open = _Open(chrom)
        known = ~(np.isnan(x) | np.isnan(y))
        both = np.concatenate([np.where(known, x, 0), np.where(known, y, 0)], axis=1)
        first = start // self.bin
        edges = np.arange(first, (start + len(x) - 1) // self.bin + 1) * self.bin - start
        edges[0] = 0
        counts = np.add.reduceat(known.astype(np.float64), edges)
        sums = np.add.reduceat(both.astype(np.float64), edges)
        self._add(first, counts, sums)

    def groups(self) -> Iterator[Group]:
        """All together, then each genome and each of its contigs."""
        self._close_contig()
        self._close_genome("")
        every = [block for _, blocks, _ in self._genomes for block in blocks]
        if not every:
            return
        yield Group("*", "*", np.concatenate(every), self._of_all)
        for genome, blocks, samples in self._genomes:
            yield Group(genome, "*", np.concatenate(blocks), samples)
            yield from (each for each in self._contigs if each.genome == genome)

    def _add(self, first: int, counts: Pairs, sums: Pairs) -> None:
        """Join sums of bins from ``first`` on to those that are open; count all but the last."""
        held = self._open
        if len(held.counts) and held.first == first:
            counts[0] += held.counts[0]
            sums[0] += held.sums[0]
        elif len(held.counts):
            self._count(held.first, held.counts, held.sums)
        self._count(first, counts[:-1], sums[:-1])
        last = first + len(counts) - 1
        self._open = _Open(held.chrom, last, counts[-1:], sums[-1:])

    def _count(self, first: int, counts: Pairs, sums: Pairs) -> None:
        """Count whole bins, of which the first is number ``first`` of the contig."""
        if not len(counts):
            return
        enough = counts * 2 >= self.bin
        means = sums / np.maximum(np.tile(counts, 2), 1)
        x, y = means[:, : self._columns], means[:, self._columns :]
        for column in range(self._columns):
            kept = enough[:, column]
            for sample in (self._contig, self._of_genome, self._of_all):
                sample[column].update(x[kept, column], y[kept, column])
        number = (first + np.arange(len(counts))) * self.bin // self._block
        starts = np.flatnonzero(np.diff(number, prepend=-1))
        scaled = [_powers(x, y, enough), _powers(log1p(x), log1p(y), enough)]
        rows = np.stack([np.add.reduceat(each, starts) for each in scaled], axis=1)
        if self._at == (self._open.chrom, int(number[0])):
            self._rows[-1] = self._rows[-1] + rows[0]
            rows = rows[1:]
        self._rows += list(rows)
        self._at = self._open.chrom, int(number[-1])

    def _close_contig(self) -> None:
        held = self._open
        if len(held.counts):
            self._count(held.first, held.counts, held.sums)
        if self._rows:
            blocks = np.stack(self._rows)
            self._contigs.append(Group(self._genome, held.chrom, blocks, self._contig))
            self._genomes[-1][1].append(blocks)
        self._rows, self._contig, self._at = [], self._samples(), ("", -1)
        self._open = _Open()

    def _close_genome(self, following: str) -> None:
        self._genome, self._of_genome = following, self._samples()
        if following:
            self._genomes.append((following, [], self._of_genome))
        self._genomes = [each for each in self._genomes if each[1] or each[0] == following]


def _powers(x: Pairs, y: Pairs, known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Shape (n, C, 6), 0 where not known."""
    found = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
    return np.where(known[..., None], found, 0)


def ceiling(agreement: float | None, replicates: int) -> float | None:
    """Largest r that a prediction can have with the mean of replicates, by how they agree.

    The mean of n replicates has reliability ``n r / (1 + (n - 1) r)`` (Spearman 1910, Brown 1910),
    and nothing correlates with it better than the root of that: what it would be without noise.

    Parameters
    ----------
    agreement
        Mean r of two replicates.
    """
    if agreement is None or agreement <= 0:
        return None
    return float(np.sqrt(replicates * agreement / (1 + (replicates - 1) * agreement)))


def mean_of(values: Sequence[float | None]) -> float | None:
    """Mean of what is defined; None of nothing."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
