"""``summary.html``: one page, whole in one file, that says what a run learned and wrote."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from genoseq import __version__
from genoseq.config.base import LEARNED, parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.files.atomic import atomic_file, check_distinct
from genoseq.report.gene_cards import gene_card
from genoseq.report.plots import learning_plot, precision_recall_plot
from genoseq.report.results import ModelResult, Results, TrackFolder, read_results
from genoseq.store.leaks import store_leaks
from genoseq.store.store import Store

CLASS_COLUMNS = ("precision", "recall", "f1", "mcc", "auprc")
SIGNAL_COLUMNS = ("pearson", "pearson_log1p", "spearman", "mse")
LANGUAGE_COLUMNS = ("bits_per_base", "perplexity", "accuracy")
PAIR_COLUMNS = ("edit_distance", "exact", "token_accuracy")
_MADE_BY = ("software", "hardware")
HEADINGS = {"f1": "F1", "mcc": "MCC", "auprc": "AUPRC", "mse": "MSE"}
_KINDS = {
    "classes": ("class", CLASS_COLUMNS, "f1"),
    "signal": ("signal", SIGNAL_COLUMNS, "pearson"),
    "bases": ("told", LANGUAGE_COLUMNS, "bits_per_base"),
    "sequences": ("written", PAIR_COLUMNS, "edit_distance"),
}
"""By what was measured: what a row is of, its figures, and the one that models are compared by."""
_OTHER: tuple[str, tuple[str, ...], str] = ("", (), "")


def summarize(
    folders: Sequence[str | Path],
    out: str | Path = "summary.html",
    title: str = "genoseq run",
    note: str = "",
) -> Results:
    """Write one page about a run: what ``genoseq summary`` does.

    Parameters
    ----------
    folders
        Of models, evaluations, stores, tracks and genes, in any order.
    out, title, note
        See :func:`write_summary`.

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
    write_summary(out, results, title, note)
    return results


def write_summary(out: str | Path, results: Results, title: str, note: str = "") -> None:
    """Write the page.

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
    """
    from jinja2 import Environment, StrictUndefined

    text = (files("genoseq.report") / "summary.html").read_text()
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
        text
    )
    folder = Path(out).resolve().parent
    html = page.render(
        title=title,
        note=note,
        version=__version__,
        cards=[model_card(model) for model in results.models],
        comparison=comparison_table(results.models),
        tables=[metrics_table(model) for model in results.models],
        tested=genomes_table(results.models),
        genomes=[genome_card(store) for store in results.stores],
        splits=LEARNED,
        leaks=leak_rows(results.stores),
        learning=learning_plot(results.models),
        precision_recall=precision_recall_plot(results.models),
        tracks=[track_card(tracks, folder) for tracks in results.tracks],
        genes=[gene_card(genes, folder) for genes in results.genes],
    )
    with atomic_file(out) as partial:
        partial.write_text(html)


def model_card(model: ModelResult) -> list[tuple[str, str]]:
    """Facts of a model, as pairs of heading and text."""
    bundle, origin = model.bundle, model.origin
    data = origin.get("inputs", {})
    settings = bundle["model"]
    stem, tokenizer = settings["stem"], settings["tokenizer"]
    strands = "tied" if settings.get("tied_strands") else "averaged at scoring"
    stride = "none" if stem is None else f"stride {stem['stride']}, width {stem['width']}"
    return [
        ("model", model.name),
        ("encoder", encoder_text(settings)),
        ("convolution before it", stride),
        ("tokens", f"{tokenizer['k']}-mers, one every {tokenizer['stride']} bp"),
        ("strands", strands),
        ("context", f"{bundle['context']:,} bp on either side"),
        ("trained", f"{_number(origin.get('steps'))} steps, seed {origin.get('seed')}"),
        ("training data", ", ".join(f"{name} ({_short(of)})" for name, of in data.items())),
        ("weights", f"{model.weights:,}, sha256 {bundle['weights_sha256'][:12]}"),
        *((name, ", ".join(_facts(of))) for name in _MADE_BY for of in origin.get(name, [])),
    ]


def _short(files: Mapping[str, str]) -> str:
    """The beginning of the first file's checksum."""
    return next(iter(files.values()), "")[:12]


def _facts(entry: Mapping[str, Any]) -> list[str]:
    """Facts of an entry of a record: ``torch 2.13.0``, ``cores 2``."""
    named = {name.replace("_", " "): str(fact)[:40] for name, fact in entry.items() if fact}
    return [f"{name} {fact}" for name, fact in named.items()]


