"""Kinds of settings that are added from outside: an encoder and a task of this file's own."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from typing import Literal

import pytest

from genoseq.config.base import Settings, parse_settings
from genoseq.config.context import LEAST_QUARTER, WINDOW_BASES, longest_window, usual_context
from genoseq.config.encoders import (
    ENCODERS,
    EncoderSettings,
    RecurrentSettings,
    TransformerSettings,
)
from genoseq.config.json_schema import json_schema
from genoseq.config.schema import Config, ModelEntry, ModelSettings, RunSettings
from genoseq.config.tasks import TASKS, PerBaseSettings, TaskSettings
from genoseq.errors import ConfigError


class ToySettings(EncoderSettings):
    """An encoder of this test."""

    family: Literal["toy", "toy-all"] = "toy"
    depth: int = 2

    def reach(self) -> int | None:
        return self.depth if self.family == "toy" else None

    def sees_all(self) -> bool:
        return self.family == "toy-all"


class GuessSettings(TaskSettings):
    """A task of this test."""

    name: Literal["guess"] = "guess"
    share: float = 0.15


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both, for one test."""
    for registry in (ENCODERS, TASKS):
        monkeypatch.setattr(registry, "classes", dict(registry.classes))
    ENCODERS.register(ToySettings)
    TASKS.register(GuessSettings)


TOYS = {
    "model": {"encoder": {"family": "toy", "depth": 3}},
    "task": {"name": "guess", "share": 0.5},
}


@pytest.mark.usefixtures("toys")
def test_registered_settings_go_through_a_configuration_and_back() -> None:
    config = parse_settings(Config, {"models": {"a": TOYS}})
    run = config.models["a"]
    assert run.model.encoder == ToySettings(depth=3)
    assert run.task == GuessSettings(share=0.5)
    for dumped in (
        run.model_dump(mode="json"),
        run.model_dump(),
        json.loads(run.model_dump_json()),
    ):
        assert dumped["model"]["encoder"] == {"family": "toy", "depth": 3}
        assert dumped["task"] == {"name": "guess", "share": 0.5}
        again = parse_settings(Config, {"models": {"a": dumped}}).models["a"]
        assert again == run
        assert hash(again) == hash(run)
    assert parse_settings(ModelEntry, run.decisive()) == run
    assert parse_settings(Config, config.model_dump(mode="json")) == config


@pytest.mark.usefixtures("toys")
def test_registered_settings_are_checked_as_those_of_the_package() -> None:
    with pytest.raises(ConfigError) as error:
        parse_settings(
            Config,
            {
                "models": {
                    "a": {"model": {"encoder": {"family": "toy", "depth": "x", "width": 1}}},
                    "b": {"task": {"name": "guess", "share": None}},
                }
            },
        )
    assert [problem.split(":")[0] for problem in error.value.problems] == [
        "models.a.model.encoder.depth",
        "models.a.model.encoder.width",
        "models.b.task.share",
    ]


@pytest.mark.usefixtures("toys")
def test_json_schema_lists_registered_settings() -> None:
    schema = json.loads(json_schema())["$defs"]
    assert schema["ToySettings"]["properties"]["depth"]["default"] == 2
    kinds = schema["ModelSettings"]["properties"]["encoder"]["oneOf"]
    assert {"$ref": "#/$defs/ToySettings"} in kinds
    assert len(kinds) == 5
    assert {"$ref": "#/$defs/GuessSettings"} in schema["ModelEntry"]["properties"]["task"]["oneOf"]


@pytest.mark.usefixtures("toys")
def test_context_follows_what_a_registered_encoder_says() -> None:
    near, far = (
        parse_settings(RunSettings, {"model": {"encoder": {"family": family}, "stem": None}})
        for family in ("toy", "toy-all")
    )
    # 2 steps of one base, and the base that a 3-mer sees on either side.
    assert near.model.reach == usual_context(near) == 3
    assert longest_window(near.model, 3) == WINDOW_BASES
    assert usual_context(far) == LEAST_QUARTER
    assert longest_window(far.model, LEAST_QUARTER) == 4 * LEAST_QUARTER


def test_settings_of_the_default_task_do_not_name_it() -> None:
    run = parse_settings(RunSettings, {"task": {"name": "per-base"}})
    assert run.task == PerBaseSettings()
    assert run.model_dump(mode="json").keys() == run.decisive().keys() == {"model", "training"}
    assert run.task.outputs(7) == 7
    assert TaskSettings(name="x").outputs(7) is None


def test_parse_of_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"^task: name 'none': use per-base, causal-lm, masked-lm or seq2seq$"
    ):
        parse_settings(RunSettings, {"task": {"name": "none"}})
    with pytest.raises(ConfigError, match=r"^encoder: Input should be a valid dictionary"):
        parse_settings(ModelSettings, {"encoder": 3})
    with pytest.raises(ConfigError, match=r"^encoder: family \['lstm'\]: use rnn, gru, lstm, "):
        parse_settings(ModelSettings, {"encoder": {"family": ["lstm"]}})


def entry_points_are(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Pretend that an installed package names ``value`` as an encoder."""
    monkeypatch.setattr(ENCODERS, "classes", dict(ENCODERS.classes))
    monkeypatch.setattr(ENCODERS, "loaded", False)
    entry = EntryPoint("toy", value, "genoseq.encoders")
    asked = {"genoseq.encoders": [entry]}
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: asked[group])


def test_parse_loads_what_installed_packages_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entry_points_are(monkeypatch, f"{RecurrentSettings.__module__}:RecurrentSettings")
    monkeypatch.setattr(ENCODERS, "classes", {"transformer": TransformerSettings})
    found = parse_settings(ModelSettings, {"encoder": {"family": "gru"}}).encoder
    assert found == RecurrentSettings(family="gru")


def test_parse_names_an_entry_point_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    entry_points_are(monkeypatch, "no_such_module:Settings")
    message = (
        r"^encoder: entry point toy of genoseq\.encoders: ModuleNotFoundError: No module named"
    )
    with pytest.raises(ConfigError, match=message):
        parse_settings(ModelSettings, {"encoder": {"family": "toy"}})


def test_register_refuses_a_class_without_names_and_names_of_others() -> None:
    class Nameless(EncoderSettings):
        pass

    class Other(EncoderSettings):
        family: Literal["new", "lstm"] = "new"

    class Loose(Settings):
        family: Literal["loose"] = "loose"

    with pytest.raises(TypeError, match=r"Nameless\.family: must be a Literal of its names"):
        ENCODERS.register(Nameless)
    with pytest.raises(ValueError, match="family 'lstm' of Other: is that of RecurrentSettings"):
        ENCODERS.register(Other)
    assert "new" not in ENCODERS.classes
    with pytest.raises(TypeError, match="Loose: is no EncoderSettings"):
        ENCODERS.register(Loose)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (RecurrentSettings(), "bidirectional lstm, 1 x 64"),
        (RecurrentSettings(family="gru", bidirectional=False), "gru, 1 x 64"),
        (TransformerSettings(window=None), "transformer, 4 x 96, 3 heads, all tokens"),
        (
            TransformerSettings(registers=2),
            "transformer, 4 x 96, 3 heads, 64 tokens on either side, 2 registers",
        ),
        (ToySettings(), "toy"),
    ],
)
def test_describe_is_one_line(settings: EncoderSettings, text: str) -> None:
    assert settings.describe() == text
