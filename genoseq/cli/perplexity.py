"""``genoseq perplexity``: how likely a genome is to a language model."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.computing import Device, GenomeFile, Precision, Threads, start_computing
from genoseq.cli.formats import Formats

EPILOG = (
    "Example: genoseq perplexity genome.fa.gz -m models/causal --regions islands.bed -o perplexity/"
)

_log = logging.getLogger(__name__)


def perplexity(
    fasta: GenomeFile,
    model: Annotated[
        Path,
        typer.Option("-m", "--model", help="Folder of a language model, made by genoseq train."),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the tables and the tracks.")],
    against: Annotated[
        Path | None,
        typer.Option(
            help="Folder of another language model of the same task, as of many genomes: bits are "
            "told less those that it needs, and so high where sequence is foreign."
        ),
    ] = None,
    regions: Annotated[
        Path | None, typer.Option(help="BED of stretches to judge beside the contigs.")
    ] = None,
    formats: Formats = None,
    device: Device = None,
    precision: Precision = "auto",
    threads: Threads = None,
) -> None:
    """Tell bits per base of a genome by a language model: of bases, contigs and regions.

    OUT gets contigs.tsv and regions.tsv, the strangest first, and tracks of -log2 p of each base,
    on either strand and their mean.
    """
    from genoseq.inference.perplexity_files import perplexity_files

    with start_computing("perplexity", out, threads) as report:
        told = perplexity_files(
            fasta,
            model,
            out,
            against=against,
            regions=regions,
            formats=formats,
            device=device,
            precision=precision,
            report=report,
        )
    _log.info("perplexity: wrote %s: %s", out, told)
