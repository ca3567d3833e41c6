"""Called genes as GFF3 and BED12.

GFF3 by https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md: 1-based closed;
a gene across the origin of a circle has two lines with one ID, which lie within the contig, because
few programs read ends beyond it.  A gene with indels has a line for each stretch between
them: a base too many is in none, and where one is missing the base before it, 5' to 3', is in both,
as annotations have slips of the ribosome; blocks of BED12 share no base.  ``partial`` is
Prodigal's: of the first base on the contig, then of the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote

from genoseq.genome.called_genes import CalledGene
from genoseq.genome.tracks import STRAND_COLOURS

_SEQID = ".:^*$@!+_?-|"
"""What GFF3 allows in column 1 beside letters and digits."""
ARTIFICIAL = "low-quality sequence region"
"""INSDC's word for a location that is adjusted to frameshifts."""
_Row = tuple[str, int, int, str]
"""Contig, start and end of a line of BED, and the line."""
_VALUE = " !\"#$'()*+-./:<>?@[\\]^_`{|}~"
_PLAIN = re.compile(f"[A-Za-z0-9{re.escape(_VALUE)}]*")
"""Values that are written as they are."""


def _quoted(text: str, safe: str) -> str:
    """Text with ``%XX`` for what is not safe: seldom anything, of names as of values."""
    plain = text.isascii() and text.replace("_", "").isalnum()
    return text if plain else _percent(text, safe)


@lru_cache(maxsize=4096)
def _percent(text: str, safe: str) -> str:
    return quote(text, safe=safe)


def gff3_lines(
    genes: Iterable[CalledGene], lengths: Mapping[str, int], circles: Iterable[str]
) -> Iterator[str]:
    """Lines of GFF3: a region for each circle, and a gene with its CDS for each gene; where genes
    have introns, with its mRNA and exons too.

    Parameters
    ----------
    genes
        In the order of the contigs.
    lengths
        bp of each contig.
    circles
        Names of those that are circles.
    """
    yield "##gff-version 3"
    for name, length in lengths.items():
        if length:
            yield f"##sequence-region {seqid(name)} 1 {length}"
    for name in (name for name in circles if lengths[name]):
        identity = _quoted(f"region-{name}", _VALUE)
        yield "\t".join(
            (seqid(name), "genoseq", "region", "1", str(lengths[name]), ".", "+", ".",
             f"ID={identity};Is_circular=true")
        )  # fmt: skip
    for gene in genes:
        yield from _gene_lines(gene)


def seqid(name: str) -> str:
    """A contig's name in column 1, with ``%XX`` for what GFF3 does not allow there."""
    text = _quoted(name, _SEQID)
    return "%3E" + text[1:] if text.startswith(">") else text


def _gene_lines(gene: CalledGene) -> list[str]:
    identity, score = _quoted(gene.name, _VALUE), f"{gene.log_odds:.2f}"
    before, scored = f"{seqid(gene.chrom)}\tgenoseq", f"{score}\t{gene.strand}"

    def line(kind: str, start: int, end: int, phase: int | str, about: str) -> str:
        return f"{before}\t{kind}\t{start + 1}\t{end}\t{scored}\t{phase}\t{about}"

    about = f"ID=gene-{identity};locus_tag={identity}"
    lines = [line("gene", start, end, ".", about) for start, end in gene.spans]
    parent, parts = "gene", gene.parts
    if gene.introns is not None:
        parent, about = "rna", f"ID=rna-{identity};Parent=gene-{identity}"
        lines.append(line("mRNA", gene.start, gene.end, ".", about))
        about = f"Parent=rna-{identity}"
        lines += [line("exon", start, end, ".", about) for start, end, _ in parts]
    about = f"ID={identity};Parent={parent}-{identity};{_attribute_column(attributes(gene))}"
    return [*lines, *[line("CDS", start, end, phase, about) for start, end, phase in parts]]


def _attribute_column(said: dict[str, str]) -> str:
    if not _PLAIN.fullmatch("".join(said.values())):
        said = {key: _quoted(value, _VALUE) for key, value in said.items()}
    return ";".join([f"{key}={value}" for key, value in said.items()])


