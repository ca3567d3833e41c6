"""``genoseq summary``: one page about a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = (
    "Example: genoseq summary results/models/bilstm results/evaluation/bilstm "
    "results/stores/demo.k3s1 results/tracks/demo/bilstm -o results/summary.html"
)


def summary(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Folders of models, evaluations, stores and tracks, in any order."),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="HTML file to write.")],
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "genoseq run",
    note: Annotated[str, typer.Option(help="Where the labels come from, in a sentence.")] = "",
) -> None:
    """Write one self-contained HTML page: metrics, curves, tracks, and what they were made from."""
    from genoseq.files.atomic import check_distinct
    from genoseq.report.results import read_results
    from genoseq.report.summary import write_summary

    read = (path for folder in folders for path in folder.glob("*") if path.suffix != ".html")
    check_distinct({"--out": out}, {f"input {path}": path for path in read})
    write_summary(out, read_results(folders), title, note)
    print(f"wrote {out}")
