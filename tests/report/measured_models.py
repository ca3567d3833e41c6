"""Models with figures that are known, as a report reads them."""

from __future__ import annotations

from typing import Any

from genoseq.report.results import ModelResult


def row(name: str, strand: str, support: int, f1: float, auprc: float) -> dict[str, Any]:
    return {
        "name": name, "strand": strand, "support": support, "precision": f1, "recall": f1,
        "f1": f1, "mcc": f1, "auprc": auprc,
    }  # fmt: skip


def model(
    plus: float = 0.9, minus: float = 0.88, auprc: float = 0.95, macro: float | None = 0.89
) -> ModelResult:
    classes = [row("none", ".", 600, 0.9, 0.9), row("CDS", "+", 300, plus, auprc)]
    classes.append(row("CDS", "-", 100, minus, 0.97))
    level = {
        "classes": classes,
        "macro_f1": macro,
        "confusion": [[560, 30, 10], [20, 270, 10], [5, 5, 90]],
        "calibration": {"error": 0.03, "called": {}, "classes": []},
    }
    valid = {"channels": {"macro_f1": 0.9}}
    return ModelResult(
        "m", {"metrics": {"valid": valid}}, {}, {"kind": "classes", "channels": level}, 1, None, ()
    )


def rare(
    told: dict[str, dict[str, Any]], *, valid: tuple[int, float] = (500, 0.02), **intervals: Any
) -> ModelResult:
    """A model of two strands of a class on 0.005% of a million bases each.

    Parameters
    ----------
    told
        Figures and intervals of ``+`` and of ``-``, by name: a number, or (number, low, high).
    valid
        Bases of each strand in validation, and their AUPRC.
    intervals
        Of the whole test.
    """
    classes, ends = [row("none", ".", 999_900, 1, 1)], []
    for strand, figures in told.items():
        plain = {name: each[0] if isinstance(each, tuple) else each
                 for name, each in figures.items()}  # fmt: skip
        classes.append(row("site", strand, 50, 0, 0.02) | {"calibration_error": 0.1} | plain)
        sure = {name: [*each[1:]] for name, each in figures.items() if isinstance(each, tuple)}
        ends.append({"name": f"site{strand}", "calibration_error": [0.05, 0.3]} | sure)
    level = {
        "classes": classes, "macro_f1": 0.0, "confusion": [[999_900, 0, 0], [50, 0, 0], [50, 0, 0]],
        "calibration": {"error": 1e-5},
    }  # fmt: skip
    bases, auprc = valid
    looked = [row("none", ".", 100_000, 1, 1)]
    looked += [row("site", strand, bases, 0, auprc) for strand in told]
    bundle = {"metrics": {"valid": {"kind": "classes", "channels": {"classes": looked}}}}
    metrics = {"kind": "classes", "channels": level, "intervals": intervals | {"classes": ends}}
    return ModelResult("m", bundle, {}, metrics, 1, None, ())
