"""``genoseq translate``: sequences and a model in, the sequences that it maps them to out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.computing import Device, Expected, ProgressFd, Threads, start_computing

EPILOG = "Example: genoseq translate reads.fastq.gz -m models/reads -o proteins.faa --beams 4"

_log = logging.getLogger(__name__)


def translate(
    sequences: Annotated[
        Path, typer.Argument(help="FASTA or FASTQ, plain or compressed; - is stdin.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="FASTA to write.")],
    model: Annotated[
        str,
        typer.Option(
            "-m",
            "--model",
            metavar="MODEL",
            help="Model folder, made by genoseq train from a store of pairs.",
        ),
    ],
    beams: Annotated[
        int,
        typer.Option(
            min=1, max=1 << 16, help="Sequences that the search follows at once; 1 is greedy."
        ),
    ] = 1,
    max_length: Annotated[
        int | None,
        typer.Option(
            min=1, max=1 << 16, help="Letters of an output at most.", show_default="the model's"
        ),
    ] = None,
    device: Device = None,
    threads: Threads = None,
    expect: Expected = None,
    progress_fd: ProgressFd = None,
) -> None:
    """Map each sequence to another, such as a noisy read to its protein.

    Outputs stand in the order of the inputs and under their names; logp= in a header is the natural
    logarithm of the probability that the model gives to the output. A model whose task has
    either_strand reads both strands and keeps the more probable output; strand= is that one's.
    """
    from genoseq.inference.translate_files import translate_files

    with start_computing("translate", out, threads, progress_fd) as report:
        done = translate_files(
            sequences,
            model,
            out,
            beams=beams,
            longest=max_length,
            device=device,
            expect=expect,
            report=report,
        )
    _log.info("translate: wrote %s: %s sequences of %s bases", out, f"{done[0]:,}", f"{done[1]:,}")
