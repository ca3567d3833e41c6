"""What ``genoseq tokenize --scheme seq2seq`` takes and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from genoseq.cli.app import app
from genoseq.errors import ConfigError
from genoseq.store.pairs import open_pairs


def tokenize(*words: str | Path) -> None:
    done = CliRunner().invoke(app, ["tokenize", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def test_tokenize_takes_paired_fasta(tmp_path: Path) -> None:
    sources, targets, out = tmp_path / "s.fa", tmp_path / "t.fa", tmp_path / "store"
    sources.write_text(">a\nACGACG\n")
    targets.write_text(">a\nMK\n")
    tokenize(sources, "--scheme", "seq2seq", "--targets", targets, "-o", out, "--name", "two")
    store = open_pairs(out)
    assert (store.name, store.alphabet.name, store.pairs) == ("two", "protein", 1)


def test_tokenize_refuses_labels_of_pairs_and_targets_of_labels(tmp_path: Path) -> None:
    table, out = tmp_path / "t.tsv", tmp_path / "store"
    table.write_text("ACG\tM\n")
    with pytest.raises(ConfigError, match="--bed, --mask: scheme seq2seq has no labels of bases"):
        tokenize(table, "--scheme", "seq2seq", "-o", out, "--bed", table, "--mask", table)
    with pytest.raises(ConfigError, match="--overlap: scheme seq2seq has no labels of bases"):
        tokenize(table, "--scheme", "seq2seq", "-o", out, "--overlap", "unknown")
    with pytest.raises(ConfigError, match="--targets and --split are of scheme seq2seq"):
        tokenize(table, "-o", out, "--targets", table)
    assert not out.exists()
