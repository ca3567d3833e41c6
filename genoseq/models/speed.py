"""How fast this processor computes: seconds of what costs most, measured in a second or two.

A script, ``python -m genoseq.models.speed``, which prints them as JSON for those that do without
torch.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.kernels.cpu import choose
from genoseq.models.build import SequenceModel, build_model
from genoseq.models.device import Precision, autocast, choose_precision
from genoseq.models.integers import IntegerEncoder
from genoseq.models.recurrent import RecurrentEncoder
from genoseq.tasks.per_base import PerBase

REPEATS = 5
SCORED = (2, 3072)
"""Windows and bases of each."""
TRAINED = (2, 1536)
FAMILIES = ("lstm", "transformer")
"""Recurrent networks and attention: the kinds of work that encoders are made of."""


def measure_speed() -> dict[str, float]:
    """CPU seconds of small pieces of work on one thread of this processor.

    Returns
    -------
    Seconds by name: ``plain``, of NumPy and Python; ``lstm scoring fp32``, of a default model of a
    family, and so on for training, for bf16 where the processor computes in it, and for scoring in
    int8 where there are kernels of it.
    """
    torch.set_num_threads(1)
    found = {"plain": _seconds(_plain)}
    for precision in dict.fromkeys(("fp32", choose_precision("cpu").precision)):
        for family in FAMILIES:
            for name, work in _works(family, precision).items():
                found[f"{family} {name} {precision}"] = _seconds(work)
    if choose().has_int8:
        found["lstm scoring int8"] = _seconds(_scoring_int8())
    return found


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds, the least of some repeats: what a busy machine adds differs from one to next."""
    spent = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def _plain() -> None:
    """What rules without a network do: look bases up, add up, sort, and go through lines."""
    codes = np.random.default_rng(1).integers(0, 4, 1 << 20, np.uint8)
    np.sort(np.cumsum(np.array([3, 2, 1, 0], np.uint8)[codes])[::-1])
    lines = [f"chr1\t{number}\t{number + 9}\tCDS" for number in range(20_000)]
    sum(int(line.split("\t")[1]) for line in lines)


def _works(family: str, precision: Precision) -> dict[str, Callable[[], object]]:
    """Scoring and a training step of a family's default model, on random bases."""
    model, vocabulary = _model(family)

    def score() -> None:
        ids = torch.randint(vocabulary, SCORED)
        with torch.inference_mode(), autocast(precision):
            model.eval()(ids)

    def train() -> None:
        ids = torch.randint(vocabulary, TRAINED)
        with autocast(precision):
            logits = model.train()(ids)
        logits.float().square().mean().backward()

    return {"scoring": score, "training": train}


def _model(family: str) -> tuple[SequenceModel, int]:
    """The default model of a family, and how many tokens it knows."""
    data: dict[str, Any] = {"encoder": {"family": family}}
    settings = parse_settings(ModelSettings, data)
    torch.manual_seed(0)
    return build_model(settings, PerBase(cds_phase_scheme())), 4**settings.tokenizer.k


def _scoring_int8() -> Callable[[], object]:
    """Scoring by the default LSTM in int8."""
    model, vocabulary = _model("lstm")
    encoder = model.eval().encoder
    assert isinstance(encoder, RecurrentEncoder)
    read: list[Tensor] = []
    keep = encoder.register_forward_pre_hook(lambda _, given: read.extend(given))
    with torch.inference_mode(), keep:
        model(torch.randint(vocabulary, SCORED))
    model.encoder = IntegerEncoder(encoder, read[0].transpose(0, 1))

    def score() -> None:
        with torch.inference_mode():
            model(torch.randint(vocabulary, SCORED))

    return score


if __name__ == "__main__":
    json.dump(measure_speed(), sys.stdout)
