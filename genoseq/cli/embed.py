"""``genoseq embed``: a FASTA and a model in, a table of vectors out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from genoseq.cli.computing import (
    BatchBases,
    Device,
    Expected,
    GenomeFile,
    Model,
    Precision,
    ProgressFd,
    Threads,
    start_computing,
)

EPILOG = "Example: genoseq embed genome.fa.gz -o embeddings/ --per window --window 5000"

_log = logging.getLogger(__name__)


def embed(
    fasta: GenomeFile,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the vectors.")],
    model: Model = None,
    per: Annotated[
        Literal["base", "step", "window", "region", "contig"],
        typer.Option(help="What gets a row; step: the bases of one step of the model."),
    ] = "contig",
    window: Annotated[
        int | None, typer.Option(min=1, max=1 << 24, help="Bases of a window, of --per window.")
    ] = None,
    regions: Annotated[
        Path | None,
        typer.Option(help="BED: the regions, or the only ones to have bases, steps or windows."),
    ] = None,
    pool: Annotated[
        Literal["mean", "last"],
        typer.Option(help="Over the bases of a row; last: for models that look back only."),
    ] = "mean",
    strand: Annotated[
        Literal["both", "own"],
        typer.Option(help="Mean of both strands; or the region's, forward where none is said."),
    ] = "both",
    file_format: Annotated[
        Literal["npy", "parquet"],
        typer.Option("--format", help="parquet: pip install 'genoseq[parquet]'."),
    ] = "npy",
    dtype: Annotated[
        Literal["float16", "float32"], typer.Option(help="float16 takes half of the disk.")
    ] = "float32",
    batch_bases: BatchBases = None,
    device: Device = None,
    precision: Precision = "auto",
    threads: Threads = None,
    expect: Expected = None,
    progress_fd: ProgressFd = None,
) -> None:
    """Write what a model makes of a genome inside: its encoder's hidden states, pooled.

    OUT gets embeddings.npy and rows.tsv, or embeddings.parquet: one row per base, step, window,
    region or contig. A row without A, C, G and T is NaN. Models are of labels, of signals or of
    bases (language models), not those that genoseq translate uses.
    """
    from genoseq.inference.embed import embed as write_embeddings

    with start_computing("embed", out, threads, progress_fd) as report:
        written = write_embeddings(
            fasta,
            model,
            out,
            per=per,
            window=window,
            regions=regions,
            pool=pool,
            strand=strand,
            file_format=file_format,
            dtype=dtype,
            batch_bases=batch_bases,
            device=device,
            precision=precision,
            expect=expect,
            report=report,
        )
    _log.info("embed: wrote %s", written)
