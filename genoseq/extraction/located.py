"""Where the bases of regions are: in a genome, or in the FASTA of regions that was cut out of it.

``genoseq extract --split`` writes such a pair: a FASTA whose records are named
``chrom:start-end`` (0-based), and a BED with the split in its name column and the genome's contig
lengths in lines ``#contig NAME LENGTH``, parted by tabs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from genoseq.config.base import SPLITS
from genoseq.errors import InputFormatError, RegionError
from genoseq.extraction.splits import limited
from genoseq.files.compression import numbered_lines
from genoseq.genome.regions import Region, check_bounds
from genoseq.genome.sequences import Codes
from genoseq.readers.bed import BedRecord, read_bed

if TYPE_CHECKING:
    from genoseq.readers.fasta import Fasta

CONTIG_LINE = "#contig"


@dataclass(frozen=True, slots=True)
class LocatedRegion:
    """A region of the genome, its split, and the FASTA record and base where it begins."""

    region: Region
    split: str
    record: str
    offset: int

    def codes(self, fasta: Fasta) -> Codes:
        """Its bases, shape (L,), on the forward strand."""
        return fasta.codes(self.record, self.offset, self.offset + len(self.region))

    def pieces(self) -> Iterator[LocatedRegion]:
        """The same bases in pieces of at most 16 Mb, so that little is held in memory at once."""
        for piece in limited(self.region):
            yield replace(self, region=piece, offset=self.offset + piece.start - self.region.start)


def contig_line(chrom: str, length: int) -> str:
    """The comment line of a BED that gives a contig's length."""
    return f"{CONTIG_LINE}\t{chrom}\t{length}\n"


def contig_lengths(path: str | Path) -> dict[str, int]:
    """Contig lengths of such lines at the beginning of a BED; empty if there are none."""
    lengths: dict[str, int] = {}
    for _, line in numbered_lines(path):
        fields = line.split("\t")
        if fields[0] != CONTIG_LINE or len(fields) != 3 or not fields[2].isdecimal():
            break
        lengths[fields[1]] = int(fields[2])
    return lengths


def whole_contigs(fasta: Fasta) -> list[LocatedRegion]:
    """Every contig with a base, to train on."""
    return [
        piece
        for chrom, length in fasta.lengths.items()
        if length
        for piece in LocatedRegion(Region(chrom, 0, length), "train", chrom, 0).pieces()
    ]


def locate(fasta: Fasta, bed: str | Path) -> tuple[list[LocatedRegion], dict[str, int] | None]:
    """Regions of a BED in a FASTA of the genome or of the regions, told apart by record names.

    Returns
    -------
    The regions in the BED's order, and the genome's contig lengths: None if neither file has them.

    Raises
    ------
    InputFormatError
        If there is no region, a name is no split, or neither contigs nor regions are in the FASTA.
    RegionError
        If a region runs past its contig's end, or shares bases with one of another split.
    """
    records = read_bed(bed)
    if not records:
        raise InputFormatError("holds no region", bed)
    cut_out = all(fasta.lengths.get(_name(r)) == r.end - r.start for r in records)
    located: list[LocatedRegion] = []
    for record in records:
        region, split = Region(record.chrom, record.start, record.end), _split(record, bed)
        if cut_out:
            located += LocatedRegion(region, split, _name(record), 0).pieces()
            continue
        if record.chrom not in fasta.lengths:
            raise InputFormatError(
                f"region {_name(record)}: {fasta.path} has neither a contig {record.chrom!r} nor a "
                f"record {_name(record)!r} of that length: give the FASTA that belongs to this BED",
                bed,
            )
        check_bounds(region, fasta.lengths)
        located += LocatedRegion(region, split, record.chrom, record.start).pieces()
    _check_apart(located)
    return located, (contig_lengths(bed) or None) if cut_out else dict(fasta.lengths)


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


def _name(record: BedRecord) -> str:
    return f"{record.chrom}:{record.start}-{record.end}"


def _split(record: BedRecord, bed: str | Path) -> str:
    if record.name == ".":
        return "train"
    if record.name not in SPLITS:
        raise InputFormatError(
            f"region {_name(record)}: its name {record.name!r} should be its split, one of "
            f"{', '.join(SPLITS)}: cut -f1-3 makes all of them train",
            bed,
        )
    return record.name
