"""How much sequence a model is shown."""

from __future__ import annotations

import math
from typing import Any

import pytest

from genoseq.config.base import parse_settings
from genoseq.config.context import CONTEXT, LEAST_QUARTER, usual_context
from genoseq.config.schema import RunSettings
from genoseq.genome.windows import round_up

TRANSFORMER = {"family": "transformer", "layers": 2, "width": 16, "heads": 2, "window": 16}


@pytest.mark.parametrize(
    ("encoder", "window", "context"),
    [
        ({}, 30_000, CONTEXT),
        (TRANSFORMER, 30_000, 102),
        (TRANSFORMER | {"registers": 1}, 30_000, 7_500),
        (TRANSFORMER | {"window": None}, 30_000, 7_500),
        (TRANSFORMER | {"window": None}, 1_536, LEAST_QUARTER),
    ],
)
def test_usual_context_follows_what_the_model_sees(
    encoder: dict[str, Any], window: int, context: int
) -> None:
    data = {"model": {"encoder": encoder}, "training": {"window": window}}
    assert usual_context(parse_settings(RunSettings, data)) == context


def test_round_up() -> None:
    assert [round_up(length, 3) for length in (0, 1, 3, 384, 385)] == [0, 3, 3, 384, 387]
    assert math.isclose(round_up(1536, 8) / 8, 192)
