"""A small random model, and genomes on disk."""

from __future__ import annotations

import pytest
import torch

from genoseq.config import ModelSettings, parse_settings
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.schemes import cds_phase_scheme


@pytest.fixture
def bundle() -> Bundle:
    """Random weights, larger than usual, so that predictions vary from base to base."""
    settings = parse_settings(
        ModelSettings, {"embedding": 8, "stem": {"width": 16}, "encoder": {"width": 8}}
    )
    torch.manual_seed(3)
    model = build_model(settings, cds_phase_scheme()).eval()
    with torch.no_grad():
        model.embedding.weight *= 2
        model.head.projection.weight *= 8
    return Bundle(model, settings, cds_phase_scheme(), 96)
