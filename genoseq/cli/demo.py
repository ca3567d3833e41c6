"""``genoseq demo``: a real genome with gene labels, offline."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

_log = logging.getLogger(__name__)

EPILOG = (
    "Example: genoseq demo --fasta resources/demo/genome.fa "
    "--annotation resources/demo/genes.gff3 --mask resources/demo/mask.bed"
)


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
    from genoseq.extraction.demo import make_demo

    made = make_demo(fasta, annotation, mask)
    wrote = ", ".join(str(path) for path in (fasta, annotation, mask) if path is not None)
    _log.info("demo: wrote %s: %s", wrote, made)
