"""What tests of several rooms share: the command line as people run it, a small random model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from command import Genoseq

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.tasks.per_base import PerBase


@pytest.fixture(scope="session")
def genoseq() -> Genoseq:
    """``genoseq(*words)`` in a process of its own; the result has returncode, stdout, stderr."""

    def run(*words: str | int | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "genoseq", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def bundle() -> Bundle:
    """Random weights, larger than usual, so that predictions vary from base to base."""
    settings = parse_settings(
        ModelSettings, {"embedding": 8, "stem": {"width": 16}, "encoder": {"width": 8}}
    )
    torch.manual_seed(3)
    model = build_model(settings, PerBase(cds_phase_scheme())).eval()
    with torch.no_grad():
        model.embedding.weight *= 2
        model.head.projection.weight *= 8
    return Bundle(model, settings, PerBase(cds_phase_scheme()), 96)
