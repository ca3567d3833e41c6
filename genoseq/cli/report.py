"""``genoseq report``: one page about a run."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

_log = logging.getLogger(__name__)

EPILOG = (
    "Example: genoseq report results/models/bilstm results/evaluation/bilstm "
    "results/stores/demo results/tracks/demo/bilstm -o results/report.html"
)


def report(
    folders: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of models, evaluations, stores, tracks, genes, in any order; of shards "
            "for genomes that are only scored.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="HTML file to write.")],
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "genoseq run",
    note: Annotated[str, typer.Option(help="Where the labels come from, in a sentence.")] = "",
) -> None:
    """Write one self-contained HTML page: verdict, metrics, curves, errors, tracks, run cards."""
    from genoseq.report.page import write_report

    found = write_report(folders, out, title, note)
    _log.info("report: wrote %s: %s", out, found)
