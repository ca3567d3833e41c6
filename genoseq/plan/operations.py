"""What a network computes, and for how long, from its settings alone: for estimates."""

from __future__ import annotations

from dataclasses import dataclass

from genoseq.config.context import FOLDED_WORD, usual_context
from genoseq.config.schema import ModelSettings, RunSettings
from genoseq.plan.constants import FAMILIES


@dataclass(frozen=True)
class Work:
    """What a network computes, with all of its layers as they are written down.

    Attributes
    ----------
    per_base
        Multiply-adds of a base on one strand.
    weights
        How many.
    numbers
        Outputs of layers, of a base: what a training must keep.
    widest
        Numbers of a base that are there at once in a prediction: those around one layer.
    computed_twice
        Whether a training computes its layers twice and keeps few of their outputs.
    """

    per_base: float
    weights: int
    numbers: float
    widest: float
    computed_twice: bool


def work_of(run: RunSettings, states: int, window: int) -> Work | None:
    """Work of a run's network in windows of ``window`` bp; None where task or encoder do not tell.

    Parameters
    ----------
    states
        Classes or signals of the labels.
    """
    model, outputs = run.model, run.task.outputs(states)
    inputs = model.embedding if model.stem is None else model.stem.width
    encoder = model.encoder.operations(inputs, window / model.stride)
    if outputs is None or encoder is None:
        return None
    stem = 0 if model.stem is None else model.stem.kernel * model.embedding * inputs
    head = model.stride * outputs
    weights = stem + encoder.outputs * head
    return Work(
        per_base=(weights + encoder.multiply_adds) / model.stride,
        weights=4**model.tokenizer.k * model.embedding + weights + encoder.weights,
        numbers=(inputs + encoder.kept + head) / model.stride,
        widest=(encoder.widest + _looked_up(model) + 4 * head) / model.stride,
        computed_twice=encoder.computed_twice,
    )


def _looked_up(model: ModelSettings) -> float:
    """Numbers of a step in embedding and stem: those of look-ups, or of each token's vector."""
    tokenizer, stem = model.tokenizer, model.stem
    tokens, width = (1, model.embedding) if stem is None else (stem.stride, stem.width)
    word = tokenizer.k + (min(tokens, 3) - 1) * tokenizer.stride
    return 3 * width if word <= FOLDED_WORD else width + 3.5 * model.embedding * tokens


def training_seconds(run: RunSettings, states: int) -> float | None:
    """Seconds of a training: all of its steps, unless its time budget ends it before.

    None where neither that nor work and speed are known.
    """
    training = run.training
    budget = None if training.max_minutes is None else 60 * training.max_minutes
    work, cost = work_of(run, states, training.window), FAMILIES.get(run.model.encoder.family)
    if work is None or cost is None:
        return budget
    bases = training.steps * training.accumulate * training.batch * training.window
    passes = (4 if work.computed_twice else 3) * (2 if run.model.tied_strands else 1)
    seconds = passes * bases * work.per_base / cost.training
    return seconds if budget is None else min(seconds, budget)


def predicting_seconds(run: RunSettings, states: int) -> float | None:
    """Seconds of predicting a base on both strands; None where work or speed are unknown."""
    work, cost = (
        work_of(run, states, 4 * usual_context(run)),
        FAMILIES.get(run.model.encoder.family),
    )
    return None if work is None or cost is None else 2 * work.per_base / cost.scoring
