"""Language models go through every verb: killed and resumed, judged, scored in shards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from verbs import TRAINING, estimate_of_training, killed_and_resumed, run, train

import genoseq as gs
from genoseq.cli.app import main

CAUSAL: dict[str, Any] = {
    "model": {
        "tokenizer": {"k": 3, "stride": 3},
        "stem": None,
        "embedding": 6,
        "encoder": {"width": 16, "bidirectional": False},
    },
    "task": {"name": "causal-lm"},
    "training": TRAINING,
}
MASKED: dict[str, Any] = {
    "model": {"embedding": 6, "stem": {"width": 12}, "encoder": {"width": 12}},
    "task": {"name": "masked-lm", "share": 0.2, "span": 3},
    "training": TRAINING,
}
LENGTH = 18_000


def genome_of(folder: Path) -> Path:
    """A repeat with noise, and regions; there is no annotation."""
    rng = np.random.default_rng(5)
    repeat = np.tile(np.array([0, 0, 1, 2, 3, 1]), LENGTH // 6)
    noisy = np.where(rng.random(LENGTH) < 0.9, repeat, rng.integers(0, 4, LENGTH))
    letters = "".join("ACGT"[code] for code in noisy)
    (folder / "genome.fa").write_text(f">c\n{letters}\n")
    (folder / "regions.bed").write_text(
        "c\t0\t12000\ttrain\nc\t12000\t15000\tvalid\nc\t15000\t18000\ttest\n"
    )
    return folder / "genome.fa"


@pytest.mark.parametrize("settings", [CAUSAL, MASKED], ids=["causal", "masked"])
def test_language_model_goes_through_every_verb(settings: dict[str, Any], tmp_path: Path) -> None:
    genome, store, model = genome_of(tmp_path), tmp_path / "store", tmp_path / "model"
    run("tokenize", genome, "-o", store, "--bed", tmp_path / "regions.bed")
    train(store, tmp_path / "whole", settings)
    told = killed_and_resumed(__file__, store, model, settings)
    assert "resuming after step" in told
    assert "bits per base" in told
    for name in ("model.safetensors", "config.json"):
        assert (model / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    valid = json.loads((model / "config.json").read_text())["metrics"]["valid"]
    assert 0 < valid["bits_per_base"] < 2
    run("evaluate", model, store, "-o", tmp_path / "evaluation")
    figures = json.loads((tmp_path / "evaluation/metrics.json").read_text())
    assert (figures["kind"], figures["bases"]) == ("bases", 3_000)
    assert figures["bits_per_base"] < 1.5  # four bases by chance: 2
    assert figures["accuracy"] > 0.6
    assert_shards_give_the_same(genome, model, tmp_path)
    report = run("report", model, tmp_path / "evaluation", "-o", tmp_path / "report.html")
    assert report is not None
    assert "bits per base" in (tmp_path / "report.html").read_text()


def assert_shards_give_the_same(genome: Path, model: Path, folder: Path) -> None:
    """Scores of two shards, merged, are those of the genome at once."""
    run("shards", genome, "-o", folder / "shards", "--count", 2)
    for shard in ("001", "002"):
        bed, out = folder / f"shards/{shard}.bed", folder / f"scores/{shard}"
        fasta = folder / "shards/genome.fa"
        run("score", fasta, "-m", model, "-o", out, "--regions", bed, "--formats", "scores")
    run("merge", folder / "scores/001", folder / "scores/002", "-o", folder / "merged")
    run("tracks", folder / "merged", "-o", folder / "tracks", "--formats", "bigwig,bedgraph")
    run("score", genome, "-m", model, "-o", folder / "direct", "--formats", "bigwig,bedgraph")
    for name in ("bits.plus.bw", "bits.minus.bw", "bits.both.bw", "bits.both.bedgraph.gz"):
        assert (folder / "tracks" / name).read_bytes() == (folder / "direct" / name).read_bytes()
    with gs.open_fasta(genome) as fasta:
        values = np.concatenate([track.values for track in gs.score(fasta, model)])
    assert values.shape == (LENGTH, 3)
    assert not np.isnan(values).any()


@pytest.mark.parametrize("settings", [CAUSAL, MASKED], ids=["causal", "masked"])
def test_language_model_is_estimated(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genome_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "?" not in estimate_of_training(tmp_path, settings, "c")


if __name__ == "__main__":
    main()
