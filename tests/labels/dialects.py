"""Random gene models, and the same models as GFF3, GTF, GenBank and EMBL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import (
    AfterPosition,
    BeforePosition,
    CompoundLocation,
    ExactPosition,
    SeqFeature,
    SimpleLocation,
)
from Bio.SeqRecord import SeqRecord

LENGTH = 900
Span = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """Bases of one strand; across the origin ``end`` is beyond the contig's."""

    start: int
    end: int
    strand: int
    phase: int = 0

    def first(self, bases: int) -> Part:
        """Its first bases, 5' to 3'."""
        if self.strand > 0:
            return Part(self.start, self.start + bases, 1, self.phase)
        return Part(self.end - bases, self.end, -1, self.phase)

    def rest(self, bases: int) -> Part:
        """What is left of it without them."""
        phase = (self.phase - bases) % 3
        if self.strand > 0:
            return Part(self.start + bases, self.end, 1, phase)
        return Part(self.start, self.end - bases, -1, phase)

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Model:
    """A transcript: exons and CDS 5' to 3', and where the CDS is cut off."""

    exons: tuple[Part, ...]
    cds: tuple[Part, ...]
    open_start: bool = False
    open_end: bool = False


@dataclass(frozen=True)
class Gene:
    """Isoforms of one strand, or a trans-spliced CDS."""

    models: tuple[Model, ...]
    pseudo: bool = False
    trans: bool = False


def taken(parts: Sequence[Part], bases: int) -> tuple[list[Part], list[Part]]:
    """The first bases of parts, and the rest of them."""
    first: list[Part] = []
    for number, part in enumerate(parts):
        if bases < len(part):
            head = [part.first(bases)] if bases else []
            return [*first, *head], [part.rest(bases), *parts[number + 1 :]]
        first.append(part)
        bases -= len(part)
    return first, []


def with_phases(parts: Sequence[Part], phase: int) -> tuple[Part, ...]:
    """Parts whose phases go on from the first's."""
    found = []
    for part in parts:
        found.append(Part(part.start, part.end, part.strand, phase))
        phase = (phase - len(part)) % 3
    return tuple(found)


