"""A real genome with gene labels, offline: what ``genoseq demo`` does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from genoseq.errors import BackendError
from genoseq.files.atomic import PathLike, atomic_together, check_distinct

if TYPE_CHECKING:
    from pyrodigal import Genes

GENOME = "tests/data/GCF_001457455.1_NCTC11397_genomic.fna.gz"
"""Corynebacterium diphtheriae NCTC 11397, RefSeq, one contig of 2.46 Mb, in pyrodigal's wheel."""


_SHORTEST_GENE = 90
"""bp: Prodigal's shortest gene.  One cut off by a contig's end may be missed below it."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo is: header and bp of its genome, number of genes, and what predicted them."""

    name: str
    bases: int
    genes: int
    predicted_by: str

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.bases:,} bp and {self.genes:,} genes predicted by "
            f"{self.predicted_by}, not curated"
        )


def make_demo(fasta: PathLike, annotation: PathLike, mask: PathLike | None = None) -> Demo:
    """Write a real genome and gene labels for it, without a network.

    The genome is Corynebacterium diphtheriae NCTC 11397.  The genes are predictions of Prodigal,
    trained on that genome: good enough to learn from, but nobody curated them.

    Parameters
    ----------
    fasta, annotation
        FASTA and GFF3 to write.
    mask
        BED to write: the contig's ends, where genes are cut off.

    Raises
    ------
    BackendError
        If pyrodigal is not installed, or comes without the genome.
    ConfigError
        If two of the files are one.
    """
    from importlib.metadata import version

    outputs = {"--fasta": Path(fasta), "--annotation": Path(annotation)}
    check_distinct(outputs | ({} if mask is None else {"--mask": Path(mask)}))
    name, text = _read_genome()
    genes = _find_genes(bytes("".join(text), "ascii"))
    asked = [fasta, annotation] if mask is None else [fasta, annotation, mask]
    with atomic_together(asked) as paths:
        paths[0].write_text(f">{name}\n" + "\n".join(text) + "\n")
        with paths[1].open("w") as handle:
            _write_genes(handle, genes, name.split()[0])
        for path in paths[2:]:
            path.write_text(_mask_lines(genes, name.split()[0]))
    source = f"Prodigal (pyrodigal {version('pyrodigal')})"
    return Demo(name, sum(map(len, text)), len(genes), source)


def _read_genome() -> tuple[str, list[str]]:
    """The record's header and its lines."""
    import gzip
    from importlib.metadata import version
    from importlib.resources import files

    try:
        source = files("pyrodigal") / GENOME
    except ModuleNotFoundError:
        raise BackendError("the demo needs pyrodigal: pip install 'genoseq[demo]'") from None
    if not source.is_file():
        raise BackendError(
            f"pyrodigal {version('pyrodigal')} comes without {GENOME}: pip install pyrodigal==3.7.1"
        )
    header, *lines = gzip.decompress(source.read_bytes()).decode().splitlines()
    return header.removeprefix(">"), lines


def _find_genes(sequence: bytes) -> Genes:
    from pyrodigal import GeneFinder

    finder = GeneFinder()
    finder.train(sequence)
    return finder.find_genes(sequence)


def _write_genes(handle: IO[str], genes: Genes, chrom: str) -> None:
    from importlib.metadata import version

    handle.write("##gff-version 3\n")
    handle.write(f"##sequence-region {chrom} 1 {len(genes.sequence)}\n")
    source = f"pyrodigal_v{version('pyrodigal')}"
    for number, gene in enumerate(genes, 1):
        strand = "+" if gene.strand > 0 else "-"
        partial = f"{gene.partial_begin:d}{gene.partial_end:d}"
        columns = (chrom, source, "CDS", gene.begin, gene.end, f"{gene.score:.1f}", strand, 0)
        handle.write("\t".join(map(str, columns)) + f"\tID={chrom}_{number};partial={partial}\n")


def _mask_lines(genes: Genes, chrom: str) -> str:
    """Both ends of the contig, as far as genes reach that they cut off; BED3, 0-based."""
    length = len(genes.sequence)
    first = max([_SHORTEST_GENE, *(gene.end for gene in genes if gene.partial_begin)])
    last = min([length - _SHORTEST_GENE, *(gene.begin - 1 for gene in genes if gene.partial_end)])
    return f"{chrom}\t0\t{first}\n{chrom}\t{last}\t{length}\n"
