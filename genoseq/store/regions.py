"""The regions of a store, kept as columns: 100,000 of them are arrays, not objects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.config.base import SPLITS
from genoseq.errors import StoreError
from genoseq.genome.regions import Region

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StoreRegion:
    """One region of a store.

    Attributes
    ----------
    chrom, start, end
        Where its bases come from, on the forward strand, 0-based half-open.
    split
        train, valid, test or score.
    offset
        Its first base in ``labels.bin``.
    """

    chrom: str
    start: int
    end: int
    split: str
    offset: int

    @property
    def region(self) -> Region:
        """The interval alone."""
        return Region(self.chrom, self.start, self.end)

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, eq=False)
class StoreRegions:
    """The R regions of a store, in the order in which they were written.

    Attributes
    ----------
    chroms
        Contig names.
    chrom, start, end, split
        int64, shape (R,).  ``chrom`` indexes ``chroms`` and ``split`` indexes :data:`SPLITS`.
    """

    chroms: tuple[str, ...]
    chrom: Column
    start: Column
    end: Column
    split: Column

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, index: int) -> StoreRegion:
        return StoreRegion(
            self.chroms[self.chrom[index]],
            int(self.start[index]),
            int(self.end[index]),
            SPLITS[self.split[index]],
            int(self.offset[index]),
        )

    def __iter__(self) -> Iterator[StoreRegion]:
        return (self[index] for index in range(len(self)))

    @cached_property
    def bases(self) -> Column:
        """Bases of each region, shape (R,)."""
        return self.end - self.start

    @cached_property
    def offset(self) -> Column:
        """First base of each region in ``labels.bin``, shape (R,)."""
        return np.cumsum(self.bases) - self.bases

    @property
    def total_bases(self) -> int:
        """Bases of all regions."""
        return int(self.bases.sum())

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits that have a region, in the order of :data:`SPLITS`."""
        return tuple(SPLITS[index] for index in np.unique(self.split))

    def on(self, chrom: str, start: int, end: int) -> Column:
        """Indices of the regions that share a base with ``start <= i < end``, ascending."""
        if (number := self._number.get(chrom)) is None:
            return np.empty(0, np.int64)
        rows, starts, reach, room = self._along
        low, high = (number * room + min(base, room - 1) for base in (start, end))
        near = rows[np.searchsorted(reach, low, "right") : np.searchsorted(starts, high)]
        return np.sort(near[self.end[near] > start])

    @cached_property
    def _number(self) -> dict[str, int]:
        """Index of each name in ``chroms``."""
        return {chrom: number for number, chrom in enumerate(self.chroms)}

    @cached_property
    def _along(self) -> tuple[Column, Column, Column, int]:
        """Regions with a base, sorted along all contigs, which begin a constant number of bp apart.

        Their indices; where they start; the highest end up to each; and that number.
        """
        rows = np.lexsort((self.start, self.chrom))
        rows = rows[self.bases[rows] > 0]
        room = int(self.end.max(initial=0)) + 1
        first = self.chrom[rows] * room
        reach = np.maximum.accumulate(first + self.end[rows])
        return rows, first + self.start[rows], reach, room

    def of_split(self, split: str) -> Column:
        """Indices of the split's regions that have a base, ascending."""
        wanted = SPLITS.index(split) if split in SPLITS else -1
        return np.flatnonzero((self.split == wanted) & (self.bases > 0))


class RegionColumns:
    """Regions gathered one at a time while a store is written."""

    def __init__(self) -> None:
        self._chroms: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int]] = []

    def append(self, region: Region, split: str) -> None:
        """Add a region; StoreError if there is no such split."""
        if split not in SPLITS:
            raise StoreError(f"region {region}: split {split!r}: use {', '.join(SPLITS)}")
        chrom = self._chroms.setdefault(region.chrom, len(self._chroms))
        self._rows.append((chrom, region.start, region.end, SPLITS.index(split)))

    def regions(self) -> StoreRegions:
        """All of them as columns."""
        rows = np.array(self._rows, np.int64).reshape(-1, 4)
        chrom, start, end, split = np.ascontiguousarray(rows.T)
        return StoreRegions(tuple(self._chroms), chrom, start, end, split)


def regions_to_json(regions: StoreRegions) -> dict[str, Any]:
    """Plain data for ``index.json``: columns of equal length, splits spelled out."""
    return {
        "chroms": list(regions.chroms),
        "chrom": regions.chrom.tolist(),
        "start": regions.start.tolist(),
        "end": regions.end.tolist(),
        "split": [SPLITS[index] for index in regions.split],
    }


def regions_from_json(data: Mapping[str, Any]) -> StoreRegions:
    """What :func:`regions_to_json` wrote; KeyError, TypeError or ValueError if it is not that."""
    chrom, start, end = (_column(data[key]) for key in ("chrom", "start", "end"))
    split = np.array([SPLITS.index(word) for word in data["split"]], np.int64)
    if {len(column) for column in (start, end, split)} != {len(chrom)}:
        raise ValueError("columns of regions differ in length")
    return StoreRegions(tuple(map(str, data["chroms"])), chrom, start, end, split)


def _column(numbers: Any) -> Column:
    if not isinstance(numbers, list) or any(type(number) is not int for number in numbers):
        raise TypeError("a column of regions is no list of whole numbers")
    return np.array(numbers, np.int64)


def table_digest(lengths: Mapping[str, int], regions: StoreRegions) -> str:
    """SHA-256 of the tables of contigs and regions."""
    table = {"lengths": list(lengths.items()), "regions": regions_to_json(regions)}
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()