def encoder_text(settings: Mapping[str, Any]) -> str:
    """What an encoder says of itself: ``bidirectional lstm, 1 x 64``."""
    return parse_settings(ModelSettings, settings).encoder.describe()


def comparison_table(models: Sequence[ModelResult]) -> dict[str, Any]:
    """All models side by side, one row per model: size, training, and a figure of each row that
    was measured on test: F1, Pearson, bits per base or edit distance."""
    macros = any(model.kind == "classes" for model in models)
    compared = [_compared(model) for model in models]
    headings = list(dict.fromkeys(heading for figures in compared for heading in figures))
    rows = []
    for model, figures in zip(models, compared, strict=True):
        valid = model.bundle["metrics"].get("valid", {})
        macro = [_figure(model.metrics.get("channels", {}).get("macro_f1"))] if macros else []
        rows.append(
            [
                model.name,
                encoder_text(model.bundle["model"]),
                _number(model.weights),
                _number(model.origin.get("steps")),
                _figure(valid.get("loss")),
                *macro,
                *(_figure(figures.get(heading)) for heading in headings),
            ]
        )
    overall = ["macro F1"] if macros else []
    return {
        "headings": ["model", "encoder", "weights", "steps", "valid loss", *overall, *headings],
        "rows": rows,
    }


def _compared(model: ModelResult) -> dict[str, float | None]:
    """The figures of a model that stand beside those of others, by their headings."""
    name = _KINDS.get(model.kind, _OTHER)[2]
    return {f"{_heading(name)} {row['label']}": row[name] for row in model.rows}


def metrics_table(model: ModelResult) -> dict[str, Any]:
    """Metrics of each class or signal: name, headings, rows of text, and a line on top."""
    what, columns, _ = _KINDS.get(model.kind, _OTHER)
    rows = [
        [row["label"], _number(row["support"]), *(_figure(row[name]) for name in columns)]
        for row in model.rows
    ]
    macro = model.metrics["channels"]["macro_f1"] if model.kind == "classes" else None
    return {
        "name": model.name,
        "headings": [
            what,
            "letters" if model.kind == "sequences" else "bases",
            *map(_heading, columns),
        ],
        "rows": rows,
        "line": f"macro F1 {_figure(macro)}" if model.kind == "classes" else "",
    }


def _heading(figure: str) -> str:
    return HEADINGS.get(figure, figure.replace("_", " "))


def genomes_table(models: Sequence[ModelResult]) -> dict[str, Any]:
    """F1 of each genome of the test split by each model: headings, and rows of text.

    No rows where there are no classes, or in evaluations of earlier versions.
    """
    found = {model.name: model.metrics.get("genomes", {}) for model in models}
    names = dict.fromkeys(name for each in found.values() for name in each)
    rows = [
        [
            name,
            _number(next(each[name]["bases"] for each in found.values() if name in each)),
            *(_figure(each.get(name, {}).get("micro_f1")) for each in found.values()),
        ]
        for name in names
    ]
    return {"headings": ["genome", "bases", *(f"F1 {name}" for name in found)], "rows": rows}


def genome_card(store: Store) -> dict[str, Any]:
    """A store's name, bases of each split, and what it was made from."""
    regions = store.regions
    bases = [int(regions.bases[regions.of_split(split)].sum()) for split in LEARNED]
    checksum = next((str(store.checksums[n])[:12] for n in sorted(store.checksums)), "")
    return {
        "name": store.name,
        "bases": [_number(count) for count in bases],
        "sources": [f"{key}: {_source(value)}" for key, value in store.sources.items()],
        "checksum": checksum,
    }


def leak_rows(stores: Sequence[Store]) -> list[list[str]]:
    """For each pair of splits: names, shared 31-mers, those of the later one, and the share."""
    return [
        [
            f"{leak.held_out} in {leak.other}",
            _number(leak.shared),
            _number(leak.total),
            f"{leak.fraction:.3%}",
        ]
        for leak in store_leaks(stores)
    ]


def track_card(tracks: TrackFolder, folder: Path) -> dict[str, Any]:
    """Files of a genome and model, with links relative to the page's folder."""
    relative = os.path.relpath(tracks.path.resolve(), folder)
    files = [
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
    return {"genome": tracks.genome, "model": tracks.model, "files": files}


def _number(count: float | None) -> str:
    return "-" if count is None else f"{count:,}"


def _figure(value: float | None) -> str:
    return "-" if value is None or not np.isfinite(value) else f"{value:.4f}"


def _source(value: Any) -> str:
    """A source's facts, checksums shortened."""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(str(x) if k == "path" else f"{k} {str(x)[:12]}" for k, x in value.items())
