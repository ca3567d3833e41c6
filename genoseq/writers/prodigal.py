"""Called genes in the formats of Prodigal: gbk, gff, sco, and FASTA with its headers.

By https://github.com/hyattpd/prodigal/wiki/understanding-the-prodigal-output and the files that
version 2.6.3 writes: 1-based closed, all starts in frame, genes of contig 3 are ``3_1``, ``3_2``.
The parts of its score (cscore, sscore, rscore, uscore, tscore), which only it has, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from genoseq import __version__
from genoseq.genome.called_genes import GeneSequences
from genoseq.writers.gene_records import location, rows
from genoseq.writers.gene_tables import attributes

_PROTEIN_WIDTH, _BASES_WIDTH = 60, 70
_COLUMN = 21


@dataclass(frozen=True, slots=True)
class ContigGenes:
    """A contig as Prodigal's formats have it.

    Attributes
    ----------
    number, name, length
        Its place in the file, from 1 on; its name and bp.
    gc
        Share of G and C among its bases, or in the mode ``single`` the genome's, in percent.
    code
        NCBI's number of the genetic code.
    run
        ``Single`` or ``Metagenomic``.
    model
        Name of the model.
    genes
        Those of the contig, in the order of their first bases.
    """

    number: int
    name: str
    length: int
    gc: float
    code: int
    run: str
    model: str
    genes: Sequence[GeneSequences]

    @property
    def sequence_data(self) -> str:
        """What is said of the contig itself."""
        return f'seqnum={self.number};seqlen={self.length};seqhdr="{self.name}"'

    @property
    def model_data(self) -> str:
        """What is said of how it was called."""
        return (
            f'version=genoseq.v{__version__};run_type={self.run};model="{self.model}";'
            f"gc_cont={self.gc:.2f};transl_table={self.code}"
        )


def gff_lines(contig: ContigGenes) -> Iterator[str]:
    """Lines of ``-f gff``, the first of a file ahead of its first contig."""
    if contig.number == 1:
        yield "##gff-version  3"
    yield from _comments(contig)
    for number, each in enumerate(contig.genes, 1):
        gene = each.gene
        where = (str(gene.start + 1), str(gene.end), f"{gene.log_odds:.1f}", gene.strand, "0")
        yield "\t".join(
            (contig.name, f"genoseq_v{__version__}", "CDS", *where, _scored(contig, number, each))
        )


def sco_lines(contig: ContigGenes) -> Iterator[str]:
    """Lines of ``-f sco``: number, first base, last base and strand of each gene."""
    yield from _comments(contig)
    for number, each in enumerate(contig.genes, 1):
        yield f">{number}_{each.gene.start + 1}_{each.gene.end}_{each.gene.strand}"


def gbk_lines(contig: ContigGenes) -> Iterator[str]:
    """Lines of ``-f gbk``: a feature table without the bases."""
    yield f"DEFINITION  {contig.sequence_data};{contig.model_data}"
    yield "FEATURES             Location/Qualifiers"
    for number, each in enumerate(contig.genes, 1):
        yield f"     CDS             {location(each.gene)}"
        yield f'{"":{_COLUMN}}/note="{_scored(contig, number, each)}"'
    yield "//"


FORMATS: dict[str, Callable[[ContigGenes], Iterator[str]]] = {
    "gbk": gbk_lines,
    "gff": gff_lines,
    "sco": sco_lines,
}
"""Formats by their name behind ``-f``: the lines of a contig."""


def protein_lines(contig: ContigGenes) -> Iterator[str]:
    """Lines of ``-a``: FASTA of proteins, each with the ``*`` of its stop codon if it has one."""
    for number, each in enumerate(contig.genes, 1):
        stop = "" if each.gene.open_3prime else "*"
        yield from _record(contig, number, each, each.protein.decode() + stop, _PROTEIN_WIDTH)


def base_lines(contig: ContigGenes) -> Iterator[str]:
    """Lines of ``-d``: FASTA of the genes' bases."""
    for number, each in enumerate(contig.genes, 1):
        yield from _record(contig, number, each, each.letters.decode(), _BASES_WIDTH)


def _comments(contig: ContigGenes) -> Iterator[str]:
    yield f"# Sequence Data: {contig.sequence_data}"
    yield f"# Model Data: {contig.model_data}"


def _record(
    contig: ContigGenes, number: int, each: GeneSequences, letters: str, width: int
) -> Iterator[str]:
    gene = each.gene
    strand = -1 if gene.strand == "-" else 1
    about = _about(contig, number, each)
    yield f">{contig.name}_{number} # {gene.start + 1} # {gene.end} # {strand} # {about}"
    yield from rows(letters, width)


def _about(contig: ContigGenes, number: int, each: GeneSequences) -> str:
    said = attributes(each.gene)
    gc = sum(each.letters.count(base) for base in b"GC") / max(len(each.letters), 1)
    words = (f"{key}={said[key]}" for key in ("partial", "start_type", "rbs_motif", "rbs_spacer"))
    return ";".join((f"ID={contig.number}_{number}", *words, f"gc_cont={gc:.3f}"))


def _scored(contig: ContigGenes, number: int, each: GeneSequences) -> str:
    gene = each.gene
    score = f"conf={100 * gene.conf:.2f};score={gene.log_odds:.2f};"
    return f"{_about(contig, number, each)};{score}"
