"""All models side by side, the best first by the figure that suits their classes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from genoseq.metrics.ranking import HEADLINES, RARE, any_rare, headline, never_called
from genoseq.report.results import ModelResult
from genoseq.report.tables import (
    KINDS,
    OTHER,
    Field,
    Table,
    encoder_text,
    heading,
    short,
    with_interval,
)

_SHOWN_BP = (0, 3, 10)
"""Distances from a site of which the page tells; evaluations have more."""
_CAPTION = "Models side by side, on the test split"


def comparison_table(models: Sequence[ModelResult]) -> Table:
    """All models side by side, and their baselines below: size, training, and a figure of each
    class, signal or all bases, with macro F1 where there are classes.

    Where a class is rare, by macro AUPRC and AUPRC of each, with classes that are never the most
    probable one.  Models of classes stand the best first.
    """
    kinds = {model.kind for model in models}
    rare = any(any_rare(model.metrics) for model in models)
    overall = ["macro_auprc"] * (rare or "independent" in kinds)
    overall += ["macro_f1"] * ("classes" in kinds)
    ranked = _best_first(models, overall[0]) if overall and len(kinds) == 1 else list(models)
    compared = [_compared(model, rare) for model in ranked]
    headings = list(dict.fromkeys(name for figures in compared for name in figures))
    rows: list[list[Field]] = []
    for model, figures in zip(ranked, compared, strict=True):
        valid = model.bundle["metrics"].get("valid", {})
        rows.append(
            [
                model.name,
                encoder_text(model.bundle["model"]),
                model.weights,
                model.origin.get("steps"),
                valid.get("loss"),
                *(_overall(model, figure) for figure in overall),
                *([", ".join(never_called(model.metrics)) or "none"] if rare else []),
                *(figures.get(name) for name in headings),
            ]
        )
    for name, of, figures in _baselines(models, rare):
        told = [figures.get(heading_) for heading_ in headings]
        empty: list[Field] = [None] * (len(overall) + rare)
        rows.append([name, of, None, None, None, *empty, *told])
    named = [*(HEADLINES[figure] for figure in overall), *["never called"] * rare]
    whole = ["model", "encoder", "weights", "steps", "valid loss", *named, *headings]
    return Table("models", _caption(rare, overall, ranked), whole, rows)


def _caption(rare: bool, overall: Sequence[str], models: Sequence[ModelResult]) -> str:
    if not overall or len(models) < 2:
        return _CAPTION
    why = f": a class is less than {RARE:.0%} of the bases" if rare else ""
    return f"{_CAPTION}, the best {HEADLINES[overall[0]]} first{why}"


def _best_first(models: Sequence[ModelResult], figure: str) -> list[ModelResult]:
    """By a figure; where it is not defined last, and as they were where it is the same."""
    values = {id(model): headline(model.metrics, figure) for model in models}
    return sorted(
        models, key=lambda model: math.inf if math.isnan(own := values[id(model)]) else -own
    )


def _overall(model: ModelResult, figure: str) -> Field:
    if model.kind not in ("classes", "independent"):
        return None
    value = headline(model.metrics, figure)
    ends = model.metrics.get("intervals", {}).get(figure)
    return None if math.isnan(value) else with_interval(value, ends)


def _figure(kind: str, rare: bool) -> str:
    """The figure of a row that models are compared by."""
    return "auprc" if rare and kind == "classes" else KINDS.get(kind, OTHER)[2]


def _compared(model: ModelResult, rare: bool) -> dict[str, float | None]:
    """The figures of a model that stand beside those of others, by their headings."""
    name = _figure(model.kind, rare)
    return {f"{heading(name)} {row['label']}": row[name] for row in model.rows}


def _baselines(
    models: Sequence[ModelResult], rare: bool
) -> list[tuple[str, str, dict[str, float | None]]]:
    """Name, note and figures of each baseline; of equal ones of several models the first."""
    found: dict[str, tuple[str, str, dict[str, float | None]]] = {}
    for model in models:
        figure = _figure(model.kind, rare)
        own: dict[str, tuple[str, str, dict[str, float | None]]] = {}
        for row in model.baselines:
            note = f"baseline; {row.note}" if row.note else "baseline"
            entry = own.setdefault(row.name, (row.name, note, {}))
            entry[2][f"{heading(figure)} {row.label}"] = row.figures.get(figure)
        for name, entry in own.items():
            found.setdefault(name, entry)
    return list(found.values())


def by_genome_table(models: Sequence[ModelResult]) -> Table | None:
    """Figures of each class in each of several genomes of the test split; None of a single one."""
    columns = ("prevalence", "auprc", "lift", "best_f1", "threshold", "top_k")
    rows: list[list[Field]] = [
        [
            *(model.name, row["genome"], row["class"], row["support"]),
            *(with_interval(row.get(name), _ends(row, name)) for name in columns),
        ]
        for model in models
        for row in model.metrics.get("by_genome", ())
    ]
    head = ["model", "genome", "class", "bases of it", *map(heading, columns)]
    caption = "Classes by genome of the test split"
    return Table("by-genome", caption, head, rows) if len({row[1] for row in rows}) > 1 else None


def sites_table(models: Sequence[ModelResult]) -> Table | None:
    """Sites found and missed within some bp, by genome of the test split; None without sites."""
    found: dict[tuple[str, ...], dict[int, Mapping[str, Any]]] = {}
    for model in models:
        every = model.metrics.get("sites", ())
        single = len({row["genome"] for row in every}) == 2  # the other one is all of them
        for row in every:
            if not (single and row["genome"] == "*"):
                key = (model.name, row["genome"], row["class"])
                found.setdefault(key, {})[row["tolerance"]] = row
    rows: list[list[Field]] = []
    for named, own in found.items():
        first = own[_SHOWN_BP[0]]
        figures = [
            with_interval(own[bp][name], _ends(own[bp], name))
            for bp in _SHOWN_BP
            for name in ("recall", "precision")
        ]
        counts = [first["sites"], first["called"], short(first["threshold"])]
        rows.append([*named, *counts, *figures])
    head = ["model", "genome", "class", "sites", "called", "threshold"]
    head += [f"{name}, {bp} bp" for bp in _SHOWN_BP for name in ("recall", "precision")]
    caption = "Sites found within so many bp, at the threshold of the best F1"
    return Table("sites", caption, head, rows) if rows else None


def _ends(row: Mapping[str, Any], name: str) -> list[float] | None:
    """The interval of a figure of a place; None where there is none, or in earlier evaluations."""
    ends = [row.get(f"{name}_{end}") for end in ("low", "high")]
    return None if None in ends else [end for end in ends if end is not None]
