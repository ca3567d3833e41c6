"""What a model takes to train and to predict: operations, seconds and main memory, by its settings.

The table of ``genoseq config check`` and what the rules ask for both come from here.  What a task,
an encoder or :data:`~genoseq.plan.constants.FAMILIES` does not tell is NaN, and so is what follows
from it.  Memory is that of a CPU, where layers and their outputs are in main memory.
"""

from __future__ import annotations

from functools import cache
from math import isnan, nan
from typing import Literal

from genoseq.config.base import AskedPrecision
from genoseq.config.context import (
    BATCH_BASES,
    FOLDED_WORD,
    batch_rows,
    longest_window,
    usual_context,
)
from genoseq.config.encoders import Operations, RecurrentSettings
from genoseq.config.genes import ADAPT_BATCH, ADAPT_STEPS, ADAPT_WINDOW
from genoseq.config.labels import LabelSettings
from genoseq.config.schema import ModelSettings, RunSettings
from genoseq.config.training import OUTPUTS
from genoseq.genome.windows import round_up
from genoseq.plan import constants
from genoseq.plan.constants import FAMILIES, UNKNOWN_FAMILY, FamilyCost
from genoseq.plan.processor import REFERENCE, Speed

UNKNOWN_OPERATIONS = Operations(multiply_adds=nan, weights=nan, kept=nan, widest=nan, outputs=nan)


def state_count(labels: LabelSettings, signals: int) -> int:
    """States of the labels of a base, with as many signals."""
    named = len(labels.classes)
    none = int(labels.exclusive)
    counts = {
        "cds-phase": 7,
        "gene-phase": 9,
        "stranded": none + 2 * named,
        "unstranded": none + named,
    }
    return counts.get(labels.scheme, signals)


def work_of(run: RunSettings, states: int, window: int) -> Operations:
    """What a run's whole network computes and holds for a base, rather than an encoder for a step.

    Parameters
    ----------
    states
        Of the labels.
    window
        bp.
    """
    model = run.model
    states *= OUTPUTS.get(run.training.loss, 1)
    head = (run.task.work(model.stride, states) or (nan, nan))[0]
    inputs = model.embedding if model.stem is None else model.stem.width
    encoder = model.encoder.operations(inputs, window / model.stride) or UNKNOWN_OPERATIONS
    stem = 0 if model.stem is None else model.stem.kernel * model.embedding * inputs
    weights = stem + encoder.outputs * head
    return Operations(
        multiply_adds=(weights + encoder.multiply_adds) / model.stride,
        weights=4**model.tokenizer.k * model.embedding + weights + encoder.weights,
        kept=(inputs + encoder.kept + head) / model.stride,
        widest=(encoder.widest + _looked_up(model) + 4 * head) / model.stride,
        outputs=head / model.stride,
        computed_twice=encoder.computed_twice,
    )


def cost_of(run: RunSettings) -> FamilyCost:
    """What the family of a run's encoder costs."""
    return FAMILIES.get(run.model.encoder.family, UNKNOWN_FAMILY)


def _looked_up(model: ModelSettings) -> float:
    """Numbers of a step in embedding and stem: those of look-ups, or of each token's vector."""
    tokenizer, stem = model.tokenizer, model.stem
    tokens, width = (1, model.embedding) if stem is None else (stem.stride, stem.width)
    word = tokenizer.k + (min(tokens, 3) - 1) * tokenizer.stride
    return 3 * width if word <= FOLDED_WORD else width + 3.5 * model.embedding * tokens


