"""Classes of which a base may have several, through every verb."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from verbs import TRAINING, run

import genoseq as gs
from genoseq.errors import ConfigError
from genoseq.genome.sequences import reverse_complement_codes

SETTINGS = {
    "model": {"embedding": 8, "stem": {"width": 16}, "encoder": {"width": 16}},
    "training": {
        **{**TRAINING, "steps": 60, "batch": 8, "checkpoint_minutes": 5, "learning_rate": 0.03},
        "sampling": {"share": 0.5, "classes": ["site"]},
    },
}


def genome_of(folder: Path, bases: int = 24_000) -> Path:
    """Genes of a repeated codon on either strand, with a site in the middle of each."""
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, bases).astype(np.uint8)
    rows = []
    for start in range(100, bases - 300, 300):
        gene = np.tile(np.array([0, 2, 1], np.uint8), 40)
        gene[60:66] = [3, 3, 3, 2, 3, 3]
        strand = "+-"[int(rng.integers(2))]
        codes[start : start + 120] = gene if strand == "+" else reverse_complement_codes(gene)
        site = start + 60 if strand == "+" else start + 57
        rows += [f"c\t{start}\t{start + 120}\tgene\t0\t{strand}"]
        rows += [f"c\t{site}\t{site + 3}\tsite\t0\t{strand}"]
    (folder / "g.fa").write_text(">c\n" + "".join("ACGT"[code] for code in codes) + "\n")
    (folder / "a.bed").write_text("\n".join(rows) + "\n")
    (folder / "r.bed").write_text(
        "c\t0\t15000\ttrain\nc\t15000\t18000\tvalid\nc\t18000\t24000\ttest\n"
    )
    return folder / "g.fa"


def test_multi_label_goes_through_every_verb(tmp_path: Path) -> None:
    genome, store, model = genome_of(tmp_path), tmp_path / "store", tmp_path / "model"
    words = ["--annotation", tmp_path / "a.bed", "--scheme", "stranded", "--multi-label"]
    run("tokenize", genome, "-o", store, "--bed", tmp_path / "r.bed", *words,
        "--classes", "gene,site")  # fmt: skip
    run("train", store, "-o", model, "--settings", json.dumps(SETTINGS), "--context", "384")
    run("evaluate", model, store, "-o", tmp_path / "evaluation")
    figures = json.loads((tmp_path / "evaluation/metrics.json").read_text())
    assert figures["kind"] == "independent"
    for row in figures["classes"]:
        assert row["auprc"] > 3 * row["prevalence"], row
    baselines = (tmp_path / "evaluation/baselines.tsv").read_text()
    assert "prevalence\tsite.plus\t" in baselines
    with pytest.raises(ConfigError, match="exclude one another; give thresholds, by --seg"):
        run("score", genome, "-m", model, "-o", tmp_path / "no", "--formats", "bed")
    run("score", genome, "-m", model, "-o", tmp_path / "tracks", "--formats", "scores,tsv",
        "--confidence", "disagreement")  # fmt: skip
    run("tracks", tmp_path / "tracks", "-o", tmp_path / "again", "--formats", "bigwig,bedgraph")
    assert (tmp_path / "again/site.minus.bw").exists()
    manifest = (tmp_path / "again/manifest.tsv").read_text()
    assert "site.minus.bw\tprobability\tsite\t-" in manifest
    folders = [model, store, tmp_path / "evaluation", tmp_path / "again"]
    run("report", *folders, "-o", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "Sites found within so many bp" in page
    assert {row["class"] for row in figures["sites"]} == {"site.plus", "site.minus"}


def test_multi_label_probabilities_are_of_each_class(tmp_path: Path) -> None:
    genome = genome_of(tmp_path, 6_000)
    labels = {"scheme": "stranded", "classes": ["gene", "site"], "exclusive": False}
    store = gs.tokenize(genome, tmp_path / "a.bed", out=tmp_path / "s", labels=labels)
    model = gs.fit([store], SETTINGS | {"training": TRAINING | {"steps": 3}}, out=tmp_path / "m")
    again = gs.load_bundle(tmp_path / "m")
    assert again.task == model.task
    codes = store.codes("c", 0, 900)
    sequence, reverse = (
        "".join("ACGT"[code] for code in each) for each in (codes, reverse_complement_codes(codes))
    )
    values, back = gs.predict(model, sequence), gs.predict(model, reverse)
    assert values.shape == (900, 4)
    np.testing.assert_allclose(back[::-1][:, [1, 0, 3, 2]], values, atol=1e-6)
    assert ((values > 0) & (values < 1)).all()
    odds = np.concatenate([t.values for t in gs.score(store, model, values="log-odds")])
    np.testing.assert_allclose(1 / (1 + np.exp(-odds[300:600])), values[300:600], atol=0.02)
    with pytest.raises(ConfigError, match="of classes that exclude one another, and these do not"):
        gs.score(store, model, confidence=["entropy"])
