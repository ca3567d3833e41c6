"""Main memory that a training or a prediction takes, told by settings alone.

Both the table of ``genoseq config check`` and what the rules ask for come from here.  All is that
of a CPU, where layers and their outputs are in main memory.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from genoseq.config.context import BATCH_BASES, core_length, round_up, usual_context
from genoseq.config.schema import LabelSettings, RunSettings
from genoseq.plan.constants import (
    FAMILIES,
    FLOOR,
    KEPT_TWICE,
    LOADED_BYTES,
    LOADING_BYTES,
    MARGIN,
    TRAINED_BYTES,
    TRAINING_MEGABYTES,
)
from genoseq.plan.operations import work_of


def state_count(labels: LabelSettings, signals: int) -> int:
    """States of the labels of a base, with as many signals."""
    named = len(labels.classes)
    counts = {"cds-phase": 7, "stranded": 1 + 2 * named, "unstranded": 1 + named}
    return counts.get(labels.scheme, signals)


@cache
def training_memory(run: RunSettings, states: int) -> float | None:
    """MB of a model's training; None where its work, or what its family takes, are unknown."""
    training, cost = run.training, FAMILIES.get(run.model.encoder.family)
    work = work_of(run, states, training.window)
    if work is None or cost is None:
        return None
    kept = training.batch * training.window * work.numbers
    kept *= KEPT_TWICE if work.computed_twice else 1
    return TRAINING_MEGABYTES + (cost.kept_bytes * kept + TRAINED_BYTES * work.weights) / 1e6


@cache
def predicting_memory(
    run: RunSettings, states: int, precision: Literal["auto", "bf16", "fp32"] = "auto"
) -> float | None:
    """MB of scoring or evaluating by a model, both strands of a batch at once; None likewise.

    ``auto`` is taken for what a CPU with bf16 makes of it.
    """
    model, cost = run.model, FAMILIES.get(run.model.encoder.family)
    context = round_up(usual_context(run), model.stride)
    window = core_length(model, context, 1 << 40) + 2 * context
    work = work_of(run, states, window)
    if work is None or cost is None:
        return None
    if precision == "auto":
        precision = "bf16" if model.encoder.gains_from_bf16() else "fp32"
    bases = 2 * max(1, BATCH_BASES // window) * window
    held = bases * work.widest * cost.number_bytes[precision]
    loaded = LOADED_BYTES[precision] * work.weights + held
    return cost.start + max(LOADING_BYTES * work.weights, loaded) / 1e6


def request(megabytes: float | None, attempt: int) -> int:
    """MB that a rule asks for, and as much again for each retry."""
    return max(FLOOR, 100 * -(-int(MARGIN * (megabytes or 0)) // 100)) * attempt
