"""Angles of the rotary embedding."""

from __future__ import annotations

import math

import pytest
import torch

from genoseq.config.encoders import TransformerSettings
from genoseq.models.rotary import rotary_tables, rotated_pairs

torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("fraction", "pairs"), [(0.0, 0), (0.25, 4), (0.5, 8), (0.51, 8), (0.99, 15), (1.0, 16)]
)
def test_rotated_pairs_are_a_fraction_of_the_head(fraction: float, pairs: int) -> None:
    assert rotated_pairs(TransformerSettings(rotary_fraction=fraction)) == pairs


def test_tables_hold_angles_and_spare_the_other_pairs() -> None:
    settings = TransformerSettings(width=8, heads=1, rotary_base=100.0)
    cos, sin = rotary_tables(settings, 3, torch.empty(0, dtype=torch.float64), first=5)
    assert cos.shape == sin.shape == (3, 4)
    for row, position in enumerate((5, 6, 7)):
        for pair, wave in enumerate((1.0, 10.0)):  # 100 ** (0 / 2), 100 ** (1 / 2)
            assert float(cos[row, pair]) == pytest.approx(math.cos(position / wave), abs=1e-15)
            assert float(sin[row, pair]) == pytest.approx(math.sin(position / wave), abs=1e-15)
    assert torch.equal(cos[:, 2:], torch.ones(3, 2, dtype=torch.float64))
    assert torch.equal(sin[:, 2:], torch.zeros(3, 2, dtype=torch.float64))


def test_tables_are_exact_a_million_tokens_on() -> None:
    settings = TransformerSettings()
    cos, _ = rotary_tables(settings, 2, torch.empty(0, dtype=torch.bfloat16), first=1_000_003)
    assert cos.dtype == torch.float32
    assert float(cos[0, 0]) == pytest.approx(math.cos(1_000_003), abs=1e-7)
