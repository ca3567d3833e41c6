"""Settings: every problem at once, by name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from genoseq.config.base import parse_settings, read_mapping
from genoseq.config.encoders import RecurrentSettings, TransformerSettings
from genoseq.config.json_schema import json_schema, numbers_of
from genoseq.config.schema import (
    Config,
    ModelSettings,
    RunSettings,
    TokenizerSettings,
    load_config,
)
from genoseq.errors import ConfigError


def test_load_config_of_an_empty_file_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("")
    assert load_config(tmp_path / "c.yaml") == Config()


def test_load_config_lists_every_problem(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "split: {valid: 3}\ntitle: x\nmodels: {a: {model: {tokenizer: {k: 9}}}}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "c.yaml")
    named = [problem.split(":")[0] for problem in caught.value.problems]
    assert named == ["split.valid", "models.a.model.tokenizer.k", "title"]
    assert str(caught.value).startswith(f"{tmp_path}/c.yaml: split.valid: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not YAML"),
        ("- a", "expected settings"),
        ("models: {'a/b': {}}", "use letters, digits, _ and -"),
        ('models: {"a\\n": {}}', "use letters, digits, _ and -"),
        (
            "models: {a: {training: {seed: 9223372036854775808}}}",
            "line 1: 9223372036854775808 does not fit into 64 bits",
        ),
        ("models: {}", "at least 1 item"),
        ("labels: {classes: [CDS]}", "labels: scheme cds-phase takes no classes: remove them, or"),
        (
            "labels: {scheme: stranded}",
            "labels: scheme stranded needs classes: list them",
        ),
    ],
)
def test_load_config_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(tmp_path / "c.yaml")


def test_load_config_of_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no\.yaml: cannot be read: No such file"):
        load_config(tmp_path / "no.yaml")


def test_read_mapping_takes_json_text() -> None:
    assert read_mapping('{"training": {"seed": 4}}') == {"training": {"seed": 4}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"tokenizer": {"k": 3, "stride": 4}},
            "tokenizer: stride 4 is larger than k 3: bases would be skipped",
        ),
        (
            {"stem": {"stride": 3, "kernel": 8}},
            "^stem: kernel must exceed stride by an even number",
        ),
        (
            {"encoder": {"family": "mamba"}},
            "^encoder: family 'mamba': use rnn, gru, lstm, transformer, convolution or linear$",
        ),
        ({"encoder": {"heads": 2}}, r"^encoder\.heads: unknown name, misspelt\? \(found 2\)$"),
        (
            {"encoder": {"family": "transformer", "bidirectional": True}},
            r"^encoder\.bidirectional: unknown name, misspelt\?",
        ),
        (
            {"encoder": {"family": "transformer", "width": 12, "heads": 4}},
            "^encoder: width 12 does not divide into 4 heads of even width$",
        ),
        (
            {"encoder": {"family": "transformer", "key_value_heads": 2}},
            "^encoder: 3 heads cannot share 2 key_value_heads evenly$",
        ),
        (
            {"encoder": {"family": "transformer", "registers": 1, "rotary_fraction": 1}},
            "^encoder: registers have no position: they need a rotary_fraction below 1$",
        ),
        (
            {"tokenizer": {"k": 6}, "tied_strands": True},
            "^tied_strands: k 6 at stride 1 is not centred on its bases",
        ),
    ],
)
def test_model_settings_refuse(data: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_settings(ModelSettings, data)


def test_parse_settings_names_no_setting_where_none_is_to_blame() -> None:
    with pytest.raises(ConfigError, match=r"^stride 2 is larger than k 1: bases would be skipped$"):
        parse_settings(TokenizerSettings, {"k": 1, "stride": 2})


def test_model_settings_stride_is_bases_a_step() -> None:
    model = {"tokenizer": {"k": 2, "stride": 2}, "stem": {"stride": 3, "kernel": 9}}
    assert parse_settings(ModelSettings, model).stride == 6
    assert parse_settings(ModelSettings, {"stem": None}).stride == 1


def test_encoder_settings_are_told_apart_by_family() -> None:
    kinds = {
        family: type(parse_settings(ModelSettings, {"encoder": {"family": family}}).encoder)
        for family in ("rnn", "gru", "lstm", "transformer")
    }
    assert kinds.pop("transformer") is TransformerSettings
    assert set(kinds.values()) == {RecurrentSettings}
    # Files of earlier releases may leave the family out.
    assert parse_settings(ModelSettings, {"encoder": {"width": 8}}).encoder.family == "lstm"
    made = ModelSettings(encoder=TransformerSettings(width=48))
    assert parse_settings(ModelSettings, made.model_dump(mode="json")) == made


@pytest.mark.parametrize(
    ("model", "reach"),
    [
        ({}, None),
        ({"encoder": {"family": "transformer", "window": None}}, None),
        ({"encoder": {"family": "transformer", "registers": 1}}, None),
        # 4 layers of 64 steps, then 3 tokens of the stem's kernel and 1 base of its 3-mers: 2 steps
        ({"encoder": {"family": "transformer"}}, 3 * (4 * 64 + 2)),
        ({"encoder": {"family": "transformer", "layers": 1, "window": 5}, "stem": None}, 6),
        (
            {
                "encoder": {"family": "transformer", "layers": 2, "window": 5},
                "stem": None,
                "tokenizer": {"k": 1},
            },
            10,
        ),
    ],
)
def test_reach_is_windows_of_all_layers_and_what_the_stem_sees(
    model: dict[str, object], reach: int | None
) -> None:
    assert parse_settings(ModelSettings, model).reach == reach


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        ({"begin": 0.5, "full": 0.4}, "full 0.4 comes before begin 0.5"),
        ({"shortest": 100, "longest": 50}, "longest 50 is below shortest 100"),
        ({"indels": 0.6}, "augment.indels"),
        ({"deletions": 0.1}, "augment.deletions: unknown name"),
    ],
)
def test_augment_settings_refuse(augment: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_settings(RunSettings, {"training": {"augment": augment}})


def test_augment_decides_weights_only_where_it_is_on() -> None:
    off = parse_settings(RunSettings, {})
    on = parse_settings(RunSettings, {"training": {"augment": {}}})
    assert "augment" not in off.decisive()["training"]
    assert on.decisive()["training"]["augment"]["indels"] == 0.015


def test_evidence_settings_say_what_tiers_teach() -> None:
    with pytest.raises(ConfigError, match=r"evidence\.tiers\.guess"):
        parse_settings(Config, {"labels": {"evidence": {"tiers": {"guess": "perhaps"}}}})


def test_decisive_settings_are_all_but_how_often_a_state_is_saved() -> None:
    run = RunSettings()
    everything = run.training.model_dump(mode="json")
    assert everything.pop("checkpoint_minutes") == 5
    for later in ("augment", "sampling", "nearby", "negatives", "correct", "teacher"):
        assert everything.pop(later) is None  # as in releases without it
    assert everything.pop("teacher_share") == 1
    assert run.training.decisive() == run.decisive()["training"] == everything
    assert run.decisive()["model"] == run.model.model_dump(mode="json")


def test_json_schema_is_json_and_knows_every_section() -> None:
    assert set(json.loads(json_schema())["properties"]) == set(Config.model_fields)


def test_every_number_has_bounds_that_its_description_tells() -> None:
    schema = json.loads(json_schema())
    fields = {
        f"{part}.{name}": field
        for part, kind in schema["$defs"].items()
        for name, field in kind["properties"].items()
    }
    numbers = {name: list(numbers_of(field)) for name, field in fields.items()}
    assert len([name for name, found in numbers.items() if found]) > 30
    for name, found in numbers.items():
        for number in found:
            assert {"minimum", "exclusiveMinimum"} & number.keys(), name
            assert {"maximum", "exclusiveMaximum"} & number.keys(), name
            assert re.search(
                r"(at least|above) .* and (at most|below) ", fields[name]["description"]
            )


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ("clip: .inf", r"^training\.clip: Input should be a finite number \(found inf\)$"),
        ("learning_rate: .nan", r"^training\.learning_rate: Input should be a finite number"),
        ("class_weights: [1, .nan]", r"(?m)^training\.class_weights\.1: Input should be a finite"),
        ("steps: 1.0e+30", r"^training\.steps: too large \(found 1e\+30\)$"),
        (
            "window: 1000000000000000",
            r"^training\.window: Input should be less .* 16777216 \(found",
        ),
        (f"window: {10**300}", r": line 1: a number of 301 characters, at most 100$"),
        ("max_minutes: 1.0e+300", r"^training\.max_minutes: Input should be less"),
    ],
)
def test_numbers_that_no_training_has_are_refused(
    tmp_path: Path, training: str, message: str
) -> None:
    (tmp_path / "c.yaml").write_text(f"training: {{{training}}}\n")
    with pytest.raises(ConfigError, match=message):
        parse_settings(RunSettings, read_mapping(tmp_path / "c.yaml"))


def test_widths_that_no_network_has_are_refused() -> None:
    for model in (
        {"encoder": {"width": 10**9}},
        {"encoder": {"family": "transformer", "layers": 10**6}},
        {"stem": {"width": 10**9}},
        {"embedding": 10**9},
    ):
        with pytest.raises(ConfigError, match="less than or equal to"):
            parse_settings(ModelSettings, model)


def test_config_names_the_new_name_of_an_old_key() -> None:
    with pytest.raises(ConfigError, match="summary: is called report now"):
        parse_settings(Config, {"summary": {"title": "mine"}})


def test_strands_are_left_out_where_both_are_read() -> None:
    assert "strands" not in ModelSettings().model_dump()
    one = parse_settings(ModelSettings, {"strands": "one"})
    assert one.model_dump()["strands"] == "one"
    assert parse_settings(ModelSettings, one.model_dump()) == one


def test_model_that_goes_on_from_another_may_read_other_strands() -> None:
    network = {"embedding": 16}
    models: dict[str, Any] = {
        "big": {"model": network},
        "one": {"init": "big", "model": {"strands": "one"}},
        "same": {"init": "one"},
        "back": {"init": "one", "model": network},
    }
    found = parse_settings(Config, {"models": models}).models
    assert {name: each.model.strands for name, each in found.items()} == {
        "big": "both", "one": "one", "same": "one", "back": "both"
    }  # fmt: skip
    assert {each.model.embedding for each in found.values()} == {16}
    models["one"]["model"]["embedding"] = 8
    with pytest.raises(ConfigError, match=r"one\.model is not that of big"):
        parse_settings(Config, {"models": models})
