"""``genoseq shards``: a genome cut into shards of equal work."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.computing import GenomeFile
from genoseq.genome.shards import MOST

_log = logging.getLogger(__name__)

EPILOG = "Example: genoseq shards genome.fa.gz -o shards --count 20"


def shards(
    fasta: GenomeFile,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the shards.")],
    count: Annotated[int, typer.Option(min=1, max=MOST, help="Number of shards.")],
) -> None:
    """Cut a genome into shards of equal work, to be scored apart and merged.

    OUT gets 001.bed and on, one for each shard, and genome.fa with its index, which is quick to
    open: genoseq score OUT/genome.fa --regions OUT/001.bed --formats scores.
    """
    from genoseq.extraction.shard_folder import write_shards

    made = write_shards(fasta, out, count)
    sizes = [sum(map(len, regions)) for regions in made]
    spread = f"{count} shards of {min(sizes):,} to {max(sizes):,} bases"
    _log.info("shards: wrote %s: %s", out, spread)
