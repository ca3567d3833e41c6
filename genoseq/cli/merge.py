"""``genoseq merge``: scores of shards to the scores of the genome."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = "Example: genoseq merge shard_scores/001 shard_scores/002 -o scores"


def merge(
    shards: Annotated[
        list[Path],
        typer.Argument(help="Folders of genoseq score --formats scores, in the shards' order."),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the scores.")],
) -> None:
    """Join the scores of all shards of a genome, after checking that every base is there once.

    OUT gets the same bytes as genoseq score of the whole genome writes with --formats scores.
    """
    from genoseq.cli.progress import watched
    from genoseq.errors import ConfigError
    from genoseq.writers.merge import read_shards

    if out.resolve() in {shard.resolve() for shard in shards}:
        raise ConfigError(f"{out} is one of the shards: choose another folder for the scores")
    found = read_shards(shards)
    found.write(watched("merge", found.tracks(), found.bases), out)
