"""Decimals of tracks by how rare a class was in the validation."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genoseq.genome.tracks import Channel
from genoseq.inference.score import score
from genoseq.inference.score_files import score_files
from genoseq.inference.track_decimals import track_decimals
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import open_fasta
from genoseq.writers.merge import merge_scores
from genoseq.writers.scores import read_scores

CDS = (Channel("CDS", "+"), Channel("CDS", "-"))


def metrics(*supports: int, phase: int | None = None) -> dict[str, Any]:
    """Of a validation of 1,000,000 bases."""
    bases = [1_000_000 - sum(supports), *supports]
    names = [("none", "."), ("CDS", "+"), ("CDS", "-")]
    rows = [
        {"name": name, "strand": strand, "phase": phase if name == "CDS" else None, "support": n}
        for (name, strand), n in zip(names, bases, strict=True)
    ]
    return {"valid": {"states" if phase is not None else "channels": {"classes": rows}}}


@pytest.mark.parametrize(
    ("supports", "decimals"),
    [
        ((440_000, 10_000), None),
        ((0, 500_000), None),
        ((9_999, 500_000), (4, 3)),
        ((1_000, 999), (4, 5)),
        ((25, 1), (6, 7)),
    ],
)
def test_steps_are_a_tenth_of_a_rare_share_at_most(
    supports: tuple[int, int], decimals: tuple[int, int] | None
) -> None:
    assert track_decimals([metrics(*supports)], CDS, "classes") == decimals
    for share, places in zip(supports, decimals or (), strict=False):
        assert share >= 10_000 or share / 1e6 >= 9.99 * 10.0**-places


def test_decimals_are_those_of_the_model_with_most_and_of_phases_their_own() -> None:
    common, rare = metrics(400_000, 400_000), metrics(50, 400_000)
    assert track_decimals([common, rare], CDS, "classes") == (6, 3)
    assert track_decimals([{}], CDS, "classes") is None
    assert track_decimals([rare], CDS, "log-odds") is None
    by_phase = (Channel("CDS", "+", 1), Channel("CDS", "-", 1), Channel("CDS", "-", None, "margin"))
    assert track_decimals([metrics(50, 400_000, phase=1)], by_phase, "classes") == (6, 3, 3)


def test_tracks_of_a_rare_class_are_not_flat(
    bundle: Bundle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """From a model's validation to scores, shards and provenance."""
    # Its background is far ahead: every probability of CDS is below 0.0005.
    with_bias = bundle.model.head.projection.bias.data
    before = with_bias.clone()
    with_bias.view(-1, 7)[:, 0] += 15
    try:
        rare = replace(bundle, metrics=metrics(100, 100))
        save_bundle(tmp_path / "rare", rare)
        save_bundle(tmp_path / "unknown", replace(bundle, metrics={}))
        letters = "".join(np.random.default_rng(0).choice([*"ACGT"], 900))
        fasta = tmp_path / "g.fa"
        fasta.write_text(f">c\n{letters}\n")
        words: dict[str, Any] = {"formats": "scores", "device": "cpu"}
        with caplog.at_level(logging.INFO, "genoseq"):
            score_files(fasta, tmp_path / "rare", tmp_path / "out", **words)
        assert "decimals of rare classes: CDS.minus 5, CDS.plus 5; of others 3" in caplog.text
        assert "rounds to 0" not in caplog.text
        with open_fasta(fasta) as genome:
            (track,) = score(genome, rare, device="cpu")
        caplog.clear()
        with caplog.at_level(logging.WARNING, "genoseq"):
            score_files(fasta, tmp_path / "unknown", tmp_path / "flat", **words)
        assert "every value of CDS.minus (in steps of 0.001), CDS.plus" in caplog.text
    finally:
        with_bias.copy_(before)
    found, flat = read_scores(tmp_path / "out"), read_scores(tmp_path / "flat")
    assert found.decimals == (5, 5)
    values = found.values("c", 0, 900)
    assert 0 < values.max() < 5e-4
    np.testing.assert_array_equal(track.values, values)
    assert flat.decimals is None
    assert flat.values("c", 0, 900).max() == 0
    record = json.loads((tmp_path / "out/provenance.json").read_text())
    assert record["settings"]["decimals"] == [5, 5]
    for number, line in enumerate(("c\t0\t400\n", "c\t400\t900\n")):
        (tmp_path / f"{number}.bed").write_text(line)
        regions = tmp_path / f"{number}.bed"
        score_files(
            fasta, tmp_path / "rare", tmp_path / f"s{number}", regions=regions, **words
        )  # fmt: skip
    merge_scores([tmp_path / "s0", tmp_path / "s1"], tmp_path / "all")
    name = "scores.npy"
    assert (tmp_path / "all" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert read_scores(tmp_path / "all").decimals == (5, 5)
