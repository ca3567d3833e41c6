"""``report.html``: one page, whole in one file, that says what a run learned and whether it holds.

What people and files say, contigs, models, titles, is text: the template escapes it, and the
numbers behind plots and tables lie in a script of JSON that cannot end early.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from secrets import token_hex
from typing import Any

from markupsafe import Markup

from genoseq import __version__
from genoseq.files.atomic import atomic_together, check_distinct
from genoseq.report.browser import GenomeRegion, make_browser
from genoseq.report.browser_files import files_beside, replaced_folder, write_files
from genoseq.report.charts import Data, colour_class, colour_names
from genoseq.report.contents import Contents, contents
from genoseq.report.loci import Locus, worst_loci
from genoseq.report.loci_table import loci_table
from genoseq.report.results import ModelResult, Results, TrackFolder, read_results
from genoseq.report.tables import encoder_text, shown, sort_value
from genoseq.report.variant_rows import ReadVariants, read_variants
from genoseq.report.verdict import overall

_MADE_BY = ("software", "hardware")
LARGEST = 15_000_000
"""Bytes of a page, whatever the genomes."""
_MOST_FOLDERS = 50
"""Folders of tracks whose files are listed."""


def write_report(
    folders: Sequence[str | Path],
    out: str | Path = "report.html",
    title: str = "genoseq run",
    note: str = "",
) -> Results:
    """Write one page about a run: what ``genoseq report`` does.

    Parameters
    ----------
    folders
        Of models, evaluations, stores, tracks, genes and variants, in any order; of shards to see
        how far genomes that are only scored are from those of training.
    out, title, note
        See :func:`page_html`.

    Returns
    -------
    What is on it.

    Raises
    ------
    ConfigError
        If ``out`` is one of the files that are read.
    InputFormatError, StoreError
        If a folder is none of these, or is damaged; or a model lacks its evaluation.
    """
    found = list(map(Path, folders))
    read = (path for folder in found for path in folder.glob("*") if path.suffix != ".html")
    check_distinct({"--out": Path(out)}, {f"input {path}": path for path in read})
    results = read_results(found)
    write_browsable(Path(out), results, title, note)
    return results


def write_browsable(
    out: Path, results: Results, title: str, note: str = "", largest: int = LARGEST
) -> None:
    """Write the page with its browser, and beside it what does not fit into ``largest`` bytes.

    That is in a folder of the page's name, ``report_files``, which appears whole or not at all.

    Raises
    ------
    ConfigError
        If that folder holds anything else.
    InputFormatError
        If a file of a track is damaged, or of another genome than its folder's.
    """
    beside = files_beside(out)
    loci = worst_loci(results)
    variants = read_variants(results.variants)
    # The rest of the page says how much room there is.
    slot = Markup(f"<!--{token_hex(16)}-->")
    html = page_html(out, results, title, note, loci, slot, variants)
    shown_regions: list[GenomeRegion] = [
        *loci,
        *(one for each in variants for one in each.shown if not one.reason),
    ]
    browser = make_browser(results, shown_regions, largest - len(html.encode()), beside)
    rest = browser.rest if beside else {}
    with atomic_together([out, *replaced_folder(out, rest)]) as (page, *folder):
        page.write_text(html.replace(slot, browser.section), encoding="utf-8")
        if rest:
            write_files(rest, folder[0])


def page_html(
    out: Path,
    results: Results,
    title: str,
    note: str,
    loci: Sequence[Locus],
    browser: Markup,
    variants: Sequence[ReadVariants] = (),
) -> str:
    """The text of the page.

    Parameters
    ----------
    out
        The HTML file; tracks are linked relative to its folder.
    results
        What to show.
    title
        Heading of the page.
    note
        Where the labels come from; printed above the metrics.
    loci
        The worst false positives and negatives.
    browser
        The genome browser that these move.
    variants
        What files of variants have.
    """
    folder = out.resolve().parent
    html: str = _template().render(
        title=title,
        note=note,
        version=__version__,
        style=Markup(_text("report.css")),
        script=Markup(_text("report.js")),
        colours=colour_names(),
        models=[(model.name, model_card(model)) for model in results.models],
        shows_tracks=bool(results.tracks),
        tracks=[track_card(each, folder) for each in results.tracks[:_MOST_FOLDERS]],
        more_tracks=max(0, len(results.tracks) - _MOST_FOLDERS),
        loci=loci_table(loci),
        browser=browser,
        **_told(contents(results, folder, variants), loci),
    )
    return html


def _told(found: Contents, loci: Sequence[Locus]) -> dict[str, Any]:
    """Contents as the template takes them."""
    grades = [check.grade for check in found.checks]
    return {
        "verdict": overall(found.checks),
        "grades": {grade: grades.count(grade) for grade in dict.fromkeys(grades)},
        "checks": found.checks,
        "tables": found.tables,
        "metrics": found.metrics,
        "confusions": found.confusions,
        "learning": found.learning,
        "precision_recall": found.precision_recall,
        "signals": found.signals,
        "calibration": found.calibration,
        "genes": found.genes,
        "variants": found.variants,
        "data": json_script(found.data(loci)),
    }


def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page.filters |= {"shown": shown, "sorted_by": sort_value, "colour": colour_class}
    return page.from_string(_text("report.html"))


def _text(name: str) -> str:
    return (files("genoseq.report") / name).read_text(encoding="utf-8")


def json_script(data: Mapping[str, Data]) -> Markup:
    """JSON that can stand inside a script: no ``<`` that could end it, no line separators."""
    whole = {key: {"columns": [*of.columns], "rows": of.rows} for key, of in data.items()}
    text = json.dumps(whole, separators=(",", ":"), allow_nan=False, default=_row)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _row(value: Any) -> list[Any]:
    """A sequence that JSON does not know."""
    return list(value)


def model_card(model: ModelResult) -> list[tuple[str, str]]:
    """Facts of a model, as pairs of heading and text."""
    bundle, origin = model.bundle, model.origin
    data = origin.get("inputs", {})
    settings = bundle["model"]
    stem, tokenizer = settings["stem"], settings["tokenizer"]
    strands = "tied" if settings.get("tied_strands") else "averaged at scoring"
    if settings.get("strands") == "one":
        strands = "the forward one tells both"
    stride = "none" if stem is None else f"stride {stem['stride']}, width {stem['width']}"
    return [
        ("encoder", encoder_text(settings)),
        ("convolution before it", stride),
        ("tokens", f"{tokenizer['k']}-mers, one every {tokenizer['stride']} bp"),
        ("strands", strands),
        ("context", f"{bundle['context']:,} bp on either side"),
        ("trained", f"{shown(origin.get('steps'))} steps, seed {origin.get('seed')}"),
        ("training data", ", ".join(f"{name} ({_short(of)})" for name, of in data.items())),
        ("weights", f"{model.weights:,}, sha256 {bundle['weights_sha256'][:12]}"),
        *((name, ", ".join(_facts(of))) for name in _MADE_BY for of in origin.get(name, [])),
    ]


def _short(checksums: Mapping[str, str]) -> str:
    """The beginning of the first file's checksum."""
    return next(iter(checksums.values()), "")[:12]


def _facts(entry: Mapping[str, Any]) -> list[str]:
    """Facts of an entry of a record: ``torch 2.13.0``, ``cores 2``."""
    named = {name.replace("_", " "): str(fact)[:40] for name, fact in entry.items() if fact}
    return [f"{name} {fact}" for name, fact in named.items()]


def track_card(tracks: TrackFolder, folder: Path) -> dict[str, Any]:
    """Files of a genome and model, with links relative to the page's folder."""
    relative = os.path.relpath(tracks.path.resolve(), folder)
    listed = [
        {
            "href": Path(relative, file.path).as_posix(),
            "path": file.path,
            "what": f"{file.kind} {file.name} {file.strand}".replace("*", "").strip(),
            "format": file.format,
            "md5": file.md5,
        }
        for file in tracks.files
        if file.kind != "index"
    ]
    return {"genome": tracks.genome, "model": tracks.model, "files": listed}
