"""``genoseq report``: one page about a run."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.errors import ConfigError

_log = logging.getLogger(__name__)

EPILOG = (
    "Example: genoseq report results/models/bilstm results/evaluation/bilstm "
    "results/stores/demo results/tracks/demo/bilstm -o results/report.html"
)


def report(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders of models, evaluations, stores, tracks, genes, variants, in any order; "
            "of shards for genomes that are only scored.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="HTML file to write.")] = None,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "genoseq run",
    note: Annotated[str, typer.Option(help="Where the labels come from, in a sentence.")] = "",
    serve: Annotated[
        Path | None,
        typer.Option(
            help="Instead: let browsers on this machine read a report, or a folder with "
            "report.html in it, until Ctrl-C.",
            metavar="FOLDER|HTML",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Of --serve; 0 is any that is free.")
    ] = 0,
) -> None:
    """Write one self-contained HTML page: verdict, metrics, curves, errors, tracks, run cards."""
    if serve is not None:
        _serve(serve, port, folders or out)
        return
    if not folders or out is None:
        raise ConfigError("give folders of results and -o PAGE.html, or a report to --serve")
    from genoseq.report.igv_bundle import MISSING, igv_bundle
    from genoseq.report.page import write_report

    if igv_bundle() is None:
        _log.warning("report: %s", MISSING)
    found = write_report(folders, out, title, note)
    _log.info("report: wrote %s: %s", out, found)


def _serve(path: Path, port: int, written: object) -> None:
    """Serve, and write nothing."""
    from genoseq.report.serve import serve

    if written:
        raise ConfigError("--serve writes nothing: give no other folders and no -o")
    serve(path, port, typer.echo)
