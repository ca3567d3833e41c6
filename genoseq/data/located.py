"""Where the bases of regions are: in a genome, or in the FASTA of regions that was cut out of it.

``genoseq extract --split`` writes such a pair: a FASTA whose records are named
``chrom:start-end`` (0-based), and a BED with the split in its name column and the genome's contig
lengths in lines ``#contig NAME LENGTH``, parted by tabs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genoseq.data.store_index import SPLITS
from genoseq.errors import InputFormatError
from genoseq.io.bed import BedRecord, read_bed
from genoseq.io.compression import numbered_lines
from genoseq.regions import Region, check_bounds
from genoseq.sequences import Codes

if TYPE_CHECKING:
    from genoseq.io.fasta import Fasta

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
        LocatedRegion(Region(chrom, 0, length), "train", chrom, 0)
        for chrom, length in fasta.lengths.items()
        if length
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
        If a region runs past its contig's end.
    """
    records = read_bed(bed)
    if not records:
        raise InputFormatError("holds no region", bed)
    cut_out = all(fasta.lengths.get(_name(r)) == r.end - r.start for r in records)
    located = []
    for record in records:
        region, split = Region(record.chrom, record.start, record.end), _split(record, bed)
        if cut_out:
            located.append(LocatedRegion(region, split, _name(record), 0))
            continue
        if record.chrom not in fasta.lengths:
            raise InputFormatError(
                f"region {_name(record)}: {fasta.path} has neither a contig {record.chrom!r} nor a "
                f"record {_name(record)!r} of that length: give the FASTA that belongs to this BED",
                bed,
            )
        check_bounds(region, fasta.lengths)
        located.append(LocatedRegion(region, split, record.chrom, record.start))
    return located, (contig_lengths(bed) or None) if cut_out else dict(fasta.lengths)


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
