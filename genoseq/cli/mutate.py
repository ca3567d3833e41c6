"""``genoseq mutate``: what every substitution of every base would change."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from genoseq.cli.computing import (
    Device,
    Expected,
    GenomeFile,
    Model,
    ProgressFd,
    Threads,
    start_computing,
)

EPILOG = "Example: genoseq mutate genome.fa.gz -o mutations/ --region chr1:1001-1200 --target CDS+"

_log = logging.getLogger(__name__)


def mutate(
    fasta: GenomeFile,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for what is written.")],
    model: Model = None,
    region: Annotated[
        list[str] | None,
        typer.Option(help="What is mutated, 1-based: chr1:1-1000; may be repeated."),
    ] = None,
    regions: Annotated[
        Path | None, typer.Option(help="BED of what is mutated.", show_default="every contig")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS[:sum|max]",
            help="What is told, such as CDS, CDS+ or CDS-:max: by the sum of the changes of all "
            "bases that are looked at, or by the largest of them; may be repeated.",
            show_default="every class and strand, or signal, by its sum",
        ),
    ] = None,
    distance: Annotated[
        int,
        typer.Option(min=0, max=100_000, help="Changes are looked for so many bp to either side."),
    ] = 50,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="REGION",
            help="Look for changes in this region, whichever base is mutated: chr1:1-1000.",
            show_default="within --distance",
        ),
    ] = None,
    method: Annotated[
        Literal["saturation", "gradient", "integrated"],
        typer.Option(help="saturation: exactly, by scoring; others: estimates by gradients."),
    ] = "saturation",
    steps: Annotated[
        int, typer.Option(min=1, max=10_000, help="Gradients, of --method integrated.")
    ] = 16,
    pictures: Annotated[
        Literal["png", "svg", "none"],
        typer.Option(help="Heat maps, of regions of up to 2,000 bases."),
    ] = "png",
    device: Device = None,
    threads: Threads = None,
    expect: Expected = None,
    progress_fd: ProgressFd = None,
) -> None:
    """Substitute every base by each of the three others, and write what that would change.

    OUT gets mutations.tsv.gz, a bigWig of the importance of bases for each class and strand, which
    browsers draw as letters (dynseq), and heat maps.
    """
    from genoseq.variants.mutate_files import mutate_files

    with start_computing("mutate", out, threads, progress_fd) as report:
        written = mutate_files(
            fasta, model, out,
            region=region or (), regions=regions, targets=target or (), distance=distance, at=at,
            method=method, steps=steps, pictures=pictures, device=device, expect=expect,
            report=report,
        )  # fmt: skip
    _log.info("mutate: wrote %s", written)
