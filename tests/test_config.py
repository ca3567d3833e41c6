"""Settings: every problem at once, by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genoseq.config import (
    Config,
    ModelSettings,
    TokenizerSettings,
    json_schema,
    load_config,
    parse_settings,
    read_mapping,
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
            "training.seed: Input should be less",
        ),
        ("models: {}", "at least 1 item"),
        (
            "labels: {scheme: stranded}",
            "labels: (list classes|classes are listed) for schemes stranded and unstranded",
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


def test_json_schema_is_json_and_knows_every_section() -> None:
    assert set(json.loads(json_schema())["properties"]) == set(Config.model_fields)
