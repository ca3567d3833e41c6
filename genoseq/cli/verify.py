"""``genoseq verify``: whether what genoseq wrote is still what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = "Example: genoseq verify stores/ecoli models/bilstm models/bilstm.state"


def verify(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Stores, models, training states, scores, tracks; or folders of those."
        ),
    ],
) -> None:
    """Read folders that genoseq wrote, every byte, and compare their checksums.

    A line for each folder: path, what it is, bytes. What is damaged is an error, a line each, and
    exit status 1.
    """
    from genoseq.inference.verify_files import verify_files

    for found in verify_files(paths):
        print(found.path, found.kind, found.size, sep="\t")
