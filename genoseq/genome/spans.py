"""Bases that belong together, span by span, each of which becomes one row of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region, Strand, merge

Numbers = NDArray[np.int64]

_BLOCK = 1 << 16
"""Spans that are made at once."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of one contig, by their first bases; no span is empty.

    Attributes
    ----------
    chrom
        The contig.
    rows, starts, ends
        Row of the table, and bases ``start <= i < end``, 0-based; each of shape (R,).
    reverse
        Whether the span lies on the reverse strand, shape (R,).
    """

    chrom: str
    rows: Numbers
    starts: Numbers
    ends: Numbers
    reverse: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, which: slice | NDArray[np.bool_]) -> Spans:
        """Some of them."""
        return Spans(
            self.chrom,
            self.rows[which],
            self.starts[which],
            self.ends[which],
            self.reverse[which],
        )


class SpanRow(NamedTuple):
    """A row of a table, or ``many`` rows from ``row`` on, which are those of the bases."""

    row: int
    many: int
    chrom: str
    start: int
    end: int
    name: str
    strand: Strand


class Layout(Protocol):
    """Which spans there are."""

    @property
    def regions(self) -> Sequence[Region]:
        """All of their bases, merged and in the genome's order."""

    @property
    def empty(self) -> Numbers:
        """Rows without any base."""

    def __len__(self) -> int:
        """How many rows there are."""

    def spans(self) -> Iterator[Spans]:
        """Spans in the genome's order."""

    def table(self) -> Iterator[SpanRow]:
        """All rows, from the first on."""


@dataclass(frozen=True)
class Tiled:
    """Spans of one size, side by side from the first base of each contig, cut to regions.

    A span lies at the same bases whatever regions are asked for; the last of a contig is shorter,
    and so are those that a region's borders cut.
    """

    regions: Sequence[Region]
    size: int

    @property
    def empty(self) -> Numbers:
        """None is."""
        return np.empty(0, np.int64)

    def __len__(self) -> int:
        return sum(self._count(region) for region in self.regions)

    def _count(self, region: Region) -> int:
        return -(-region.end // self.size) - region.start // self.size if len(region) else 0

    def spans(self) -> Iterator[Spans]:
        """See :class:`Layout`."""
        first = 0
        for region in self.regions:
            count, tile = self._count(region), region.start // self.size
            for at in range(0, count, _BLOCK):
                numbers = np.arange(at, min(at + _BLOCK, count))
                starts = ((tile + numbers) * self.size).clip(min=region.start)
                ends = ((tile + numbers + 1) * self.size).clip(max=region.end)
                forward = np.zeros(len(numbers), bool)
                yield Spans(region.chrom, first + numbers, starts, ends, forward)
            first += count

    def table(self) -> Iterator[SpanRow]:
        """See :class:`Layout`; of single bases one entry per region."""
        if self.size == 1:
            first = 0
            for region in self.regions:
                length = len(region)
                yield SpanRow(first, length, region.chrom, region.start, region.end, ".", ".")
                first += length
            return
        for spans in self.spans():
            for row, start, end in zip(spans.rows, spans.starts, spans.ends, strict=True):
                yield SpanRow(int(row), 1, spans.chrom, int(start), int(end), ".", ".")


class Listed:
    """Spans as they are listed, with their names; they may overlap, and may be empty.

    Parameters
    ----------
    listed
        Regions and their names, in the table's order.
    lengths
        bp of the genome's contigs, in its order.
    """

    def __init__(self, listed: Sequence[tuple[Region, str]], lengths: Mapping[str, int]) -> None:
        self._listed = listed
        self._order = {chrom: index for index, chrom in enumerate(lengths)}
        merged = merge(region for region, _ in listed)
        self.regions = sorted(merged, key=lambda region: self._order[region.chrom])

    @property
    def empty(self) -> Numbers:
        """See :class:`Layout`."""
        rows = [row for row, (region, _) in enumerate(self._listed) if not len(region)]
        return np.array(rows, np.int64)

    def __len__(self) -> int:
        return len(self._listed)

    def spans(self) -> Iterator[Spans]:
        """See :class:`Layout`."""
        by_contig: dict[str, list[tuple[int, int, int, bool]]] = {}
        for row, (region, _) in enumerate(self._listed):
            if len(region):
                entry = (region.start, region.end, row, region.strand == "-")
                by_contig.setdefault(region.chrom, []).append(entry)
        for chrom in sorted(by_contig, key=self._order.__getitem__):
            starts, ends, rows, reverse = np.array(sorted(by_contig[chrom]), np.int64).T
            yield Spans(chrom, rows, starts, ends, reverse.astype(bool))

    def table(self) -> Iterator[SpanRow]:
        """See :class:`Layout`."""
        for row, (region, name) in enumerate(self._listed):
            yield SpanRow(row, 1, region.chrom, region.start, region.end, name, region.strand)
