"""A folder of called genes in every format."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genoseq.files.names import FRAMESHIFTS, GENES
from genoseq.genome.called_genes import GeneSequences, by_contig
from genoseq.readers.fasta import Fasta
from genoseq.writers.gene_records import fasta_header, fasta_record, genbank_lines
from genoseq.writers.gene_tables import bed12_lines, frameshift_lines, gff3_lines


@dataclass(frozen=True, slots=True)
class GenesWritten:
    """What was written: genes, of them cut off, in the folder ``out``; bases that were read."""

    out: Path
    genes: int
    partial: int
    bases: int

    def __str__(self) -> str:
        cut = f" ({self.partial:,} of them partial)" if self.partial else ""
        return f"{self.out}: {self.genes:,} genes{cut} of {self.bases:,} bases"


def genes_written(
    out: Path, genes: Sequence[GeneSequences], lengths: Mapping[str, int]
) -> GenesWritten:
    """What is told of genes of contigs of these lengths, in a folder."""
    partial = sum(any(each.gene.partial) for each in genes)
    return GenesWritten(out, len(genes), partial, sum(lengths.values()))


def write_gene_files(
    folder: Path,
    genes: Sequence[GeneSequences],
    genome: Fasta,
    circles: Collection[str],
    division: str = "BCT",
    frameshifts: bool = False,
) -> None:
    """Write the files of :data:`genoseq.files.names.GENES` into a folder.

    Parameters
    ----------
    genes
        In the order of the genome's contigs.
    circles
        Names of contigs that are circles.
    division
        GenBank's: bacteria, if nothing else is said.
    frameshifts
        Whether to write ``frameshifts.bed`` as well, empty where there are none.
    """
    called = [each.gene for each in genes]
    ordered = [name for name in genome.lengths if name in circles]
    gff3, bed, genbank, bases, proteins = (folder / name for name in GENES)
    write_lines(gff3, gff3_lines(called, genome.lengths, ordered))
    write_lines(bed, bed12_lines(called))
    with bases.open("w", encoding="utf-8") as ffn, proteins.open("w", encoding="utf-8") as faa:
        for each in genes:
            header = fasta_header(each.gene)
            ffn.write(fasta_record(header, each.letters))
            faa.write(fasta_record(header, each.protein))
    if frameshifts:
        write_lines(folder / FRAMESHIFTS, frameshift_lines(called))
    of_contig = by_contig(genes)
    with genbank.open("w", encoding="utf-8") as out:
        for name, length in genome.lengths.items():
            letters, own = genome.fetch(name, 0, length), of_contig.get(name, [])
            lines = genbank_lines(name, letters, name in circles, own, division)
            lines.append("")
            out.write("\n".join(lines))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines, of which none ends with a line break, as UTF-8."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)
