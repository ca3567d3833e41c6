"""The page of a report without the browser of its run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from genoseq.report.loci import Locus
from genoseq.report.page import page_html
from genoseq.report.results import Results


def write_page(
    out: Path,
    results: Results,
    title: str,
    note: str = "",
    loci: Sequence[Locus] = (),
    browser: Markup | None = None,
) -> None:
    """Write it."""
    out.write_text(page_html(out, results, title, note, loci, browser or Markup("")), "utf-8")