def random_model(exons: Sequence[Part], rng: Random) -> Model:
    """A CDS within exons."""
    bases = sum(map(len, exons))
    open_start, open_end = rng.random() < 0.2, rng.random() < 0.2
    phase = rng.randrange(3) if open_start else 0
    before = 0 if open_start and rng.random() < 0.5 else rng.randrange(bases // 3)
    size = rng.randrange(9, bases - before + 1)
    if not open_end:
        size -= (size - phase) % 3
    _, left = taken(exons, before)
    cds, _ = taken(left, size)
    return Model(tuple(exons), with_phases(cds, phase), open_start, open_end)


def random_gene(rng: Random, circular: bool) -> Gene:
    """A gene anywhere on the contig; across its origin if that is a circle."""
    strand = rng.choice((1, -1))
    at = rng.randrange(LENGTH - 320) + (300 if circular else 0)
    exons = []
    for _ in range(rng.randrange(1, 4)):
        exons.append(Part(at, at + rng.randrange(20, 60), strand))
        at = exons[-1].end + rng.randrange(12, 40)
    if exons[0].start >= LENGTH:
        exons = [Part(e.start - LENGTH, e.end - LENGTH, strand) for e in exons]
    if strand < 0:
        exons.reverse()
    if rng.random() < 0.15:
        parts = [Part(e.start, e.end, rng.choice((1, -1))) for e in exons]
        rng.shuffle(parts)
        size = sum(map(len, parts)) // 3 * 3
        return Gene((Model((), with_phases(taken(parts, size)[0], 0)),), trans=True)
    models = [random_model(exons, rng)]
    if len(exons) > 1 and rng.random() < 0.5:
        models.append(random_model(exons[rng.randrange(2) :], rng))
    return Gene(tuple(models), pseudo=rng.random() < 0.1)


def random_genes(rng: Random) -> tuple[bool, list[Gene]]:
    """Whether the contig is a circle, and its genes."""
    circular = rng.random() < 0.5
    return circular, [random_gene(rng, circular) for _ in range(rng.randrange(1, 4))]


def write_gff3(path: Path, circular: bool, genes: Sequence[Gene], rng: Random) -> None:
    """GFF3, with lines that isoforms share or not, and in any order within a gene."""
    rows = ["##gff-version 3"]
    circle = ";Is_circular=true" if circular else ""
    rows.append(f"c\t.\tregion\t1\t{LENGTH}\t.\t+\t.\tID=c{circle}")
    for number, gene in enumerate(genes):
        lines = list(_gff3_lines(f"g{number}", gene, rng))
        if not gene.trans:
            rng.shuffle(lines)
        rows += lines
    path.write_text("\n".join(rows) + "\n")


def _gff3_lines(name: str, gene: Gene, rng: Random) -> Iterator[str]:
    shared: dict[tuple[str, Part, str], list[str]] = {}
    for number, model in enumerate(gene.models):
        parent = name if gene.trans else f"{name}.t{number}"
        if not gene.trans:
            low, high = _hull(model.exons)
            yield _row("mRNA", Part(low, high, model.exons[0].strand), ".", f"ID={parent}")
        for exon in model.exons:
            shared.setdefault(("exon", exon, ""), []).append(parent)
        for part in model.cds:
            said = f";locus_tag={name}{_gff3_open(model, part)}"
            said += ";pseudo=true" if gene.pseudo else ""
            said += ";exception=trans-splicing" if gene.trans else ""
            shared.setdefault(("CDS", part, said), []).append(parent)
    apart = rng.random() < 0.5
    for (kind, part, said), parents in shared.items():
        phase = str(part.phase) if kind == "CDS" else "."
        for names in [[each] for each in parents] if apart else [parents]:
            own = f"ID=cds-{names[0]};" if apart and kind == "CDS" else ""
            yield _row(kind, part, phase, f"{own}Parent={','.join(names)}{said}")


def _gff3_open(model: Model, part: Part) -> str:
    low = (model.open_start and part is model.cds[0], model.open_end and part is model.cds[-1])
    before, after = low if part.strand > 0 else low[::-1]
    said = f";start_range=.,{part.start + 1}" if before else ""
    said += f";end_range={part.end},." if after else ""
    return f";partial=true{said}" if said else ""


def write_gtf(path: Path, genes: Sequence[Gene]) -> None:
    """GTF: the stop codon is outside the CDS.  It knows neither circles nor trans-splicing."""
    rows = []
    for number, gene in enumerate(genes):
        for isoform, model in enumerate(gene.models):
            said = f'gene_id "g{number}"; transcript_id "g{number}.t{isoform}";'
            said += ' tag "cds_start_NF";' if model.open_start else ""
            said += ' tag "cds_end_NF";' if model.open_end else ""
            said += ' pseudo "true";' if gene.pseudo else ""
            rows += list(_gtf_lines(model, said))
    path.write_text("\n".join(rows) + "\n")


def _gtf_lines(model: Model, said: str) -> Iterator[str]:
    yield from (_row("exon", exon, ".", said) for exon in model.exons)
    cds, stop = list(model.cds), []
    if not model.open_end:
        cds, stop = taken(model.cds, sum(map(len, model.cds)) - 3)
    start = [] if model.open_start else taken(model.cds, 3)[0]
    for kind, parts in (("CDS", cds), ("start_codon", start), ("stop_codon", stop)):
        yield from (_row(kind, part, str(part.phase), said) for part in parts)


def _row(kind: str, part: Part, phase: str, said: str) -> str:
    strand = "+" if part.strand > 0 else "-"
    return f"c\t.\t{kind}\t{part.start + 1}\t{part.end}\t.\t{strand}\t{phase}\t{said}"


def _hull(parts: Sequence[Part]) -> Span:
    return min(part.start for part in parts), max(part.end for part in parts)


def write_flat(path: Path, kind: str, circular: bool, genes: Sequence[Gene]) -> None:
    """GenBank or EMBL."""
    topology = "circular" if circular else "linear"
    record = SeqRecord(Seq("ACGTTGCA" * (LENGTH // 8) + "ACGT"), "c", "c")
    record.annotations |= {"molecule_type": "DNA", "topology": topology}
    for number, gene in enumerate(genes):
        for model in gene.models:
            said = {"locus_tag": f"g{number}"}
            if not gene.trans:
                record.features.append(_flat_feature("mRNA", model.exons, said))
            said |= {"codon_start": str(model.cds[0].phase + 1)}
            said |= {"pseudo": ""} if gene.pseudo else {}
            said |= {"trans_splicing": ""} if gene.trans else {}
            ends = model.open_start, model.open_end
            record.features.append(_flat_feature("CDS", model.cds, said, ends))
    SeqIO.write([record], path, kind)


def _flat_feature(
    kind: str,
    parts: Sequence[Part],
    said: dict[str, str],
    open_ends: tuple[bool, bool] = (False, False),
) -> SeqFeature:
    pieces = []
    for number, part in enumerate(parts):
        ends = open_ends[0] and number == 0, open_ends[1] and number == len(parts) - 1
        low, high = ends if part.strand > 0 else ends[::-1]
        split = [(part.start, part.end)]
        if part.start >= LENGTH:
            split = [(part.start - LENGTH, part.end - LENGTH)]
        elif part.end > LENGTH:
            split = [(part.start, LENGTH), (0, part.end - LENGTH)]
        own = [
            SimpleLocation(
                BeforePosition(start) if low and n == 0 else ExactPosition(start),
                AfterPosition(end) if high and n == len(split) - 1 else ExactPosition(end),
                part.strand,
            )
            for n, (start, end) in enumerate(split)
        ]
        pieces += own if part.strand > 0 else own[::-1]
    location = pieces[0] if len(pieces) == 1 else CompoundLocation(pieces)
    return SeqFeature(location, kind, qualifiers=said)
