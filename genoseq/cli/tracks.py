"""``genoseq tracks``: scores to bigWig, bedGraph, BED and TSV."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.formats import Digits, Formats, Peaks, Segments

_log = logging.getLogger(__name__)
EPILOG = "Example: genoseq tracks results/scores/ecoli/bilstm -o tracks --formats bigwig,bed,tsv"


def tracks(
    scores: Annotated[Path, typer.Argument(help="Folder of genoseq score --formats scores.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the tracks.")],
    formats: Formats = None,
    segments: Segments = None,
    peaks: Peaks = None,
    digits: Digits = None,
) -> None:
    """Write scores as tracks: the same bytes as genoseq score writes directly.

    OUT gets manifest.tsv and its files.  Other files in OUT stay, but for those of an older
    manifest.
    """
    from genoseq.cli.progress import progress
    from genoseq.writers.convert import convert_scores

    with progress("tracks", "bases") as report:
        written = convert_scores(
            scores,
            out,
            formats,
            report,
            segments=segments or (),
            peaks=peaks or (),
            digits=digits,
        )
    _log.info("tracks: wrote %s", written)
