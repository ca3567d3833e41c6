"""Genes of an annotation, or records of a BED, as the intervals that signals are averaged over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genoseq.errors import InputFormatError, listed
from genoseq.files.atomic import PathLike
from genoseq.genome.regions import Region, Strand
from genoseq.readers.annotation import annotation_format, read_annotation
from genoseq.readers.bed import read_bed


@dataclass(frozen=True, slots=True)
class GeneParts:
    """A transcript or a BED record: its name, strand, and exons (or else CDS, or all of it)."""

    name: str
    strand: Strand
    parts: tuple[Region, ...]

    @property
    def span(self) -> Region:
        """From its first to its last base."""
        ends = max(part.end for part in self.parts)
        return Region(self.parts[0].chrom, min(part.start for part in self.parts), ends)


def read_gene_parts(path: PathLike, lengths: Mapping[str, int]) -> list[GeneParts]:
    """Transcripts of an annotation, or records of a BED, that lie on the contigs of a genome.

    Parameters
    ----------
    lengths
        bp of the contigs; a part across the origin of a circle ends with it.

    Raises
    ------
    InputFormatError
        If the file is damaged, or has none.
    """
    if annotation_format(path, measured=True) == "bed":
        found = [_of_record(record.name, record.region, record.blocks) for record in read_bed(path)]
    else:
        found = [
            GeneParts(
                each.name or f"{parts[0].chrom}:{parts[0].start + 1}",
                parts[0].strand,
                tuple(Region(p.chrom, p.start, p.end, p.strand) for p in parts),
            )
            for each in read_annotation(path).transcripts
            if (parts := each.exons or tuple(p for cds in each.coding for p in cds.parts))
        ]
    here = [cut for each in found if (cut := _within(each, lengths)) is not None]
    if not here:
        raise InputFormatError(
            f"no gene with exons or CDS, and no BED record, is on the contigs {listed(lengths)}",
            path,
        )
    return here


def _of_record(name: str, region: Region, blocks: Sequence[tuple[int, int]]) -> GeneParts:
    parts = blocks or [(region.start, region.end)]
    named = name if name != "." else f"{region.chrom}:{region.start + 1}-{region.end}"
    regions = tuple(Region(region.chrom, start, end, region.strand) for start, end in parts)
    return GeneParts(named, region.strand, regions)


def _within(gene: GeneParts, lengths: Mapping[str, int]) -> GeneParts | None:
    """What lies on the contigs; None if nothing does."""
    parts = tuple(
        Region(part.chrom, part.start, min(part.end, lengths[part.chrom]), part.strand)
        for part in gene.parts
        if part.start < lengths.get(part.chrom, 0)
    )
    one = tuple(part for part in parts if part.chrom == parts[0].chrom)
    return GeneParts(gene.name, gene.strand, one) if one else None
