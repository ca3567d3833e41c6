"""Genes as a gene caller gives them: where they are, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from genoseq.genome.circles import within_circle
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds, Transcript
from genoseq.genome.regions import Strand


@dataclass(frozen=True, slots=True)
class CalledGene:
    """A gene of one open reading frame, or of several parts with introns between them.

    Attributes
    ----------
    name
        Its ID in every file: the contig's name and a number, from 1 on.
    chrom, start, end, strand
        Where it is, 0-based half-open, its stop codon included.  Across the origin of a circle
        ``end`` is beyond the contig's last base.
    open_5prime, open_3prime
        Whether the end of the contig or a run of N cuts it off there.
    code
        NCBI's number of the genetic code.
    start_type
        Its start codon, or ``Edge``.
    motif, spacing
        The motif before its start and the bp between them; None without one.
    conf, start_conf
        Probability that it is a gene, and, if it is, that this is its start; the latter None where
        only one start is weighed.
    log_odds
        Of being a gene, in nats, before calibration.
    circle
        Length of its contig if that is a circle, else 0.
    introns
        Start and end of each, ascending; None where genes have none, in bacteria and archaea.
    """

    name: str
    chrom: str
    start: int
    end: int
    strand: Strand
    open_5prime: bool
    open_3prime: bool
    code: int
    start_type: str
    motif: str | None
    spacing: int | None
    conf: float
    start_conf: float | None
    log_odds: float
    circle: int = 0
    introns: tuple[tuple[int, int], ...] | None = None

    def __len__(self) -> int:
        return self.end - self.start - sum(end - start for start, end in self.introns or ())

    @property
    def partial(self) -> tuple[bool, bool]:
        """Whether it is cut off before its first base on the contig, and after its last."""
        low, high = self.open_5prime, self.open_3prime
        return (high, low) if self.strand == "-" else (low, high)

    @property
    def transcript(self) -> Transcript:
        """It as the annotation model has it: a part before, between and behind introns, or two
        across the origin of a circle."""
        before, after = self.partial
        whole = Feature(
            self.chrom, self.start, self.end, self.strand, "CDS", 0, self.name,
            open_start=before, open_end=after,
        )  # fmt: skip
        parts = tuple(self._spliced(whole) if self.introns else within_circle(whole, self.circle))
        cds = Cds(parts, self.open_5prime, self.open_3prime)
        return Transcript(self.name, coding=(cds,), circle=self.circle)

    def _spliced(self, whole: Feature) -> Iterator[Feature]:
        """The parts of a CDS without its introns, 5' to 3'."""
        introns = self.introns or ()
        spans = list(
            zip(
                (whole.start, *(end for _, end in introns)),
                (*(start for start, _ in introns), whole.end),
                strict=True,
            )
        )
        phase = 0
        for start, end in reversed(spans) if self.strand == "-" else spans:
            yield replace(
                whole, start=start, end=end, phase=phase,
                open_start=whole.open_start and start == whole.start,
                open_end=whole.open_end and end == whole.end,
            )  # fmt: skip
            phase = (phase - (end - start)) % 3


@dataclass(frozen=True, slots=True)
class GeneSequences:
    """A called gene with its sequences.

    Attributes
    ----------
    gene
        Where it is.
    letters
        Its bases, 5' to 3'.
    protein
        What it stands for, without the stop codon's ``*``; ``X`` for a codon with an N.
    """

    gene: CalledGene
    letters: bytes
    protein: bytes


def by_contig(genes: Sequence[GeneSequences]) -> dict[str, list[GeneSequences]]:
    """Genes by their contig, in the order that they have."""
    found: dict[str, list[GeneSequences]] = {}
    for each in genes:
        found.setdefault(each.gene.chrom, []).append(each)
    return found
