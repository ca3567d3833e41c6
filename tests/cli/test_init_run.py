"""``genoseq init`` and ``genoseq run``: what is said, and how words reach Snakemake."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Genoseq

from genoseq.cli.app import _flags_first


def test_init_says_what_it_wrote_and_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genoseq: Genoseq
) -> None:
    monkeypatch.chdir(tmp_path)
    found = genoseq("init", "my run")
    assert (found.returncode, found.stderr) == (0, "")
    *wrote, edit, start = found.stdout.splitlines()
    assert {line.split()[0] for line in wrote} == {"wrote"}
    assert edit == "list your genomes in my run/config/genomes.tsv, then"
    assert start == "run it: genoseq run 'my run'"
    again = genoseq("init", "my run", "--demo")
    assert again.returncode == 1
    assert again.stderr.startswith("genoseq: error: my run: Snakefile, config/README.md, ")
    assert again.stderr.count("\n") == 1


def test_run_says_in_one_sentence_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genoseq: Genoseq
) -> None:
    monkeypatch.chdir(tmp_path)
    for words, said in (
        ((), ".: no config/config.yaml here: make one with `genoseq init .`"),
        (("-n",), ".: no config/config.yaml here: make one with `genoseq init .`"),
        (("my",), "my: no such folder: make one with `genoseq init my`"),
    ):
        found = genoseq("run", *words)
        assert (found.returncode, found.stdout) == (1, "")
        assert found.stderr == f"genoseq: error: {said}\n"


@pytest.mark.parametrize("words", [("--version",), (".", "--version"), ("-c", "1", "--version")])
def test_run_passes_all_words_to_snakemake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genoseq: Genoseq, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = genoseq("run", *words)
    assert (found.returncode, found.stdout[:2]) == (0, "9.")


def test_flags_behind_run_are_those_of_snakemake() -> None:
    assert _flags_first(["run", "my", "-n", "-q"]) == ["run", "my", "-n", "-q"]
    assert _flags_first(["-q", "run", "--verbose"]) == ["-q", "run", "--verbose"]
    assert _flags_first(["report", "run", "-q"]) == ["-q", "report", "run"]
