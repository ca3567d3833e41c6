"""Tables of the page, and how numbers are written in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genoseq.config.base import LEARNED, parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.extraction.leaks import K, Leak
from genoseq.metrics.ranking import headline_of
from genoseq.report.charts import Data, Number
from genoseq.report.composition import Composition
from genoseq.report.results import ModelResult
from genoseq.store.store import Store

_OF_RARE = ("lift", "best_f1", "threshold", "top_k")
CLASS_COLUMNS = ("precision", "recall", "f1", "mcc", "auprc", *_OF_RARE)
SIGNAL_COLUMNS = ("pearson", "pearson_log1p", "spearman", "mse")
LANGUAGE_COLUMNS = ("bits_per_base", "perplexity", "accuracy")
INDEPENDENT_COLUMNS = ("prevalence", "auprc", *_OF_RARE)
PAIR_COLUMNS = ("edit_distance", "exact", "token_accuracy")
_OF_CURVE = ("auprc", "lift", "best_f1", "top_k")
_WITH_INTERVAL = {"classes": ("precision", "recall", "f1", *_OF_CURVE), "independent": _OF_CURVE}
"""Figures of classes that have a 95% interval where blocks are enough."""
_HEADINGS = {
    "f1": "F1",
    "mcc": "MCC",
    "auprc": "AUPRC",
    "best_f1": "best F1",
    "top_k": "top-k",
    "mse": "MSE",
}
KINDS = {
    "classes": ("class", CLASS_COLUMNS, "f1"),
    "signal": ("signal", SIGNAL_COLUMNS, "pearson"),
    "independent": ("class", INDEPENDENT_COLUMNS, "auprc"),
    "bases": ("told", LANGUAGE_COLUMNS, "bits_per_base"),
    "sequences": ("written", PAIR_COLUMNS, "edit_distance"),
}
"""By what was measured: what a row is of, its figures, and the one that models are compared by."""
OTHER: tuple[str, tuple[str, ...], str] = ("", (), "")
"""Of what another package measures."""


@dataclass(frozen=True)
class Shown:
    """A number that is shown in other words than its own."""

    value: Number
    text: str


Field = str | Number | Shown


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    key
        Its name on the page, and in that of its data's file.
    caption
        What it is of.
    headings, rows
        What is shown.
    data
        What is downloaded, where that is more than what is shown.
    """

    key: str
    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Field]]
    data: Data | None = None

    def download(self) -> Data:
        """The numbers as they are."""
        if self.data is not None:
            return self.data
        return Data(self.headings, [[_plain(field) for field in row] for row in self.rows])


def _plain(field: Field) -> str | Number:
    return field.value if isinstance(field, Shown) else field


def shown(field: Field) -> str:
    """A field in words: thousands apart, four decimals, a dash for what is not defined."""
    match field:
        case Shown():
            return field.text
        case str():
            return field
        case None:
            return "-"
        case int():
            return f"{field:,}"
        case _:
            return f"{field:.4f}" if np.isfinite(field) else "-"


def sort_value(field: Field) -> str | None:
    """By what a number is sorted; None of text."""
    value = _plain(field)
    if isinstance(value, str):
        return None
    return "" if value is None or not np.isfinite(value) else repr(float(value))


def heading(figure: str) -> str:
    """A figure's name in a table."""
    return _HEADINGS.get(figure, figure.replace("_", " "))


def encoder_text(settings: Any) -> str:
    """What an encoder says of itself: ``bidirectional lstm, 1 x 64``."""
    return parse_settings(ModelSettings, settings).encoder.describe()


def metrics_table(model: ModelResult, number: int) -> Table:
    """Metrics of each class or signal; of classes with base rate and intervals."""
    what, columns, _ = KINDS.get(model.kind, OTHER)
    classes, ended = model.kind == "classes", _WITH_INTERVAL.get(model.kind, ())
    rate = ["base rate"] if classes else []
    rows: list[list[Field]] = []
    data: list[list[str | Number]] = []
    for row in model.rows:
        first = [row["label"], row["support"], *([row["base_rate"]] if classes else [])]
        rows.append([*map(short, first), *(_figure(row, name) for name in columns)])
        ends = (end for name in ended for end in _ends(row, name))
        data.append([*first, *(row.get(name) for name in columns), *ends])
    macro = model.metrics["channels"]["macro_f1"] if classes else None
    counted = "letters" if model.kind == "sequences" else "bases"
    head = [what, counted, *rate, *map(heading, columns)]
    named = [f"{name} {end}" for name in ended for end in ("low", "high")]
    said = f"{model.name}: macro F1 {shown(macro)}" if classes else model.name
    if any(row.get("intervals", {}).get(name) for row in model.rows for name in ended):
        said += "; in brackets 95% intervals, by drawing blocks of the test again"
    return Table(
        f"metrics-{number}", said, head, rows, Data([what, counted, *rate, *columns, *named], data)
    )


