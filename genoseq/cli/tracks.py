"""``genoseq tracks``: scores to bigWig, bedGraph, BED and TSV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genoseq.io.scores import Scores
    from genoseq.tracks import Track

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
    from genoseq.errors import ConfigError
    from genoseq.io.outputs import chosen_formats, write_tracks
    from genoseq.io.scores import read_scores
    from genoseq.provenance import read_record, with_this_software

    if scores.resolve() == out.resolve():
        raise ConfigError(f"{out} holds the scores: choose another folder for the tracks")
    source = read_scores(scores)
    asked = chosen_formats(formats, source.kind)
    found = read_record(scores)
    columns = source.lengths, source.channels, source.kind
    record = None if found is None else with_this_software(found)
    write_tracks(_watched(source), *columns, out, asked, record=record)


def _watched(scores: Scores) -> Iterator[Track]:
    from genoseq.cli.progress import progress

    total = sum(piece.end - piece.start for piece in scores.pieces)
    with progress("tracks", total, "bp") as advance:
        for track in scores.tracks():
            yield track
            advance(len(track.values))
