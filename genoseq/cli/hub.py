"""``genoseq hub``: tracks and genes as a folder that genome browsers open."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

_log = logging.getLogger(__name__)

EPILOG = "Example: genoseq hub results/tracks/demo/bilstm --fasta resources/demo/genome.fa -o hub"

Shown = Annotated[
    list[Path],
    typer.Argument(
        help="Folders of tracks and of genes; bigWigs, BED, GFF3, GTF or GenBank.",
        show_default=False,
    ),
]
Genome = Annotated[
    Path, typer.Option("--fasta", help="The genome: FASTA, GenBank or EMBL, plain or compressed.")
]


def hub(
    tracks: Shown,
    fasta: Genome,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the hub.")],
    name: Annotated[
        str | None,
        typer.Option(help="Of the genome in the hub.", show_default="that of the FASTA's file"),
    ] = None,
    title: Annotated[str, typer.Option(help="Of the hub.", show_default="the genome's name")] = "",
    email: Annotated[str, typer.Option(help="Whom UCSC's pages name for questions.")] = "",
    region: Annotated[
        str | None,
        typer.Option(
            help="What is shown at first, 1-based: chr1:1-20000.",
            show_default="the beginning of the longest contig",
        ),
    ] = None,
) -> None:
    """Write tracks and genes as a folder for UCSC's genome browser, IGV and JBrowse 2.

    OUT gets hub.txt (UCSC's track hub), igv.xml and igv.json (sessions of IGV), config.json
    (JBrowse 2), and the genome as 2bit with bigWigs and bigBeds.
    """
    from genoseq.report.hub import write_hub

    written = write_hub(tracks, fasta, out, name=name, title=title, email=email, region=region)
    _log.info("hub: wrote %s", written)
