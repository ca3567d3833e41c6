"""A configuration with all its settings, and what they may be."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from genoseq.config.schema import Config, load_config
from genoseq.config.show import show_config

ODD = """
genomes: "my sheet: a.tsv"
labels: {scheme: stranded, classes: [CDS, "5'UTR", "a # b"]}
models:
  "12": {}
  other:
    model: {stem: null, encoder: {family: transformer, window: null}}
    training: {class_weights: [1, 2.5], max_minutes: 3}
report: {title: "50%: what <we> {found}", note: "two\\nlines"}
pathvars: {results: there}
"""


@pytest.mark.parametrize("text", ["", ODD])
def test_what_is_shown_is_the_configuration(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    assert yaml.safe_load(show_config(path)) == load_config(path).model_dump(mode="json")


def test_without_a_file_the_defaults_are_shown_with_what_they_may_be() -> None:
    shown = show_config()
    assert yaml.safe_load(shown) == Config().model_dump(mode="json")
    lines = [line.strip() for line in shown.splitlines()]
    assert "family: lstm  # rnn | gru | lstm" in lines
    assert "k: 3  # whole number 1 to 8" in lines
    assert "class_weights: none" in lines
    assert any("(none | balanced | list of number" in line for line in lines)
    assert "valid: 0.1  # fraction of blocks for validation (number 0 to 1)" in lines
    assert "learning_rate: 0.006  # number above 0 and at most 1,000" in lines
    assert max(map(len, lines)) <= 100
