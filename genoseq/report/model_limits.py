"""Limits of the checks of models, and of which models they are.

An AUPRC or an error of what is rare is small whatever the model, and a limit of hundredths passes
it: of rare classes differences count as shares, and the interval has to bear them out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from genoseq.metrics.ranking import RARE
from genoseq.report.results import ModelResult
from genoseq.report.verdict import Check, Limits, unmeasured

CALIBRATION = Limits(0.05, 0.15, "warn from 0.05, fail from 0.15")
CLASS_CALIBRATION = Limits(0.5, 2.0, "warn from 50%, fail from 200% of the class's bases")
LOSS_GAP = Limits(0.25, 1.0, "warn from 25%, fail from 100% more loss")
TEST_GAP = Limits(0.05, 0.15, "warn from 0.05, fail from 0.15 less")
STRANDS = Limits(0.05, 0.15, "warn from 0.05, fail from 0.15 between strands")
SHARE = Limits(0.25, 0.5, "of what is rare: warn from 25%, fail from 50% less")
NEVER = Limits(1, 1, "fail from one class")
RARE_NEVER = Limits(1, math.inf, "of what is rare: warn from one class")
BASE_RATE = Limits(0.25, 0.05, "warn up to 25%, fail up to 5% of the way to 1", rising=False)
BASELINE = Limits(0.0, -0.05, "warn up to 0, fail up to -0.05", rising=False)
BASELINE_SHARE = Limits(0.0, -0.25, "of what is rare: warn up to 0, fail up to -25%", rising=False)
OF_CLASSES = ("classes", "independent")


def rate_of(row: Mapping[str, Any]) -> float:
    """Share of the bases that are of a class."""
    rate: float | None = row.get("base_rate", row.get("prevalence"))
    return rate or 0.0


def is_rare(model: ModelResult) -> bool:
    """Whether a class of the test is less than :data:`~genoseq.metrics.ranking.RARE` of it."""
    return any(row["support"] and rate_of(row) < RARE for row in model.rows)


def no_classes(name: str, model: ModelResult, limits: Limits) -> Check:
    """A check that says nothing of what a model tells."""
    why = f"it is of classes, and this model was measured by {model.kind}"
    if model.kind == "independent":
        why = "it is of the most probable class, and here a base may have several"
    return unmeasured(name, model.name, why, "nothing to do", limits)
