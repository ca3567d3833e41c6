"""``genoseq score``: a FASTA and a model in, tracks out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from genoseq.cli.computing import (
    BatchBases,
    Device,
    Expected,
    Jobs,
    Precision,
    ProgressFd,
    Threads,
    chosen_jobs,
    start_computing,
)
from genoseq.cli.formats import (
    Bin,
    BinBy,
    ByPhase,
    Digits,
    Formats,
    Peaks,
    Segments,
    ValuesTold,
)
from genoseq.cli.genomes import GenomeFiles, for_each_genome

EPILOG = "Example: genoseq score genome.fa.gz -m results/models/bilstm -o tracks/"

Strands = Annotated[
    Literal["both", "one"] | None,
    typer.Option(
        help="both: the mean of both strands; one: the forward strand alone, in half the time.",
        show_default="the model's",
    ),
]

_log = logging.getLogger(__name__)

Control = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="bigWig or bedGraph of the genome's control, or NAME=FILE, of a model that has "
        "learned what controls say; may be repeated.",
        show_default="none: what controls explain is left out",
    ),
]


def score(
    fasta: GenomeFiles,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the tracks.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "-m",
            "--model",
            metavar="MODEL",
            help="Model folder, made by genoseq train, or a model in the box (genoseq models); of "
            "several their mean, and how far they spread.",
            show_default="bacteria",
        ),
    ] = None,
    regions: Annotated[
        Path | None, typer.Option(help="BED of what to score; the rest is a gap.")
    ] = None,
    control: Control = None,
    formats: Formats = None,
    values: ValuesTold = "probability",
    by_phase: ByPhase = False,
    confidence: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="How sure classes are, comma-separated: margin (best less second), entropy, "
            "disagreement (of the two strands).",
        ),
    ] = None,
    segments: Segments = None,
    peaks: Peaks = None,
    digits: Digits = None,
    bin: Bin = None,
    bin_by: BinBy = "mean",
    window: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1 << 24,
            help="Bases per window, context included; of models whose reach has no bound (LSTM), "
            "their own whatever is asked.",
            show_default="15360",
        ),
    ] = None,
    batch_bases: BatchBases = None,
    strands: Strands = None,
    device: Device = None,
    precision: Precision = "auto",
    jobs: Jobs = None,
    threads: Threads = None,
    expect: Expected = None,
    progress_fd: ProgressFd = None,
) -> None:
    """Score every base of a genome, both strands, and write tracks.

    OUT gets manifest.tsv, one bigWig for each class and strand, and segments.bed; with --confidence
    and with several models also bigWigs of how sure they are.
    """
    from genoseq.inference.score_files import score_files

    def of_genome(genome: Path, folder: Path) -> None:
        with start_computing("score", folder, threads, progress_fd) as report:
            written = score_files(
                genome, model, folder,
                regions=regions, control=control or (), formats=formats, values=values,
                by_phase=by_phase, confidence=confidence, segments=segments or (),
                peaks=peaks or (), digits=digits, bin=bin, bin_by=bin_by,
                window_bases=window, batch_bases=batch_bases, device=device, precision=precision,
                jobs=chosen_jobs(jobs, threads), strands=strands, expect=expect, report=report,
            )  # fmt: skip
        _log.info("score: wrote %s", written)

    for_each_genome(fasta, out, {"--regions": regions, "--control": control}, of_genome)
