"""``genoseq validate-tracks``: whether tracks and annotation, anyone's, are right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genoseq.validation.validate import CheckedFile

EPILOG = "Example: genoseq validate-tracks tracks/ --fasta genome.fa.gz"


def validate_tracks(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, or folders, which are searched for such files.")
    ],
    fasta: Annotated[
        Path, typer.Option(help="The genome: FASTA, GenBank or EMBL, plain or compressed.")
    ],
) -> None:
    """Check tracks and annotation of any program against the genome that they are of.

    A line for each file: path, format, records, errors, warnings, checks; then what is wrong, in
    words. Exit status 1 if there is an error, 0 if there are warnings alone.
    """
    from genoseq.validation.validate import validate_tracks as validate

    failed = False

    def show(file: CheckedFile) -> None:
        nonlocal failed
        failed = failed or file.errors > 0
        checks = ",".join(file.checks)
        print(file.path, file.format, file.records, file.errors, file.warnings, checks, sep="\t")

    print("file", "format", "records", "errors", "warnings", "checks", sep="\t")
    for finding in validate(paths, fasta, show):
        print(finding)
    raise typer.Exit(int(failed))