def attributes(gene: CalledGene) -> dict[str, str]:
    """What is said of a gene, in Prodigal's words where it has them."""
    before, after = gene.partial
    said = {
        "partial": f"{int(before)}{int(after)}",
        "transl_table": str(gene.code),
        "start_type": gene.start_type,
    }
    if gene.introns is not None:
        return said | {"introns": str(len(gene.introns)), "conf": f"{gene.conf:.3f}"}
    said |= {
        "rbs_motif": gene.motif or "None",
        "rbs_spacer": "None" if gene.spacing is None else f"{gene.spacing}bp",
        "conf": f"{gene.conf:.3f}",
        "start_conf": "None" if gene.start_conf is None else f"{gene.start_conf:.3f}",
    }
    if gene.shifts:
        said["frameshifts"] = ",".join(
            f"{where}:{shift.kind}"
            for shift, where in zip(gene.shifts, _positions(gene), strict=True)
        )
        said["artificial_location"] = ARTIFICIAL
    if gene.pseudo:
        said["pseudo_candidate"] = "true"
    return said


def _positions(gene: CalledGene) -> Iterator[int]:
    """1-based, forward: the base too many, or the base behind which one is missing."""
    for shift in gene.shifts:
        position = shift.position + shift.inserted
        yield (position - 1) % gene.circle + 1 if gene.circle else position


def frameshift_lines(genes: Iterable[CalledGene]) -> Iterator[str]:
    """Lines of BED, 0-based half-open: each base too many, or both bases beside one missing.

    The name is the gene's ID and ``ins1`` or ``del1``, the score 1000 times its ``conf``.
    """
    yield from _sorted(_frameshift_rows(genes))


def _frameshift_rows(genes: Iterable[CalledGene]) -> Iterator[_Row]:
    for gene in genes:
        for shift, position in zip(gene.shifts, _positions(gene), strict=True):
            # Beside the origin of a circle only the base before it is named.
            end = position if shift.inserted or position == gene.circle else position + 1
            name = f"{gene.name}:{shift.kind}"
            fields = (gene.chrom, position - 1, end, name, round(1000 * gene.conf), gene.strand)
            yield gene.chrom, position - 1, end, "\t".join(map(str, fields))


def bed12_lines(genes: Iterable[CalledGene]) -> Iterator[str]:
    """Lines of BED12, 0-based half-open; the score is ``conf`` in thousandths.

    The parts between introns are blocks of one line; those across an origin have a line each.
    Lines are sorted, as tabix and bedToBigBed want them.
    """
    yield from _sorted(_bed12_rows(genes))


def _bed12_rows(genes: Iterable[CalledGene]) -> Iterator[_Row]:
    colours = {strand: ",".join(map(str, colour)) for strand, colour in STRAND_COLOURS.items()}
    for gene in genes:
        said = f"{gene.name}\t{round(1000 * gene.conf)}\t{gene.strand}"
        parts = gene.parts
        for start, end in gene.spans:
            blocks = _blocks([(low, high) for low, high, _ in parts if start <= low < high <= end])
            sizes = ",".join([str(high - low) for low, high in blocks])
            firsts = ",".join([str(low - start) for low, _ in blocks])
            where = f"{gene.chrom}\t{start}\t{end}\t{said}\t{start}\t{end}"
            line = f"{where}\t{colours[gene.strand]}\t{len(blocks)}\t{sizes}\t{firsts}"
            yield gene.chrom, start, end, line


def _sorted(rows: Iterable[_Row]) -> Iterator[str]:
    """Lines of each contig by start and end; contigs in their order."""
    for _, own in groupby(rows, key=lambda row: row[0]):
        yield from (line for _, _, _, line in sorted(own, key=lambda row: row[1:3]))


def _blocks(parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Starts and ends, ascending; a base that two parts share is of one block only."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(parts, key=lambda part: part[0]):
        start = max(low, found[-1][1]) if found else low
        if start < high:
            found.append((start, high))
    return found
