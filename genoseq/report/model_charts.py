"""Plots of models: what they learned by step, and how good and how honest they are on the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from genoseq.metrics.ranking import HEADLINES, headline_of
from genoseq.report.charts import Axis, Chart, Data, Number, Series, lines
from genoseq.report.results import ModelResult
from genoseq.report.tables import Field, Shown, Table

_MOST_CLASSES = 12
"""Classes with a plot of their own; all are in the data."""
_MOST_POINTS = 400
"""Of a line: more would not be seen."""
_MOST_CONFUSED = 16
"""Classes of a matrix that is shown whole."""
_LISTED = 30
_UNIT = {"low": 0.0, "high": 1.0}


def thinned(points: Sequence[Any]) -> list[Any]:
    """At most so many points, evenly, the first and the last among them."""
    if len(points) <= _MOST_POINTS:
        return list(points)
    kept = np.linspace(0, len(points) - 1, _MOST_POINTS).round().astype(int)
    return [points[index] for index in kept]


def learning_charts(models: Sequence[ModelResult]) -> list[Chart]:
    """Loss of training and validation by step, and of classes macro F1 of validation; macro AUPRC
    where a class is rare."""
    rare = any(headline_of(model.metrics) == "macro_auprc" for model in models)
    figure = "macro_auprc" if rare else "macro_f1"
    name = HEADLINES[figure]
    found = [
        _by_step(models, "learning", "Learning curves", "loss", "train_loss", "valid_loss"),
        _by_step(models, "learning-f1", f"M{name[1:]} of validation", name, "", figure),
    ]
    return [chart for chart in found if chart is not None]


def _by_step(
    models: Sequence[ModelResult], key: str, title: str, y: str, trained: str, judged: str
) -> Chart | None:
    series: list[Series] = []
    for number, model in enumerate(models):
        columns = {} if model.learning is None else model.learning.columns
        for name, dash, what in ((trained, 0, "training"), (judged, 1, "validation")):
            if points := columns.get(name):
                series.append(
                    Series(f"{model.name}, {what}", thinned(points), number, dash, dash == 1)
                )
    if not series:
        return None
    last = max(at for each in series for at, _ in each.points)
    values = [value for each in series for _, value in each.points]
    top = 1.0 if y in HEADLINES.values() else max(values) * 1.05
    low = min(0.0, *values)
    drawing = lines(series, Axis("step", 0, last), Axis(y, low, top if top > low else low + 1))
    rows: list[list[str | Number]] = [
        [each.name, int(at), value] for each in series for at, value in each.points
    ]
    ends = "; ".join(f"{each.name} ends at {each.points[-1][1]:.4g}" for each in series)
    legend = [(each.name, each.colour, each.dash) for each in series]
    return Chart(
        key, title, f"{y} by step: {ends}", drawing, Data(["line", "step", y], rows), legend
    )


def precision_recall_charts(models: Sequence[ModelResult]) -> list[Chart]:
    """For each class precision over recall by each model, and its base rate; all on one scale."""
    curves = {
        (curve.label, number): curve.points
        for number, model in enumerate(models)
        for curve in model.precision_recall
    }
    rates = {
        row["label"]: row.get("base_rate", row.get("prevalence")) or 0.0
        for model in models
        for row in model.rows
    }
    labels = list(dict.fromkeys(label for label, _ in curves))[:_MOST_CLASSES]
    return [
        _precision_recall(label, index, models, curves, rates) for index, label in enumerate(labels)
    ]


def _precision_recall(
    label: str,
    index: int,
    models: Sequence[ModelResult],
    curves: dict[tuple[str, int], Any],
    rates: dict[str, float],
) -> Chart:
    series = [
        Series(model.name, thinned(curves[label, number]), number, number)
        for number, model in enumerate(models)
        if (label, number) in curves
    ]
    rate = rates.get(label, 0.0)
    told = f"{rate:.3f}" if rate >= 0.001 else f"{rate:.2g}"
    series.append(Series(f"base rate {told}", [(0.0, rate), (1.0, rate)], 7, 2))
    rows: list[list[str | Number]] = [
        [each.name, recall, precision] for each in series for recall, precision in each.points
    ]
    areas = "; ".join(
        f"{model.name} {row['auprc']:.4f}"
        for model in models
        for row in model.rows
        if row["label"] == label and row.get("auprc") is not None
    )
    return Chart(
        f"precision-recall-{index}",
        f"Precision and recall: {label}",
        f"Precision over recall of {label}, base rate {told}; area below: {areas}",
        lines(series, Axis("recall", **_UNIT), Axis("precision", **_UNIT)),
        Data(["line", "recall", "precision"], rows),
        [(each.name, each.colour, each.dash) for each in series],
    )


def calibration_chart(models: Sequence[ModelResult]) -> Chart | None:
    """Share that is right of the bases called with a probability, by model."""
    series, rows = [], []
    errors = []
    for number, model in enumerate(models):
        found = model.metrics.get("channels", {}).get("calibration")
        if not found or found["error"] is None:
            continue
        errors.append(f"{model.name} {found['error']:.4f}")
        called = zip(*(found["called"][n] for n in ("probability", "share", "bases")), strict=True)
        kept = [(p, share, bases) for p, share, bases in called if bases]
        rows += [[model.name, *each] for each in kept]
        points = [(p, share) for p, share, _ in kept]
        series.append(Series(model.name, points, number, number, dots=True))
    if not series:
        return None
    return Chart(
        "calibration",
        "Calibration",
        f"Share of bases called rightly, by their probability; expected error: {'; '.join(errors)}",
        lines(series, Axis("probability", **_UNIT), Axis("share right", **_UNIT), diagonal=True),
        Data(["model", "probability", "share right", "bases"], rows),
        [(each.name, each.colour, each.dash) for each in series],
    )


def confusion_table(model: ModelResult, number: int) -> Table | None:
    """Bases by true and called class, with shares of the true class; of many classes the pairs
    that are taken for one another most."""
    if model.kind != "classes":
        return None
    level = model.metrics["channels"]
    names = [row["name"] + row["strand"].strip(".") for row in level["classes"]]
    matrix = level["confusion"]
    data = Data(
        ["true", "called", "bases"],
        [
            [t, c, b]
            for t, row in zip(names, matrix, strict=True)
            for c, b in zip(names, row, strict=True)
        ],
    )
    caption = f"Confusion of {model.name}: bases of each class by what they are called"
    if len(names) <= _MOST_CONFUSED:
        rows: list[list[Field]] = [
            [name, *(_share(bases, sum(row)) for bases in row)]
            for name, row in zip(names, matrix, strict=True)
        ]
        return Table(f"confusion-{number}", caption, ["true class", *names], rows, data)
    pairs = sorted(
        (row for row in data.rows if row[0] != row[1]), key=lambda row: -int(row[2] or 0)
    )
    kept = [list(row) for row in pairs[:_LISTED]]
    return Table(f"confusion-{number}", caption, data.columns, kept, data)


def _share(bases: int, total: int) -> Shown:
    share = f" ({bases / total:.1%})" if total else ""
    return Shown(bases, f"{bases:,}{share}")
