"""``genoseq leaks``: 31-mers that the splits of stores share."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

_log = logging.getLogger(__name__)

EPILOG = "Example: genoseq leaks results/stores/* -o leaks.json"


def leaks(
    stores: Annotated[list[Path], typer.Argument(help="Stores that one model learns from.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="JSON to write, besides the table.")
    ] = None,
) -> None:
    """Say how much of the validation and test splits is also in another split.

    The share of distinct 31-mers, either strand, of all stores together. Unrelated genomes share
    almost none; a fraction of 0.6 is two strains of one species: then the test shows memory.
    """
    from genoseq.store.leaks import leaks as find_leaks

    found = find_leaks(stores, out)
    print("held_out\tother\tshared_31mers\tsample\tfraction")
    for leak in found:
        print(f"{leak.held_out}\t{leak.other}\t{leak.shared}\t{leak.total}\t{leak.fraction:.4f}")
    if out is not None:
        sys.stdout.flush()
        pairs = "1 pair" if len(found) == 1 else f"{len(found)} pairs"
        _log.info("leaks: wrote %s: %s of splits", out, pairs)
