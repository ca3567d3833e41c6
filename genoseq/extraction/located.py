"""Regions of a genome to learn from, each with its split.

``genoseq extract --split ... --bed`` writes such a BED: the split is in its name column, and the
genome's contig lengths are in lines ``#contig NAME LENGTH`` on top, separated by tabs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from genoseq.config.base import SPLITS
from genoseq.errors import InputFormatError, RegionError, listed
from genoseq.extraction.splits import limited
from genoseq.files.atomic import PathLike
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.regions import Region, check_bounds
from genoseq.readers.bed import CONTIG_LINE, BedRecord, read_bed


@dataclass(frozen=True, slots=True)
class LocatedRegion:
    """A region of the genome and its split."""

    region: Region
    split: str

    def pieces(self) -> Iterator[LocatedRegion]:
        """The same bases in pieces of at most 16 Mb, so that little is held in memory at once."""
        for piece in limited(self.region):
            yield replace(self, region=piece)


def contig_line(chrom: str, length: int) -> str:
    """The comment line of a BED that gives a contig's length."""
    return f"{CONTIG_LINE}\t{chrom}\t{length}\n"


def whole_contigs(lengths: Mapping[str, int]) -> list[LocatedRegion]:
    """Every contig with a base, to train on."""
    return [
        piece
        for chrom, length in lengths.items()
        if length
        for piece in LocatedRegion(Region(chrom, 0, length), "train").pieces()
    ]


def locate(lengths: Mapping[str, int], bed: PathLike) -> list[LocatedRegion]:
    """Regions of a BED with their splits, in its order.

    Parameters
    ----------
    lengths
        bp of the genome's contigs.

    Raises
    ------
    InputFormatError
        If there is no region, a name is no split, or a contig is not in the genome or has another
        length there.
    RegionError
        If a region runs past its contig's end, or shares bases with one of another split.
    """
    records = read_bed(bed, lengths, inside=False)
    if not records:
        raise InputFormatError("holds no region", bed)
    if strange := {record.chrom for record in records} - lengths.keys():
        raise InputFormatError(
            f"its regions are on {listed(strange)}, but the contigs of the FASTA are "
            f"{contigs_there(lengths, strange)}: give the FASTA of the genome that the BED was "
            f"made from",
            bed,
        )
    located: list[LocatedRegion] = []
    for record in records:
        region = check_bounds(Region(record.chrom, record.start, record.end), lengths)
        located += LocatedRegion(region, _split(record, bed)).pieces()
    _check_apart(located)
    return located


def _check_apart(located: list[LocatedRegion]) -> None:
    """RegionError if a base is in two splits: a test on it would measure memory."""
    ordered = sorted(located, key=lambda one: (one.region.chrom, one.region.start))
    reach: dict[str, LocatedRegion] = {}  # of each split, the region that ends last so far
    for one in ordered:
        for other in reach.values():
            same = other.split == one.split or other.region.chrom != one.region.chrom
            if not same and one.region.start < other.region.end:
                raise RegionError(
                    f"region {one.region} ({one.split}) shares bases with {other.region} "
                    f"({other.split}): a base can be in one split"
                )
        last = reach.get(one.split, one).region
        if last.chrom != one.region.chrom or last.end <= one.region.end:
            reach[one.split] = one


def _split(record: BedRecord, bed: PathLike) -> str:
    if record.name == ".":
        return "train"
    if record.name not in SPLITS:
        raise InputFormatError(
            f"region {record.region}: its name {record.name!r} should be its split, one of "
            f"{', '.join(SPLITS)}: cut -f1-3 makes all of them train",
            bed,
        )
    return record.name
