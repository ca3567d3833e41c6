"""Tests of `genoseq evaluate`."""

import json
from pathlib import Path

import numpy as np
from command import Genoseq
from planted import planted_store, store_of_contigs

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import signal_scheme
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.tasks.per_base import PerBase


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
    assert header[:8] == ["name", "strand", "support", "precision", "recall", "f1", "mcc", "auprc"]
    assert header[8:13] == ["prevalence", "lift", "best_f1", "threshold", "top_k"]
    assert header[13:] == ["calibration_error"]
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


def test_evaluate_of_signals_has_bins_and_genes(tmp_path: Path, genoseq: Genoseq) -> None:
    scheme = signal_scheme([("x", "+"), ("x", "-")])
    task = PerBase(scheme, "poisson")
    settings = parse_settings(
        ModelSettings, {"embedding": 4, "stem": {"width": 8}, "encoder": {"width": 8}}
    )
    save_bundle(tmp_path / "model", Bundle(build_model(settings, task), settings, task, 96))
    rng = np.random.default_rng(2)
    rows = [("c", "test", rng.integers(0, 4, 3_000, np.uint8), rng.gamma(1, 2, (3_000, 2)))]
    store_of_contigs(tmp_path / "store", scheme, rows)
    (tmp_path / "genes.bed").write_text("c\t10\t900\tg1\t0\t+\nc\t950\t1900\tg2\t0\t-\n")
    words = [tmp_path / "model", tmp_path / "store", "-o", tmp_path / "out", "--no-baselines"]
    done = genoseq("evaluate", *words, "--bins", "1,100", "--genes", tmp_path / "genes.bed")
    assert done.returncode == 0, done.stderr
    assert "evaluate: store: x.plus: Pearson r by bin: 1 bp " in done.stderr
    assert "evaluate: store: x of 2 genes: " in done.stderr
    lines = (tmp_path / "out/signals.tsv").read_text().splitlines()
    assert len(lines) == 1 + 2 * 2 * 3  # bins, signals; all, the genome, its contig
    genes = (tmp_path / "out/genes.tsv").read_text().splitlines()
    assert [line.split("\t")[6] for line in genes[1:]] == ["x.plus", "x.minus"]
    wrong = genoseq("evaluate", *words, "--bins", "1,many")
    assert wrong.returncode == 2
    assert "is not bp, such as 1,100,1000" in " ".join(wrong.stderr.split())
