"""What a network computes, told from its settings: against the networks themselves."""

from __future__ import annotations

from typing import Any

import pytest

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.models.build import build_model
from genoseq.plan.operations import work_of
from genoseq.tasks.per_base import PerBase

STATES = len(cds_phase_scheme())


def settings(encoder: dict[str, Any], **others: Any) -> RunSettings:
    return parse_settings(RunSettings, {"model": {"encoder": encoder, **others}})


@pytest.mark.parametrize(
    "found",
    [
        settings({}),
        settings({"family": "gru", "layers": 3, "bidirectional": False}),
        settings({"family": "rnn", "width": 200}, stem=None, tokenizer={"k": 4, "stride": 2}),
        settings({"family": "transformer"}),
        settings({"family": "transformer", "width": 64, "heads": 4, "key_value_heads": 1}),
        settings({"family": "transformer", "feed_forward": "gelu", "layers": 2, "expansion": 3}),
    ],
)
def test_work_counts_the_weights_but_for_biases_and_norms(found: RunSettings) -> None:
    model = build_model(found.model, PerBase(cds_phase_scheme()))
    true = sum(weight.numel() for weight in model.parameters())
    assert work_of(found, STATES, 1536).weights == pytest.approx(true, rel=0.04)


def test_work_of_the_default_network_by_hand() -> None:
    found = work_of(RunSettings(), STATES, 1536)
    stem, lstm, head = 9 * 32 * 96, 2 * 4 * 64 * (96 + 64), 128 * 3 * 7
    assert found.per_base == pytest.approx((stem + lstm + head) / 3)


def test_work_of_attention_grows_with_what_is_seen() -> None:
    def per_base(window: int | None, length: int) -> float:
        encoder = {"family": "transformer", "window": window}
        return work_of(settings(encoder), STATES, length).per_base

    assert per_base(64, 1536) == per_base(64, 9216) > per_base(8, 9216)
    assert per_base(None, 9216) - per_base(None, 4608) == pytest.approx(2 * 96 * 4 * 4608 / 9)
