"""The one figure by which models, and baselines, are compared: it has to suit what is rare.

The most probable class of a base is the background nearly everywhere where classes are rare, so
that F1 of it ranks a model first that never tells most of them.  AUPRC is over all thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from genoseq.genome.schemes import BACKGROUND

RARE = 0.01
"""Share of the bases below which a class is rare."""
HEADLINES = {
    "macro_f1": "macro F1",
    "macro_auprc": "macro AUPRC",
    "pearson": "mean Pearson r",
    "bits_per_base": "bits per base",
}
"""Figures that models are compared by, and their names."""
_FIGURES = {"signal": "pearson", "bases": "bits_per_base", "independent": "macro_auprc"}


def headline_of(report: Mapping[str, Any]) -> str | None:
    """Which of :data:`HEADLINES` suits what was measured; None where none does.

    Of classes that exclude one another macro AUPRC where one that is there is rare, else macro F1.
    """
    if report.get("kind") == "classes":
        return "macro_auprc" if any_rare(report) else "macro_f1"
    return _FIGURES.get(str(report.get("kind")))


def headline(report: Mapping[str, Any], figure: str | None) -> float:
    """The value of a figure of :data:`HEADLINES`; NaN where it is not defined."""
    level = report.get("channels", report)
    found: float | None
    match figure:
        case "pearson":
            found = _mean([row["pearson"] for row in report["signals"]])
        case "macro_auprc":
            found = _mean([row["auprc"] for row in _classes(level)])
        case _:
            found = None if figure is None else level.get(figure)
    return math.nan if found is None else found


def any_rare(report: Mapping[str, Any]) -> bool:
    """Whether a class is there on fewer than :data:`RARE` of the bases, on one of its strands."""
    rows = report.get("channels", {}).get("classes", ())
    bases = sum(row["support"] for row in rows)
    return any(0 < row["support"] < RARE * bases for row in rows)


def never_called(report: Mapping[str, Any]) -> list[str]:
    """Classes, such as ``CDS+``, that are there and are of no base the most probable one."""
    level = report.get("channels", {})
    called = [sum(column) for column in zip(*level.get("confusion", ()), strict=True)]
    return [
        class_name(row)
        for row, bases in zip(level.get("classes", ()), called, strict=True)
        if row["support"] and not bases
    ]


def class_name(row: Mapping[str, Any]) -> str:
    """``CDS+``: what the row of a class is called in reports."""
    return f"{row['name']}{row['strand'].strip('.')}"


def _classes(level: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in level.get("classes", ()) if row["name"] != BACKGROUND]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
