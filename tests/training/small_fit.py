"""Trainings that are small: a tiny network, few steps; what they left."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import Any

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.training.fit import fit

fit_in_context = partial(fit, context=384)
"""A training after which no context is measured: that takes longer than 40 steps."""

SMALL = {"embedding": 4, "stem": {"width": 8}, "encoder": {"width": 8}}
TRANSFORMER = {"family": "transformer", "layers": 2, "width": 16, "heads": 2, "window": 16}


def run_settings(**training: Any) -> RunSettings:
    """A tiny network, 60 steps of 4 windows, fp32 unless said."""
    usual = {"steps": 60, "window": 300, "batch": 4, "validate_every": 20, "precision": "fp32"}
    return parse_settings(RunSettings, {"model": SMALL, "training": usual | training})


def rows_of(state: Path) -> list[dict[str, str]]:
    with (state / "logs" / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def weights_of(bundle: Path) -> bytes:
    return (bundle / "model.safetensors").read_bytes()
