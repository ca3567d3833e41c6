"""One annotated interval, whatever file it came from: GFF, GTF, GenBank, EMBL or BED."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from genoseq.genome.regions import Strand

Mark = Literal["partial", "pseudo", "slippage", "trans-spliced"]
"""What a file says of a feature: cut off somewhere, without saying at which end; a pseudogene or
part of one; read in another frame by a slip of the ribosome; joined from several transcripts."""


@dataclass(frozen=True, slots=True)
class Feature:
    """An annotated interval, 0-based half-open.

    Attributes
    ----------
    chrom, start, end, strand
        Where it is.  Across the origin of a circle GFF3's ``end`` is beyond the contig's.
    type
        ``CDS``, ``exon``, ``gene`` ...: the file's own word; for BED the name column.
    phase
        For a part of a CDS: bases to skip, 5' to 3', before the first whole codon (GFF3's phase).
    id, parents
        Its own ID, and those of the features it is part of.  The parts of one spliced CDS share an
        id or a parent.
    open_start, open_end
        Whether it may go on before ``start``, or after ``end`` (``<`` and ``>`` of GenBank).
    number
        Its place among the parts of its whole, 5' to 3', where the file states an order.
    exon_number
        GTF's.  Programs differ in the end that they count from.
    marks
        What else the file says.
    attributes
        Names and values of the attributes that the reader was asked to keep.  They do not count
        where features are compared.
    """

    chrom: str
    start: int
    end: int
    strand: Strand
    type: str
    phase: int | None = None
    id: str | None = None
    parents: tuple[str, ...] = ()
    open_start: bool = False
    open_end: bool = False
    number: int | None = None
    exon_number: int | None = None
    marks: frozenset[Mark] = frozenset()
    attributes: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def open_5prime(self) -> bool:
        """Whether it may begin before its first base, on its strand."""
        return self.open_end if self.strand == "-" else self.open_start

    @property
    def open_3prime(self) -> bool:
        """Whether it may go on after its last base, on its strand."""
        return self.open_start if self.strand == "-" else self.open_end