def training_seconds(run: RunSettings, states: int, speed: Speed = REFERENCE) -> float:
    """Seconds of a training: all of its steps, unless its time budget ends it before."""
    training, work = run.training, work_of(run, states, run.training.window)
    bases = training.steps * training.accumulate * training.batch * training.window
    passes = (4 if work.computed_twice else 3) * (2 if run.model.tied_strands else 1)
    cost, kind = cost_of(run), run.training.precision
    if kind == "auto" and isinstance(run.model.encoder, RecurrentSettings):
        kind = "fp32"  # as LSTMs learn where kernels are compiled
    slower = speed.network(cost.like, "training", fast_format(run, kind))
    seconds = slower * passes * bases * work.multiply_adds / cost.training
    if training.teacher is not None:  # taken for a network like this one, which reads both strands
        seconds += slower * 2 * bases * work.multiply_adds / cost.scoring
    # In this order the budget is the least also where the seconds are NaN.
    return seconds if training.max_minutes is None else min(60 * training.max_minutes, seconds)


def adapting_seconds(run: RunSettings, states: int, speed: Speed = REFERENCE) -> float:
    """Seconds of the training of a network on the genome at hand."""
    budget: dict[str, int | None] = {"steps": ADAPT_STEPS, "batch": ADAPT_BATCH}
    budget |= {"window": ADAPT_WINDOW, "accumulate": 1, "max_minutes": None}
    training = run.training.model_copy(update=budget)
    return training_seconds(run.model_copy(update={"training": training}), states, speed)


def predicting_seconds(
    run: RunSettings,
    states: int,
    speed: Speed = REFERENCE,
    precision: AskedPrecision = "auto",
) -> float:
    """Seconds of predicting a base on the strands that are read."""
    work, cost = work_of(run, states, 4 * usual_context(run)), cost_of(run)
    slower = speed.network(cost.like, "scoring", fast_format(run, precision))
    _, passes = run.task.work(run.model.stride, states) or (nan, nan)
    strands = 1 if run.model.strands == "one" else 2
    return slower * passes * strands * work.multiply_adds / cost.scoring


def fast_format(run: RunSettings, precision: AskedPrecision) -> Literal["bf16", "fp32", "int8"]:
    """The number format of a run's network on a processor that computes in all of them."""
    if precision == "int8" and isinstance(run.model.encoder, RecurrentSettings):
        return "int8"
    gains = run.model.encoder.gains_from_bf16()
    return "bf16" if precision != "fp32" and (precision == "bf16" or gains) else "fp32"


@cache
def training_memory(run: RunSettings, states: int) -> float:
    """MB of a model's training."""
    training, work = run.training, work_of(run, states, run.training.window)
    kept = training.batch * training.window * work.kept
    kept *= constants.KEPT_TWICE if work.computed_twice else 1
    held = cost_of(run).kept_bytes * kept + constants.TRAINED_BYTES * work.weights
    return constants.TRAINING_MEGABYTES + held / 1e6


@cache
def predicting_memory(run: RunSettings, states: int, precision: AskedPrecision = "auto") -> float:
    """MB of scoring by a model, both strands of a batch at once.

    ``auto`` is taken for fp32, which takes more: a job may meet a processor without bf16.
    """
    model = run.model
    context = round_up(usual_context(run), model.stride)
    window = longest_window(model, context)
    work = work_of(run, states, window)
    number_format: Literal["fp32", "bf16"] = "bf16" if precision == "bf16" else "fp32"
    bases = batch_rows(BATCH_BASES, window) * window
    held = bases * work.widest * cost_of(run).number_bytes[number_format]
    loaded = constants.LOADED_BYTES[number_format] * work.weights + held
    return cost_of(run).start + max(constants.LOADING_BYTES * work.weights, loaded) / 1e6


def evaluating_memory(run: RunSettings, states: int) -> float:
    """MB of evaluating a model: the best bases of each class, whose sites are matched at the end,
    and counts of blocks, beside its predictions."""
    counted = constants.EVALUATED_MEGABYTES + constants.STATE_MEGABYTES * states
    return predicting_memory(run, states) + counted


def request(megabytes: float, attempt: int) -> int:
    """MB that a rule asks for, and as much again for each retry.

    Of an unknown estimate :data:`~genoseq.plan.constants.FLOOR`: a profile may ask for more.
    """
    wanted = 0 if isnan(megabytes) else 100 * -(-int(constants.MARGIN * megabytes) // 100)
    return max(constants.FLOOR, wanted) * attempt