def _ends(row: Any, name: str) -> tuple[float | None, float | None]:
    found = row["intervals"].get(name)
    return (None, None) if found is None else (found[0], found[1])


def _figure(row: Any, name: str) -> Field:
    """A figure, and its interval behind it where there is one."""
    # Evaluations of earlier versions have fewer figures.
    return with_interval(row.get(name), row.get("intervals", {}).get(name))


def with_interval(value: float | None, ends: Sequence[float] | None) -> Field:
    """A figure with its interval, if it has one; of what is small the first digits."""
    if ends is None or value is None:
        return short(value)
    low, high = map(_end, ends)
    return Shown(value, f"{shown(short(value))} ({low} to {high})")


def _end(value: float) -> str:
    """An end of an interval: three decimals, fewer of what is large, digits of what is small."""
    if 0 < value < 0.001:
        return f"{value:.2g}"
    return f"{value:.3f}" if value < 100 else f"{value:,.0f}"


def short(field: Field) -> Field:
    """Shares and thresholds of what is rare with their first digits: not 0.0000."""
    small = isinstance(field, float) and 0 < abs(field) < 0.001
    return Shown(field, f"{field:.2g}") if small else field  # type: ignore[arg-type]


def genomes_table(models: Sequence[ModelResult]) -> Table | None:
    """F1 (AUPRC, where a class is rare), or r of signals, of each genome of the test split by each
    model; None where there are neither, or in evaluations of earlier versions."""
    figure, said, what = "micro_f1", "F1", "F1 of all classes together"
    if any(headline_of(model.metrics) == "macro_auprc" for model in models):
        figure, said, what = "macro_auprc", "macro AUPRC", "Mean AUPRC of the classes"
    if any(model.kind == "signal" for model in models):
        figure, said, what = "pearson", "Pearson r", "Mean Pearson r of the signals"
    found = {model.name: model.metrics.get("genomes", {}) for model in models}
    names = dict.fromkeys(name for each in found.values() for name in each)
    rows = [
        [
            name,
            next((each[name].get("bases") for each in found.values() if name in each), None),
            *(each.get(name, {}).get(figure) for each in found.values()),
        ]
        for name in names
    ]
    head = ["genome", "bases", *(f"{said} {name}" for name in found)]
    caption = f"{what}, by genome of the test split"
    return Table("tested", caption, head, rows) if rows else None


def stores_table(stores: Sequence[Store]) -> Table:
    """Bases of each split of each genome, and what it was made from."""
    rows: list[list[Field]] = [
        [
            store.name,
            *(int(store.regions.bases[store.regions.of_split(split)].sum()) for split in LEARNED),
            "; ".join(f"{key}: {_source(value)}" for key, value in store.sources.items()),
        ]
        for store in stores
    ]
    head = ["genome", *(f"{split}, bp" for split in LEARNED), "made from"]
    return Table("genomes", "Genomes learned from", head, rows)


def leaks_table(leaks: Iterable[Leak]) -> Table | None:
    """Shared k-mers of each pair of splits."""
    rows: list[list[Field]] = [
        [
            f"{leak.held_out} in {leak.other}",
            leak.shared,
            leak.total,
            Shown(leak.fraction, f"{leak.fraction:.3%}"),
        ]
        for leak in leaks
    ]
    head = ["splits", f"shared {K}-mers", "of", "share"]
    return Table("leaks", "Sequence that splits share", head, rows) if rows else None


def composition_table(parts: Sequence[Composition]) -> Table | None:
    """What the bases of each genome and split are."""
    rows: list[list[Field]] = [
        [
            part.name,
            part.split or "whole",
            part.bases,
            part.gc,
            part.unknown / max(part.bases, 1),
            None if part.unlabelled is None else part.unlabelled / max(part.bases, 1),
        ]
        for part in parts
    ]
    head = ["genome", "split", "bases", "GC", "N", "without label"]
    return Table("bases", "Bases by genome and split", head, rows) if rows else None


def _source(value: Any) -> str:
    """A source's facts: its name, not where it lies, and the beginning of its checksum."""
    if not isinstance(value, dict):
        return str(value)
    facts = (Path(x).name if k == "path" else f"{k} {str(x)[:12]}" for k, x in value.items())
    return ", ".join(facts)
