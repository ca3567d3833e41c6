"""What validations put into the learning curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from genoseq.genome.schemes import BACKGROUND, UNKNOWN
from genoseq.genome.tracks import Channel

_CLASS_FIGURES: tuple[str, ...] = ("precision", "recall", "f1", "mcc", "auprc")
_SIGNAL_FIGURES: tuple[str, ...] = ("pearson", "pearson_log1p", "spearman", "mse")


def known_labels(labels: Tensor) -> int:
    """Labels that are known, of classes (integers) or of signals (floats)."""
    known = ~labels.isnan() if labels.is_floating_point() else labels != UNKNOWN
    return int(known.sum())


def metric_columns(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Flat names and figures of a metrics report: ``CDS.plus.f1``, ``macro_f1`` ...

    Classes are those of the channels, without the background.  A figure that is not defined is
    NaN, so that every row has the same columns.
    """
    if metrics["kind"] == "signal":
        rows, figures = metrics["signals"], _SIGNAL_FIGURES
        columns = {}
    else:
        level = metrics["channels"]
        rows, figures = level["classes"], _CLASS_FIGURES
        columns = {"macro_f1": _number(level["macro_f1"])}
    for row in rows:
        if row["name"] != BACKGROUND:
            label = Channel(row["name"], row["strand"]).label
            columns |= {f"{label}.{figure}": _number(row[figure]) for figure in figures}
    return columns


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
