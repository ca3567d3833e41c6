"""Settings of networks that look back only."""

from __future__ import annotations

import pytest

from genoseq.config.base import parse_settings
from genoseq.config.encoders import RecurrentSettings, TransformerSettings
from genoseq.config.schema import ModelSettings, StemSettings
from genoseq.config.tasks import CausalLmSettings, MaskedLmSettings, PerBaseSettings
from genoseq.errors import ConfigError


@pytest.mark.parametrize("kind", [StemSettings, TransformerSettings])
def test_settings_without_causal_are_dumped_as_before_there_was_one(
    kind: type[StemSettings | TransformerSettings],
) -> None:
    assert "causal" not in kind().model_dump(mode="json")
    dumped = kind(causal=True).model_dump(mode="json")
    assert dumped["causal"] is True
    assert kind.model_validate(dumped) == kind(causal=True)


def test_causal_stem_reads_tokens_before_its_own_alone() -> None:
    assert StemSettings(stride=3, kernel=9).margins == (3, 3)
    assert StemSettings(stride=3, kernel=6, causal=True).margins == (3, 0)
    with pytest.raises(ConfigError, match="kernel must exceed stride by an even number"):
        parse_settings(ModelSettings, {"stem": {"stride": 3, "kernel": 6}})


def test_encoders_say_whether_they_see_ahead() -> None:
    assert RecurrentSettings().sees_ahead()
    assert not RecurrentSettings(bidirectional=False).sees_ahead()
    assert TransformerSettings().sees_ahead()
    assert not TransformerSettings(causal=True).sees_ahead()


def test_causal_registers_do_not_pass_on_what_is_far() -> None:
    both, back = ({"registers": 3, "window": 8, "layers": 2, "causal": c} for c in (False, True))
    assert TransformerSettings(**both).reach() is None
    assert TransformerSettings(**back).reach() == 16
    assert not TransformerSettings(**back).sees_all()
    assert TransformerSettings(causal=True, window=None).sees_all()
    assert TransformerSettings(**back).describe().endswith("8 tokens before it, 3 registers")
    assert "all tokens before it" in TransformerSettings(causal=True, window=None).describe()


def test_causal_attention_is_half_of_the_work() -> None:
    def seen(causal: bool) -> float:
        settings = TransformerSettings(window=50, causal=causal)
        found = settings.operations(96, 1_000)
        return (found.multiply_adds - found.weights) / (2 * settings.width * settings.layers)

    assert (seen(False), seen(True)) == (101, 51)


def test_tasks_say_what_they_take() -> None:
    assert PerBaseSettings().work(3, 7) == (21, 1)
    assert CausalLmSettings().work(3, 7) == (64, 1)
    assert MaskedLmSettings().work(3, 7) == (12, 8)
    assert (PerBaseSettings().needs_labels(), CausalLmSettings().needs_labels()) == (True, False)
    assert PerBaseSettings().kind("classes") == "classes"
    assert MaskedLmSettings().kind("classes") == "signal"
    assert CausalLmSettings().columns(2) == 3
