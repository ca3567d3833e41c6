"""``genoseq merge``: scores of shards to the scores of the genome."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

_log = logging.getLogger(__name__)
EPILOG = "Example: genoseq merge shard_scores/001 shard_scores/002 -o scores"


def merge(
    shards: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of genoseq score --formats scores, or files of genoseq variants --shard, "
            "in the shards' order."
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the scores, or a VCF.")],
    of: Annotated[
        Path | None,
        typer.Option(metavar="VCF", help="What was scored: check that no record is missing."),
    ] = None,
) -> None:
    """Join the scores of all shards of a genome, after checking that every base is there once.

    OUT gets the same bytes as genoseq score of the whole genome writes with --formats scores; or,
    of shards of a VCF, as genoseq variants writes of the whole.
    """
    from genoseq.variants.merge_files import is_vcf, merge_variants_files

    if of is not None or all(map(is_vcf, shards)):
        count = merge_variants_files(shards, out, of)
        _log.info("merge: wrote %s: %s records", out, f"{count:,}")
        return
    from genoseq.cli.progress import progress
    from genoseq.writers.merge import merge_scores

    with progress("merge", "bases") as report:
        written = merge_scores(shards, out, report)
    _log.info("merge: wrote %s", written)
