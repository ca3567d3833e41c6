"""``genoseq plot``: loci as figures."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.hub import Genome, Shown

_log = logging.getLogger(__name__)

EPILOG = (
    "Example: genoseq plot results/tracks/demo/bilstm resources/demo/genes.gff3 "
    "--fasta resources/demo/genome.fa --region NZ_LN831026.1:100001-130000 -o locus.pdf"
)


def plot(
    tracks: Shown,
    fasta: Genome,
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out",
            help="A .png or .svg of one locus, a .pdf with a page for each, or a folder of PNGs.",
        ),
    ],
    region: Annotated[
        list[str] | None, typer.Option(help="Locus, 1-based: chr1:1-1000; may be repeated.")
    ] = None,
    regions: Annotated[Path | None, typer.Option(help="BED of loci.")] = None,
    width: Annotated[float, typer.Option(help="Centimetres.")] = 18.0,
    dpi: Annotated[int, typer.Option(min=30, max=2400, help="Dots per inch of PNG.")] = 300,
    scaled_letters: Annotated[
        bool,
        typer.Option(
            "--scaled-letters", help="Values as letters of their height, where bases are wide."
        ),
    ] = False,
) -> None:  # fmt: skip
    """Draw loci for papers: values by strand, segments, genes, and the sequence when close.

    Tracks that can be compared have the same axis: probabilities 0 to 1, others what they span.
    """
    from genoseq.report.plot import plot_loci

    drawn = plot_loci(
        tracks,
        fasta,
        out,
        region=region or (),
        regions=regions,
        width=width,
        dpi=dpi,
        scaled_letters=scaled_letters,
    )
    _log.info("plot: wrote %s", drawn)
