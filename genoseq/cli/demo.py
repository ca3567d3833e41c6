"""``genoseq demo``: a real genome with gene labels, offline."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from genoseq.errors import BackendError
from genoseq.files.atomic import atomic_file, check_distinct

if TYPE_CHECKING:
    from pyrodigal import Genes

GENOME = "tests/data/GCF_001457455.1_NCTC11397_genomic.fna.gz"
"""Corynebacterium diphtheriae NCTC 11397, RefSeq, one contig of 2.46 Mb, in pyrodigal's wheel."""

EPILOG = (
    "Example: genoseq demo --fasta resources/demo/genome.fa "
    "--annotation resources/demo/genes.gff3 --mask resources/demo/mask.bed"
)

_SHORTEST_GENE = 90
"""bp: Prodigal's shortest gene.  One cut off by a contig's end may be missed below it."""


def demo(
    fasta: Annotated[Path, typer.Option(help="FASTA to write: the genome.")],
    annotation: Annotated[Path, typer.Option(help="GFF3 to write: genes found by Prodigal.")],
    mask: Annotated[
        Path | None,
        typer.Option(help="BED to write: the contig's ends, where genes are cut off."),
    ] = None,
) -> None:
    """Write a real genome and gene labels for it, without a network.

    The genome is Corynebacterium diphtheriae NCTC 11397. The genes are predictions of Prodigal,
    trained on that genome: good enough to learn from, but nobody curated them.
    """
    from importlib.metadata import version

    check_distinct({"--fasta": fasta, "--annotation": annotation, "--mask": mask})
    name, text = _read_genome()
    genes = _find_genes(bytes("".join(text), "ascii"))
    with atomic_file(fasta) as path, path.open("w") as handle:
        handle.write(f">{name}\n" + "\n".join(text) + "\n")
    with atomic_file(annotation) as path, path.open("w") as handle:
        _write_genes(handle, genes, name.split()[0])
    if mask is not None:
        with atomic_file(mask) as path:
            path.write_text(_mask_lines(genes, name.split()[0]))
    print(
        f"{name}: {sum(map(len, text)):,} bp and {len(genes):,} genes predicted by Prodigal "
        f"(pyrodigal {version('pyrodigal')}), not curated"
    )


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
