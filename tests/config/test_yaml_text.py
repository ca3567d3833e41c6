"""Configurations are read strictly: what a text would hide or blow up is refused by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.config.base import read_mapping, with_training
from genoseq.config.yaml_text import DEEPEST, LARGEST
from genoseq.errors import ConfigError

TWICE = """\
models:
  tiny:
    model: {embedding: 8}
    training: {steps: 20, steps: 30}
  tiny:
    training: {steps: 5}
split: {block: 10000}
split: {block: 20000}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "c.yaml"
    path.write_text(text)
    return path


def test_read_mapping_names_each_key_that_is_given_twice(tmp_path: Path) -> None:
    path = write(tmp_path, TWICE)
    with pytest.raises(ConfigError) as caught:
        read_mapping(path)
    assert caught.value.problems == (
        "models.tiny.training.steps: this key is given 2 times, in lines 4 and 4: "
        "rename or remove all but one",
        "models.tiny: this key is given 2 times, in lines 2 and 5: rename or remove all but one",
        "split: this key is given 2 times, in lines 7 and 8: rename or remove all but one",
    )
    assert str(caught.value).startswith(f"{path}: models.tiny")
    with pytest.raises(ConfigError, match="2 and 5"):
        with_training(path, {"seed": 3})


def test_read_mapping_of_json_text_names_a_key_that_is_given_twice() -> None:
    with pytest.raises(ConfigError, match=r"^training\.seed: this key is given 2 times"):
        read_mapping('{"training": {"seed": 4, "seed": 5}}')


def test_read_mapping_lets_a_key_replace_that_of_a_merged_mapping(tmp_path: Path) -> None:
    path = write(tmp_path, "a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}\n")
    assert read_mapping(path)["b"] == {"x": 2, "y": 1}


def test_read_mapping_reads_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_mapping(tmp_path / "c.yaml") == {"a": 1}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "490,329,064 values, names .* written out; at most 100,000"),
        ("a: &a [*a]\n", "line 1: nested deeper than 50 levels, or a name"),
        ("a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "line 1: nested deeper than 50"),
        ("a: " + "[" * 100_000, "not YAML: "),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "not YAML: |nested deeper"),
        ("a: 1\nb: [2001-99-99]\n", "line 2: '2001-99-99' is no 'timestamp'"),
        ("a:\n  " + "9" * 9_000, "line 2: a number of 9,000 characters, at most 100"),
        ("a: 0x" + "f" * 9_000, "line 1: a number of 9,002 characters"),
        ("a: 1" + ":59" * 3_000, "line 1: a number of 9,001 characters"),
        ("a: 9223372036854775808", "line 1: 9223372036854775808 does not fit into 64 bits"),
        ("a: !!bool x", "line 1: 'x' is no 'bool'"),
        ("a: !!int ''", "line 1: '' is no 'int'"),
        ("a: !!float ''", "line 1: '' is no 'float'"),
        ("a: !!timestamp x", "line 1: 'x' is no 'timestamp'"),
        ("a: !!binary aGVsbG8=", "line 1: a value of the kind 'binary': settings are numbers"),
        ("a: !!set {b}", "line 1: a value of the kind 'set'"),
        ("a: !!python/object/apply:os.system [x]", "line 1: a value of the kind 'python/"),
        ('a: "b\\0"', r"line 1: text with a NUL character \(\\0\): remove it"),
        ("a: b\n" * LARGEST, "more than 1,048,576 bytes: this is no configuration"),
    ],
)
def test_read_mapping_refuses_at_once(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_mapping(write(tmp_path, text))


def test_read_mapping_refuses_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes("a: ä".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"c\.yaml: not YAML: .*: save it as UTF-8"):
        read_mapping(tmp_path / "c.yaml")
