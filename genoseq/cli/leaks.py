"""``genoseq leaks``: 31-mers that the splits of stores share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from genoseq.errors import StoreError
from genoseq.files.atomic import atomic_file, check_distinct

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
    from genoseq.store.leaks import store_leaks
    from genoseq.store.store import open_store

    read = (path for store in stores for path in store.glob("*"))
    check_distinct({"--out": out}, {f"input {path}": path for path in read})
    found = store_leaks([open_store(path) for path in stores])
    if not found:
        raise StoreError("all regions are of one split: there is nothing to leak")
    print("held_out\tother\tshared_31mers\tsample\tfraction")
    for leak in found:
        print(f"{leak.held_out}\t{leak.other}\t{leak.shared}\t{leak.total}\t{leak.fraction:.4f}")
    if out is not None:
        rows = [
            {"held_out": leak.held_out, "other": leak.other, "fraction": leak.fraction}
            for leak in found
        ]
        with atomic_file(out) as path:
            path.write_text(json.dumps(rows, indent=2) + "\n")
