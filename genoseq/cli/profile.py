"""``genoseq profile``: mean values and letters around sites."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

_log = logging.getLogger(__name__)

EPILOG = (
    "Example: genoseq profile scores --sites tracks/peaks.bed --fasta genome.fa --flank 50 "
    "-o around"
)


def profile(
    tracks: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of scores and of tracks; bigWigs, also of measurements or labels.",
            show_default=False,
        ),
    ],
    sites: Annotated[
        Path,
        typer.Option(
            help="BED of sites, or an annotation with --class; longer ones count by their middle."
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for tables and figures.")],
    kind: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="NAME",
            help="Sites of the annotation: splice_donor, splice_acceptor, start_codon, stop_codon, "
            "or a type of the file.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="CONDITION",
            help="Conditions that they keep to, as of genoseq tokenize: type=mRNA, score>=500.",
        ),
    ] = None,
    fasta: Annotated[Path | None, typer.Option(help="The genome, for a logo of the sites.")] = None,
    flank: Annotated[
        int, typer.Option(min=0, max=100_000, help="bp on either side of a site.")
    ] = 50,
) -> None:
    """Average values around sites, 5' to 3' of each: means, quartiles and a sequence logo.

    OUT gets profile.tsv, profile.svg and profile.png, and with --fasta letters.tsv.
    """
    from genoseq.report.profile import profile_sites

    written = profile_sites(
        tracks, sites, out, kind=kind, keep=keep or (), fasta=fasta, flank=flank
    )
    _log.info("profile: wrote %s", written)
