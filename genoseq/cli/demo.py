"""``genoseq demo``: a real genome with gene labels, offline."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.errors import ConfigError

_log = logging.getLogger(__name__)

EPILOG = (
    "Example: genoseq demo --fasta resources/demo/genome.fa "
    "--annotation resources/demo/genes.gff3 --mask resources/demo/mask.bed"
)


def demo(
    fasta: Annotated[Path | None, typer.Option(help="FASTA to write: the genome.")] = None,
    annotation: Annotated[
        Path | None, typer.Option(help="GFF3 to write: genes found by Prodigal.")
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(help="BED to write: the contig's ends, where genes are cut off."),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Table to write: reads from within the genes, and their proteins."),
    ] = None,
    reads: Annotated[
        Path | None, typer.Option(help="FASTA to write: noisy reads of other genes.")
    ] = None,
) -> None:
    """Write a real genome and gene labels for it, or pairs of reads and proteins, without a
    network.

    The genome is Corynebacterium diphtheriae NCTC 11397. The genes are predictions of Prodigal,
    trained on that genome: good enough to learn from, but nobody curated them.
    """
    if (fasta is None) != (annotation is None) or (fasta is None and mask is not None):
        raise ConfigError("--fasta and --annotation belong together: give both")
    if (pairs is None) != (reads is None):
        raise ConfigError("--pairs and --reads belong together: give both")
    if fasta is not None and annotation is not None:
        from genoseq.extraction.demo import make_demo

        made = make_demo(fasta, annotation, mask)
        _tell([fasta, annotation, mask], str(made))
    if pairs is not None and reads is not None:
        from genoseq.genes.demo_pairs import make_demo_pairs

        _tell([pairs, reads], str(make_demo_pairs(pairs, reads)))
    if fasta is None and pairs is None:
        raise ConfigError("nothing to write: name --fasta and --annotation, or --pairs and --reads")


def _tell(paths: list[Path | None], made: str) -> None:
    wrote = ", ".join(str(path) for path in paths if path is not None)
    _log.info("demo: wrote %s: %s", wrote, made)
