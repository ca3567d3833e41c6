"""Values of scores by region, gene or contig, as a table: mean, maximum and where it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError, RegionError
from genoseq.files.atomic import PathLike, atomic_file, check_distinct
from genoseq.genome.regions import Region, check_bounds
from genoseq.readers.annotation import annotation_format, read_annotation
from genoseq.readers.bed import read_bed
from genoseq.writers.lattice import SLAB
from genoseq.writers.manifest import plain
from genoseq.writers.scores import Scores, read_scores

CONTIGS = "contigs"
"""In the place of a file: a row for each contig."""
COLUMNS = (
    "#chrom",
    "start",
    "end",
    "name",
    "strand",
    "channel",
    "mean",
    "max",
    "max_at",
    "covered",
)
_GENES = ("gene", "pseudogene")


@dataclass(frozen=True, slots=True)
class Tabled:
    """What was written: rows of this many regions and channels, to ``out``."""

    out: Path
    regions: int
    channels: int

    def __str__(self) -> str:
        return f"{self.out}: {self.regions:,} regions, {self.channels:,} channels"


class _Asked(NamedTuple):
    name: str
    region: Region


class _Summary(NamedTuple):
    """Of each channel, shape (C,): sum, maximum and its base (0-based), and bases with a value."""

    total: NDArray[np.float64]
    highest: NDArray[np.float32]
    at: NDArray[np.int64]
    covered: NDArray[np.int64]


def table_regions(scores: PathLike, regions: PathLike, out: PathLike) -> Tabled:
    """Write a table of scores: what ``genoseq tracks --table`` does.

    Parameters
    ----------
    scores
        Folder that ``genoseq score --formats scores`` wrote.
    regions
        A BED; an annotation, of which genes are meant, or what is part of nothing else where it has
        none; or ``contigs``.
    out
        TSV: a row for each region and channel, positions 0-based; ``nan`` where no base has a
        value.  ``max_at`` is the first base of the maximum.

    Raises
    ------
    InputFormatError, RegionError
        If a file is damaged, has no region, or one is not on the contigs of the scores.
    """
    check_distinct({"--out": Path(out)}, {"--table": Path(regions)})
    source = read_scores(Path(scores))
    asked = list(_asked(regions, source))
    if not asked:
        raise InputFormatError("no region: there is nothing to tell of", regions)
    labels = [plain(channel.label) for channel in source.channels]
    with atomic_file(out) as partial, partial.open("w", newline="\n") as file:
        file.write("\t".join(COLUMNS) + "\n")
        for name, region in asked:
            found = _summary(source, region)
            where = f"{region.chrom}\t{region.start}\t{region.end}\t{plain(name)}\t{region.strand}"
            for number, label in enumerate(labels):
                file.write(f"{where}\t{label}\t{_told(found, number)}\n")
    return Tabled(Path(out), len(asked), len(labels))


def _asked(regions: PathLike, source: Scores) -> Iterator[_Asked]:
    if str(regions) == CONTIGS:
        for chrom, length in source.lengths.items():
            yield _Asked(chrom, Region(chrom, 0, length))
    elif annotation_format(regions, measured=True) == "bed":
        for record in read_bed(regions, source.lengths):
            yield _Asked(record.name, record.region)
    else:
        features = read_annotation(regions, attributes=("Name", "gene", "gene_id")).features
        genes = [each for each in features if each.type in _GENES]
        for each in genes or [each for each in features if not each.parents]:
            names = [value for _, value in each.attributes]
            region = Region(each.chrom, each.start, each.end, each.strand)
            try:
                check_bounds(region, source.lengths)
            except RegionError as error:
                raise InputFormatError(str(error), regions) from None
            yield _Asked(each.id or next(iter(names), "."), region)


def _summary(source: Scores, region: Region) -> _Summary:
    """Read in pieces: a region may be a contig."""
    count = len(source.channels)
    total, covered = np.zeros(count), np.zeros(count, np.int64)
    highest, at = np.full(count, -np.inf, np.float32), np.full(count, -1, np.int64)
    for start in range(region.start, region.end, SLAB):
        values = source.values(region.chrom, start, min(start + SLAB, region.end))
        total += np.nansum(values, axis=0, dtype=np.float64)
        covered += np.count_nonzero(~np.isnan(values), axis=0)
        levels = np.where(np.isnan(values), np.float32(-np.inf), values)
        tops = levels.argmax(axis=0)
        found = levels[tops, np.arange(count)]
        higher = found > highest
        highest[higher], at[higher] = found[higher], (tops + start)[higher]
    return _Summary(total, highest, at, covered)


def _told(found: _Summary, channel: int) -> str:
    covered = int(found.covered[channel])
    if not covered:
        return f"{nan}\t{nan}\t.\t0"
    mean = found.total[channel] / covered
    return f"{mean:.6g}\t{found.highest[channel]:.6g}\t{found.at[channel]}\t{covered}"
