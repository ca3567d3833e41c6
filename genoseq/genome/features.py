"""One annotated interval, whatever file it came from: GFF3, GTF, GenBank or BED."""

from __future__ import annotations

from dataclasses import dataclass

from genoseq.genome.regions import Strand


@dataclass(frozen=True, slots=True)
class Feature:
    """An annotated interval, 0-based half-open.

    Attributes
    ----------
    chrom, start, end, strand
        Where it is.
    type
        ``CDS``, ``exon``, ``gene`` ...: the file's own word; for BED the name column.
    phase
        For a part of a CDS: bases to skip, 5' to 3', before the first whole codon (GFF3's phase).
    id, parents
        Its own ID, and those of the features it is part of.  The parts of one spliced CDS share an
        id or a parent.
    """

    chrom: str
    start: int
    end: int
    strand: Strand
    type: str
    phase: int | None = None
    id: str | None = None
    parents: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.end - self.start
