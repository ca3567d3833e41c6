"""Genes as a gene caller gives them: where they are, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from genoseq.genome.circles import within_circle
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds, Transcript
from genoseq.genome.regions import Strand


class Frameshift(NamedTuple):
    """An indel that a gene's reading repairs.

    Attributes
    ----------
    position
        0-based on the forward strand: the base too many, or the base before which one is missing.
        Across the origin of a circle beyond the contig's last base, as ends are.
    inserted
        Whether a base is too many; else one is missing.
    """

    position: int
    inserted: bool

    @property
    def kind(self) -> str:
        """``ins1`` or ``del1``."""
        return "ins1" if self.inserted else "del1"


@dataclass(frozen=True, slots=True)
class CalledGene:
    """A gene of one open reading frame, or of several parts with introns or indels between them.

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
    shifts
        Indels that its reading repairs, by position.
    pseudo
        Whether it may be a pseudogene, see :mod:`genoseq.genes.broken`.
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
    shifts: tuple[Frameshift, ...] = ()
    pseudo: bool = False

    def __len__(self) -> int:
        return self.end - self.start - sum(end - start for start, end in self.introns or ())

    @property
    def partial(self) -> tuple[bool, bool]:
        """Whether it is cut off before its first base on the contig, and after its last."""
        low, high = self.open_5prime, self.open_3prime
        return (high, low) if self.strand == "-" else (low, high)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """All of it, from its first base to its last: one stretch, or two across an origin, 5' to
        3'; start and end of each."""
        if not self.circle or self.end <= self.circle:
            return [(self.start, self.end)]
        return [(part.start, part.end) for part in within_circle(self._whole, self.circle)]

    @property
    def parts(self) -> list[tuple[int, int, int]]:
        """Start, end and phase of each part of its CDS, 5' to 3'.

        Those of :attr:`transcript`, which most genes, in one part, do not need for it.
        """
        if not self.introns and not self.shifts and len(self.spans) == 1:
            ((start, end),) = self.spans
            return [(start, end, 0)]
        return [(part.start, part.end, part.phase or 0) for part in self.transcript.coding[0].parts]

    @property
    def transcript(self) -> Transcript:
        """It as the annotation model has it: one part, or two across the origin of a circle.

        Introns lie between parts.  An indel parts it as a slip of the ribosome does: a base too
        many lies between two parts; where one is missing, the last base of a part is read once more
        as the first of the next, so that all who join the parts stay in frame.
        """
        if self.introns:
            parts = tuple(self._spliced())
        else:
            cut = self._cut() if self.shifts else [self._whole]
            parts = tuple(piece for part in cut for piece in within_circle(part, self.circle))
        cds = Cds(parts, self.open_5prime, self.open_3prime, slippage=bool(self.shifts))
        return Transcript(self.name, coding=(cds,), circle=self.circle)

    @property
    def _whole(self) -> Feature:
        before, after = self.partial
        return Feature(
            self.chrom, self.start, self.end, self.strand, "CDS", 0, self.name,
            open_start=before, open_end=after,
        )  # fmt: skip

    def _spliced(self) -> Iterator[Feature]:
        """The parts of a CDS without its introns, 5' to 3'."""
        whole, introns = self._whole, self.introns or ()
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

    def _cut(self) -> list[Feature]:
        """Its parts between indels, 5' to 3'."""
        reverse = self.strand == "-"
        low, high = self.start, self.end
        stretches = []
        for position, inserted in self.shifts[::-1] if reverse else self.shifts:
            if reverse:
                stretches.append((position + inserted, high))
                high = position + (not inserted)
            else:
                stretches.append((low, position))
                low = position + 1 if inserted else position - 1
        stretches.append((low, high))
        whole = Feature(self.chrom, low, high, self.strand, "CDS", 0, self.name)
        before, after = self.partial
        parts, read = [], 0
        for start, end in stretches:
            if start < end:
                parts.append(replace(whole, start=start, end=end, phase=-read % 3))
                read += end - start
        leading, trailing = (-1, 0) if reverse else (0, -1)
        parts[leading] = replace(parts[leading], open_start=before)
        parts[trailing] = replace(parts[trailing], open_end=after)
        return parts


@dataclass(frozen=True, slots=True)
class GeneSequences:
    """A called gene with its sequences.

    Attributes
    ----------
    gene
        Where it is.
    letters
        Its bases, 5' to 3', as they are read: N where one is missing, without those too many.
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
