"""Main memory that a training or a prediction takes, told by settings alone.

Both the table of ``genoseq config check`` and what the rules ask for come from here.  All is that
of a CPU, where layers and their outputs are in main memory.  Fitted to the cases of
``benchmarks/model_memory.py``; torch 2.13.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from genoseq.config.context import core_length, round_up, usual_context
from genoseq.config.schema import LabelSettings, ModelSettings, RunSettings
from genoseq.plan.operations import work_of

TRAINING = 475
"""MB of a training with next to no batch."""
KEPT_BYTES = {"recurrent": 12, "transformer": 10}
"""That a training holds of each number of :attr:`genoseq.plan.operations.Work.numbers`."""
STATE_BYTES = 36
"""Of each weight: itself, its gradient, the optimizer's two numbers, the best, and copies of them
while a checkpoint is written."""

PREDICTING = {"recurrent": 245, "transformer": 440}
"""MB of a prediction with next to no model; attention loads more of torch."""
LOADING_BYTES = 12
"""Of each weight while a bundle is loaded: its file, its tensors, its network."""
LOADED_BYTES = {"fp32": 8, "bf16": 6}
"""Of each weight from then on: the bundle's, and the predictor's own."""
NUMBER_BYTES = {"recurrent": {"fp32": 3.4, "bf16": 2.0}, "transformer": {"fp32": 4.0, "bf16": 3.25}}
"""Of an output of a layer, as measured; attention turns queries and keys and adds up in fp32."""
BATCH_BASES = 46_080
"""Of :mod:`genoseq.inference.predict`, which loads torch."""
FOLDED_WORD = 6
"""Bases of the largest word of :mod:`genoseq.inference.fold`, likewise."""

FLOOR = 4000
"""MB that a rule asks for at least: the libraries of a GPU, or a million contigs, which no setting
tells, take far more than a small model."""
MARGIN = 1.5
"""Times the estimate that a rule asks for."""


def state_count(labels: LabelSettings, signals: int) -> int:
    """Outputs of a model for a base, with as many signals."""
    named = len(labels.classes)
    counts = {"cds-phase": 7, "stranded": 1 + 2 * named, "unstranded": 1 + named}
    return counts.get(labels.scheme, signals)


@cache
def training_memory(run: RunSettings, states: int) -> float:
    """MB of a model's training."""
    training, encoder = run.training, run.model.encoder
    work = work_of(run.model, states, training.window)
    checkpoint = encoder.family == "transformer" and encoder.checkpoint
    kept = training.batch * training.window * work.numbers * (0.3 if checkpoint else 1)
    return TRAINING + (KEPT_BYTES[_kind(run.model)] * kept + STATE_BYTES * work.weights) / 1e6


@cache
def predicting_memory(
    run: RunSettings, states: int, precision: Literal["auto", "bf16", "fp32"] = "auto"
) -> float:
    """MB of scoring or evaluating by a model, both strands of a batch at once.

    ``auto`` is taken for what a CPU with bf16 makes of it.
    """
    model, family = run.model, run.model.encoder.family
    context = round_up(usual_context(run), model.stride)
    window = core_length(model, context, 1 << 40) + 2 * context
    steps = 2 * max(1, BATCH_BASES // window) * window / model.stride
    kind = _kind(model)
    # See genoseq.inference.predict.choose_computing.
    long = precision == "fp32" or (precision == "auto" and family in ("gru", "rnn"))
    number = "fp32" if long else "bf16"
    weights = work_of(model, states, window).weights
    held = steps * _widest(model, states) * NUMBER_BYTES[kind][number]
    most = max(LOADING_BYTES * weights, LOADED_BYTES[number] * weights + held)
    return PREDICTING[kind] + most / 1e6


def request(megabytes: float, attempt: int) -> int:
    """MB that a rule asks for, and as much again for each retry."""
    return max(FLOOR, 100 * -(-int(MARGIN * megabytes) // 100)) * attempt


def _kind(model: ModelSettings) -> str:
    return "transformer" if model.encoder.family == "transformer" else "recurrent"


def _widest(model: ModelSettings, states: int) -> float:
    """Numbers of a step that are there at once in a prediction: those around one layer."""
    encoder = model.encoder
    if encoder.family == "transformer":
        # States and their norm; queries, keys and values as projected, turned, and in blocks; what
        # they see.  Heads that share keys make little of it smaller.
        layer = (10 + 2 * encoder.expansion) * encoder.width
    else:
        gates = {"lstm": 4, "gru": 3, "rnn": 1}[encoder.family]
        layer = (1.5 * gates + 4) * encoder.width * (2 if encoder.bidirectional else 1)
    return layer + _inputs(model) + 4 * model.stride * states


def _inputs(model: ModelSettings) -> float:
    """Numbers of a step in embedding and stem: those of look-ups, or of each token's vector."""
    tokenizer, stem = model.tokenizer, model.stem
    tokens, width = (1, model.embedding) if stem is None else (stem.stride, stem.width)
    word = tokenizer.k + (min(tokens, 3) - 1) * tokenizer.stride
    return 3 * width if word <= FOLDED_WORD else width + 3.5 * model.embedding * tokens
