"""``genoseq tracks``: scores to bigWig, bedGraph, BED and TSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = "Example: genoseq tracks results/scores/ecoli/bilstm -o tracks --formats bigwig,bed,tsv"


def tracks(
    scores: Annotated[Path, typer.Argument(help="Folder of genoseq score --formats scores.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the tracks.")],
    formats: Annotated[
        str | None,
        typer.Option(
            help="Of bigwig, bedgraph, bed, tsv; comma-separated.",
            show_default="bigwig,bed; of signals bigwig",
        ),
    ] = None,
) -> None:
    """Write scores as tracks: the same bytes as genoseq score writes directly.

    OUT gets manifest.tsv and its files.  Other files in OUT stay, but for those of an older
    manifest.
    """
    from genoseq.cli.progress import watched
    from genoseq.errors import ConfigError
    from genoseq.files.provenance import read_record, with_this_software
    from genoseq.writers.outputs import chosen_formats, write_tracks
    from genoseq.writers.scores import read_scores

    if scores.resolve() == out.resolve():
        raise ConfigError(f"{out} holds the scores: choose another folder for the tracks")
    source = read_scores(scores)
    asked = chosen_formats(formats, source.kind)
    found = read_record(scores)
    columns = source.lengths, source.channels, source.kind
    record = None if found is None else with_this_software(found)
    bases = sum(piece.end - piece.start for piece in source.pieces)
    tracks = watched("tracks", source.tracks(), bases)
    write_tracks(tracks, *columns, out, asked, record=record)
