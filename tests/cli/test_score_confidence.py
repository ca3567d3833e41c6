"""``genoseq score --confidence`` and ``-m A -m B``: how sure scores are, as tracks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq

import genoseq as gs
from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import stranded_scheme
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.signal import open_signal
from genoseq.report.hub import write_hub
from genoseq.tasks.per_base import PerBase
from genoseq.writers.manifest import read_manifest


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    path = tmp_path / "genome.fa"
    path.write_text(f">chr1\n{''.join(rng.choice(list('ACGT'), 4_000))}\n>pad\n{'N' * 300}\n")
    return path


def test_score_of_a_model_twice_is_its_scores_and_no_spread(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert genoseq("score", genome, "-m", model, "-o", one).returncode == 0
    words = ("--confidence", "margin, disagreement")
    run = genoseq("score", genome, "-m", model, "-m", model, "-o", two, *words)
    assert run.returncode == 0, run.stderr
    for name in ("CDS.plus.bw", "CDS.minus.bw", "segments.bed"):
        assert (two / name).read_bytes() == (one / name).read_bytes()
    kinds = {row.path: row.kind for row in read_manifest(two / "manifest.tsv")}
    assert {path for path, kind in kinds.items() if kind == "spread"} == {
        "CDS.plus.spread.bw",
        "CDS.minus.spread.bw",
    }
    assert (kinds["margin.bw"], kinds["disagreement.bw"]) == ("margin", "disagreement")
    with open_signal(two / "CDS.plus.spread.bw") as signal:
        assert signal.extremes() == (0, 0)
    record = json.loads((two / "provenance.json").read_text())
    assert {"genome", "model 1", "model 2"} == record["inputs"].keys()
    assert record["settings"]["confidence"] == ["margin", "disagreement"]
    assert gs.validate_tracks([two], genome) == []
    hub = write_hub([two], genome, tmp_path / "hub")
    assert hub.tracks == 7
    text = (tmp_path / "hub/hub.txt").read_text()
    assert "track two_margin\n" in text
    assert "longLabel CDS spread + by two\n" in text


def test_score_of_models_that_differ_is_refused_by_name(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    task = PerBase(stranded_scheme(["exon"]))
    settings = parse_settings(ModelSettings, {"encoder": {"width": 4}})
    save_bundle(tmp_path / "other", Bundle(build_model(settings, task), settings, task, 96))
    run = genoseq("score", genome, "-m", model, "-m", tmp_path / "other", "-o", tmp_path / "out")
    assert run.returncode == 1
    assert run.stderr == (
        f"genoseq: error: {tmp_path}/other tells exon.plus, exon.minus, and {model} CDS.plus, "
        f"CDS.minus: only models that tell the same are joined; score them apart\n"
    )
    assert not (tmp_path / "out").exists()


def test_score_refuses_a_confidence_that_there_is_not(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    words = ("-o", tmp_path / "out", "--confidence", "margin,luck")
    run = genoseq("score", genome, "-m", model, *words)
    assert (run.returncode, run.stderr) == (
        1,
        "genoseq: error: confidence 'luck': use margin, entropy, disagreement\n",
    )
    assert not (tmp_path / "out").exists()


def test_score_of_one_strand_is_noted_and_compared_with_nothing(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    one, jobs = tmp_path / "one", tmp_path / "jobs"
    words = ("score", genome, "-m", model, "--strands", "one")
    assert genoseq(*words, "-o", one, "--jobs", 1).returncode == 0
    assert genoseq(*words, "-o", jobs, "--jobs", 2).returncode == 0
    assert genoseq("score", genome, "-m", model, "-o", tmp_path / "both").returncode == 0
    files = [(tmp_path / name / "CDS.plus.bw").read_bytes() for name in ("one", "jobs", "both")]
    assert files[0] == files[1] != files[2]
    record = json.loads((one / "provenance.json").read_text())
    assert record["settings"]["strands"] == "one"
    run = genoseq(*words, "-o", tmp_path / "no", "--confidence", "disagreement")
    assert run.returncode == 1
    assert "disagreement: of the two strands, and one alone is read" in run.stderr
    assert not (tmp_path / "no").exists()
