"""Tests of `genoseq evaluate`."""

import json
from pathlib import Path

from command import Genoseq
from planted import planted_store

from genoseq.models.bundle import Bundle, save_bundle


def test_evaluate_writes_metrics_of_a_split(
    bundle: Bundle, tmp_path: Path, genoseq: Genoseq
) -> None:
    save_bundle(tmp_path / "model", bundle)
    planted_store(tmp_path / "store", ("valid", 900), ("test", 2000))
    words = [tmp_path / "model", tmp_path / "store", "-o", tmp_path / "out"]
    done = genoseq("evaluate", *words, "--threads", 1)
    assert done.returncode == 0, done.stderr
    assert "evaluate: 100% of 2,000 bases" in done.stderr
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["bases"] == 2000
    header, none, *coding = [line.split("\t") for line in done.stdout.splitlines()]
    assert header == ["name", "strand", "support", "precision", "recall", "f1", "mcc", "auprc"]
    assert none[:3] == ["none", ".", str(metrics["channels"]["classes"][0]["support"])]
    assert [row[:2] for row in coding] == [["CDS", "+"], ["CDS", "-"]]
    assert "no known label in a train region: name stores to --learn-from" in done.stderr
    assert "the best baseline, longest-orf, has " in done.stderr
    planted_store(tmp_path / "learned", ("train", 3000))
    again = genoseq("evaluate", *words, "--threads", 1, "--learn-from", tmp_path / "learned")
    assert "the best baseline, kmers, has " in again.stderr
    table = (tmp_path / "out" / "baselines.tsv").read_text().splitlines()
    assert table[0].split("\t") == [
        *("name", "class", "precision", "recall", "f1", "mcc", "auprc", "fair", "note")
    ]
    assert len(table) == 1 + 3 * 4
    without = genoseq("evaluate", *words, "--no-baselines")
    assert (without.returncode, without.stdout) == (0, done.stdout)
    assert not (tmp_path / "out" / "baselines.tsv").exists()
    wrong = genoseq("evaluate", *words, "--split", "train")
    assert wrong.returncode == 1
    assert wrong.stderr == (
        "genoseq: error: no region of split 'train': the stores have test, valid\n"
    )
