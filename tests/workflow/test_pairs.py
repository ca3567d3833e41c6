"""The workflow with real Snakemake on pairs of sequences: the rules it shares, and translate."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from command import forked_path
from pairs import toy_settings, write_toy_table
from small_run import ONE_EACH, jobs, snakemake, write_config

from genoseq.readers.records import read_records
from genoseq.store.pairs import open_pairs

SHEET = """\
name\tfasta\tpairs\ttargets\tsplit
toy\t-\ttoy.tsv\t-\t-
kept\t-\tkept.fa\tkept targets.fa\ttest
reads\tnew reads.fq\t-\t-\tscore
"""
_TOY = toy_settings()
SETTINGS: dict[str, Any] = {
    "model": _TOY["model"],
    "task": {**_TOY["task"], "either_strand": True},
    "training": {**_TOY["training"], "steps": 20, "validate_every": 10},
}
CONFIG: dict[str, Any] = {
    "models": {
        "one": SETTINGS,
        "two": {**SETTINGS, "training": {**SETTINGS["training"], "seed": 2}},
    },
    "translate": {"beams": 2, "longest": 7},
}
FULL = {"tokenize": 2, "train": 2, "evaluate": 2, "translate": 2, **ONE_EACH}
READS = ["ACGT", "TTGACGA", "GGC"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    write_toy_table(folder / "toy.tsv", 300)
    (folder / "kept.fa").write_text(">a\nACGTACGTAC\n>b\nGGGGGGGGGGGG\n")
    (folder / "kept targets.fa").write_text(">b\nCCCCCCCCC\n>a\nGTACGTACG\n")
    reads = (f"@r{n}\n{one}\n+\n{'I' * len(one)}\n" for n, one in enumerate(READS))
    (folder / "new reads.fq").write_text("".join(reads))
    write_config(folder, CONFIG)
    (folder / "config/genomes.tsv").write_text(SHEET)
    assert jobs(snakemake(folder, path=forked_path())) == FULL
    return folder


def test_run_of_pairs_trains_tests_and_translates(finished: Path) -> None:
    results = finished / "results"
    store = open_pairs(results / "stores/kept")
    assert len(store.of_split("test")) == store.pairs == 2
    assert len(open_pairs(results / "stores/toy").of_split("train")) > 150
    trained = json.loads((results / "models/one/provenance.json").read_text())
    assert set(trained["inputs"]) == {"toy"}  # kept is the test's alone
    for model in ("one", "two"):
        found = json.loads((results / f"evaluation/{model}/metrics.json").read_text())
        tested = len(open_pairs(results / "stores/toy").of_split("test")) + 2
        assert (found["kind"], found["pairs"]) == ("sequences", tested)
        records = list(read_records(results / f"translations/reads/{model}.fa"))
        assert [record.name for record in records] == ["r0", "r1", "r2"]
        assert max(len(record.letters) for record in records) <= 7
    page = (results / "report.html").read_text()
    assert "edit distance all pairs" in page
    assert f"{found['edit_distance']:.4f}" in page


def test_run_of_pairs_does_again_what_an_edit_asks_for(finished: Path) -> None:
    assert "Nothing to be done" in snakemake(finished, "--dry-run")
    config = copy.deepcopy(CONFIG)
    config["translate"]["beams"] = 1
    assert _planned(finished, config) == {"translate": 2, "all": 1}
    config = copy.deepcopy(CONFIG)
    config["models"]["two"]["training"]["seed"] = 3
    assert _planned(finished, config) == {"train": 1, "evaluate": 1, "translate": 1, **ONE_EACH}
    write_config(finished, CONFIG)
    (finished / "config/genomes.tsv").write_text(SHEET.replace("targets.fa\ttest", "targets.fa\t-"))
    assert jobs(snakemake(finished, "--dry-run"))["tokenize"] == 1
    (finished / "config/genomes.tsv").write_text(SHEET)


def _planned(folder: Path, config: dict[str, Any]) -> dict[str, int]:
    write_config(folder, config)
    return jobs(snakemake(folder, "--dry-run"))
