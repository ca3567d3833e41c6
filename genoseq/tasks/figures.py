"""Figures of labels of bases, by class and strand, from what metrics report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genoseq.genome.schemes import BACKGROUND
from genoseq.genome.tracks import Channel, Kind
from genoseq.metrics.independent import INDEPENDENT_FIGURES
from genoseq.metrics.per_base import CLASS_FIGURES, SIGNAL_FIGURES

_FIGURES: dict[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "classes": (CLASS_FIGURES, ("macro_f1", "macro_auprc")),
    "signal": (SIGNAL_FIGURES, ()),
    "independent": (INDEPENDENT_FIGURES, ("macro_auprc",)),
}
"""Figures of a row by what labels are, and those of all rows."""


def figures_of(kind: Kind, report: Mapping[str, Any]) -> dict[str, float]:
    """``CDS.plus.f1``, ``macro_f1`` ...; NaN where a figure is not defined."""
    names, whole = _FIGURES[kind]
    level = report.get("channels", report)
    columns = {name: _number(level[name]) for name in whole}
    for row in rows_of(kind, report):
        if row["name"] != BACKGROUND:
            label = Channel(row["name"], row["strand"]).label
            columns |= {f"{label}.{name}": _number(row[name]) for name in names}
    return columns


def rows_of(kind: Kind, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By strand, codon phases together."""
    level = report.get("channels", report)
    rows = level["signals" if kind == "signal" else "classes"]
    return [{name: row[name] for name in row if name != "phase"} for row in rows]


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
