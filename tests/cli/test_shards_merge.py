"""``genoseq shards`` and ``genoseq merge``: shards scored apart are the whole, byte for byte."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq
from typer.testing import CliRunner

from genoseq.cli.app import app
from genoseq.config import ModelSettings
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.schemes import signal_scheme
from genoseq.settings import parse_settings

TEXT_AND_BINARY = "bigwig,bedgraph,bed,tsv"
CONTIGS = {"tiny": 20, "long": 60_011, "empty": 0, "pad": 9_000, "mid": 8_192, "last.1|x": 700}


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    lines = []
    for name, length in CONTIGS.items():
        letters = rng.choice(list("ACGT"), length) if name != "pad" else ["N"] * length
        lines.append(f">{name} a description\n{''.join(letters)}\n")
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(gzip.compress("".join(lines).encode()))
    return path


@pytest.fixture
def model(tmp_path: Path, bundle: Bundle) -> Path:
    save_bundle(tmp_path / "model", bundle)
    return tmp_path / "model"


def run(*words: str | int | Path) -> str:
    """The command line in this process: one start of torch for all shards."""
    result = CliRunner().invoke(app, list(map(str, words)))
    assert result.exit_code == 0, result.output
    return result.output


def score_shards(genome: Path, model: Path, folder: Path, count: int, *words: str) -> list[Path]:
    """Scores of every shard."""
    run("shards", genome, "-o", folder / "beds", "--count", count)
    outs = []
    for bed in sorted((folder / "beds").glob("*.bed")):
        outs.append(folder / bed.stem)
        asked = ("--regions", bed, "-o", outs[-1], "--formats", "scores", *words)
        run("score", folder / "beds/genome.fa", "-m", model, *asked)
    assert len(outs) == count
    return outs


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(("count", "precision"), [(1, "auto"), (4, "bf16"), (13, "fp32")])
def test_shards_merged_are_the_whole_in_every_format(
    genome: Path, model: Path, tmp_path: Path, count: int, precision: str
) -> None:
    options = ("--precision", precision)
    shards = score_shards(genome, model, tmp_path / "s", count, *options)
    run("merge", *shards, "-o", tmp_path / "merged")
    run("tracks", tmp_path / "merged", "-o", tmp_path / "late", "--formats", TEXT_AND_BINARY)
    whole = ("score", genome, "-m", model, *options, "-o")
    run(*whole, tmp_path / "whole", "--formats", "scores")
    run(*whole, tmp_path / "direct", "--formats", TEXT_AND_BINARY)
    assert files(tmp_path / "merged") == files(tmp_path / "whole")
    assert files(tmp_path / "late") == files(tmp_path / "direct")
    assert len(files(tmp_path / "late")) == 11


def test_shards_of_signals_merged_are_the_whole_bit_for_bit(genome: Path, tmp_path: Path) -> None:
    scheme = signal_scheme([("rna", "+"), ("rna", "-")])
    settings = parse_settings(ModelSettings, {"encoder": {"width": 4}})
    bundle = Bundle(build_model(settings, scheme), settings, scheme, 96, "exp")
    save_bundle(tmp_path / "model", bundle)
    shards = score_shards(genome, tmp_path / "model", tmp_path / "s", 5)
    run("merge", *shards, "-o", tmp_path / "merged")
    whole = ("-o", tmp_path / "whole", "--formats", "scores")
    run("score", genome, "-m", tmp_path / "model", *whole)
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


def test_shards_and_merge_as_people_run_them(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    made = genoseq("shards", genome, "-o", tmp_path / "beds", "--count", 12)
    assert made.stdout == "12 shards of 0 to 10,859 bases\n"
    shards = score_shards(genome, model, tmp_path / "s", 2)
    found = genoseq("merge", *shards, "-o", tmp_path / "merged")
    assert found.returncode == 0, found.stderr
    assert "merge: 100% of 68,923 bases" in found.stderr
    for words, message in (
        (shards[:1], r" is in no shard: "),
        (shards[::-1], "the shards are out of order: "),
        ([*shards, shards[1]], " was scored twice: in "),
        ([*shards, tmp_path / "out"], "out is one of the shards: choose another folder"),
        ([*shards, tmp_path], "no scores.json here"),
    ):
        found = genoseq("merge", *words, "-o", tmp_path / "out")
        assert found.returncode == 1
        assert found.stderr.count("\n") == 1
        assert message in found.stderr
    assert not (tmp_path / "out").exists()


def test_score_of_no_region_is_an_empty_shard_but_no_track(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "none.bed").write_text("")
    asked = ("score", genome, "-m", model, "--regions", tmp_path / "none.bed", "-o")
    run(*asked, tmp_path / "empty", "--formats", "scores")
    names = {"scores.npy", "scores.json", "manifest.tsv", "provenance.json"}
    assert set(files(tmp_path / "empty")) == names
    found = genoseq(*asked, tmp_path / "tracks", "--formats", "scores,bigwig")
    assert "no base has a value, so there is nothing to write" in found.stderr
    found = genoseq("tracks", tmp_path / "empty", "-o", tmp_path / "tracks")
    assert "no base has a value, so there is nothing to write" in found.stderr
    assert not (tmp_path / "tracks").exists()
