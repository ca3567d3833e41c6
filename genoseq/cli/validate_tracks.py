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
    json: Annotated[
        Path | None, typer.Option(help="JSON to write, with every file and finding.")
    ] = None,
    tsv: Annotated[Path | None, typer.Option(help="TSV to write, a line for each finding.")] = None,
) -> None:
    """Check tracks and annotation of any program against the genome that they are of.

    bigWig, bigBed, bedGraph, BED, GFF3, GTF, GenBank, EMBL, per-base TSV, indexes (tbi, csi, fai),
    and folders that genoseq wrote, with their manifest. A line for each file: path, format,
    records, errors, warnings and the checks that were done; then what is wrong, in words, the first
    five findings of each check. Exit status 1 if there is an error, 0 if there are warnings alone.
    """
    from genoseq.validation.report import check_outputs, write_report
    from genoseq.validation.validate import validate_tracks

    check_outputs(paths, fasta, json, tsv)
    done: list[CheckedFile] = []

    def show(file: CheckedFile) -> None:
        if not done:
            print("file", "format", "records", "errors", "warnings", "checks", sep="\t")
        done.append(file)
        checks = ",".join(file.checks)
        print(file.path, file.format, file.records, file.errors, file.warnings, checks, sep="\t")

    for finding in validate_tracks(paths, fasta, show):
        print(finding)
    write_report(done, json, tsv)
    raise typer.Exit(int(any(file.errors for file in done)))
