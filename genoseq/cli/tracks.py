"""``genoseq tracks``: scores to bigWig, bedGraph, BED and TSV."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.formats import Bin, BinBy, Digits, Formats, Peaks, Segments
from genoseq.errors import ConfigError

_log = logging.getLogger(__name__)
EPILOG = "Example: genoseq tracks results/scores/ecoli/bilstm -o tracks --formats bigwig,bed,tsv"


def tracks(
    scores: Annotated[Path, typer.Argument(help="Folder of genoseq score --formats scores.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the tracks; with --table a TSV.")
    ],
    formats: Formats = None,
    segments: Segments = None,
    peaks: Peaks = None,
    digits: Digits = None,
    bin: Bin = None,
    bin_by: BinBy = "mean",
    alias: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            help="Other names of contigs: two columns, or UCSC's chromAlias.txt, of which "
            "chromAlias.txt:COLUMN.",
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="REGIONS",
            help="Instead of tracks mean, maximum and covered bases of each region of a BED, gene "
            "of an annotation, or of contigs.",
        ),
    ] = None,
) -> None:
    """Write scores as tracks: the same bytes as genoseq score writes directly.

    OUT gets manifest.tsv and its files.  Other files in OUT stay, but for those of an older
    manifest.
    """
    from genoseq.cli.progress import progress
    from genoseq.writers.convert import convert_scores

    if table is not None:
        if formats or segments or peaks or digits or alias or bin:
            raise ConfigError("--table writes a table and no tracks: leave out the other options")
        from genoseq.report.region_table import table_regions

        _log.info("tracks: wrote %s", table_regions(scores, table, out))
        return
    with progress("tracks", "bases") as report:
        written = convert_scores(
            scores, out, formats, report,
            segments=segments or (), peaks=peaks or (), digits=digits, bin=bin, bin_by=bin_by,
            alias=alias,
        )  # fmt: skip
    _log.info("tracks: wrote %s", written)
