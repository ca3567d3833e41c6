"""A genome of one contig, which has edits: predictions take it as they take any genome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genoseq.genome.edits import Edit, EditedContig
from genoseq.genome.sequences import Codes
from genoseq.inference.windows import Genome


class EditedGenome:
    """One contig of a genome after some of its bases are replaced.

    Parameters
    ----------
    genome
        The reference.
    chrom
        The contig.
    edits
        See :class:`genoseq.genome.edits.EditedContig`.

    Attributes
    ----------
    contig
        Maps positions to those of the reference.
    """

    def __init__(self, genome: Genome, chrom: str, edits: Sequence[Edit]) -> None:
        self.contig = EditedContig(genome.lengths[chrom], edits)
        self._genome, self._chrom = genome, chrom

    @property
    def lengths(self) -> Mapping[str, int]:
        """bp of the contig, as it is now."""
        return {self._chrom: self.contig.length}

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Bases ``start <= i < end`` of the edited contig, shape (end - start,)."""
        assert chrom == self._chrom, "it has one contig"
        return self.contig.codes(
            lambda first, last: self._genome.codes(chrom, first, last), start, end
        )
