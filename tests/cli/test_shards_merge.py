"""``genoseq shards`` and ``genoseq merge``: shards scored apart are the whole, byte for byte."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command import Genoseq
from number_format import computed_or_refused
from sealing import edit
from typer.testing import CliRunner

from genoseq.cli.app import app
from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.errors import GenoseqError
from genoseq.genome.schemes import cds_phase_scheme, signal_scheme
from genoseq.inference.score import score
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, bundle_identity, save_bundle
from genoseq.readers.fasta import open_fasta
from genoseq.tasks.per_base import PerBase
from genoseq.writers.scores import read_scores

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


def run(*words: str | int | Path) -> str:
    """The command line in this process: one start of torch for all shards."""
    result = CliRunner().invoke(app, list(map(str, words)))
    if isinstance(result.exception, GenoseqError):
        raise result.exception
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


def late_tracks_of_shards(
    genome: Path, model: Path, folder: Path, count: int, *words: str
) -> dict[str, bytes]:
    """Tracks of merged shards, which together with their scores must be those of the whole."""
    shards = score_shards(genome, model, folder / "s", count, *words)
    run("merge", *shards, "-o", folder / "merged")
    run("tracks", folder / "merged", "-o", folder / "late", "--formats", TEXT_AND_BINARY)
    whole = ("score", genome, "-m", model, *words, "-o")
    run(*whole, folder / "whole", "--formats", "scores")
    run(*whole, folder / "direct", "--formats", TEXT_AND_BINARY)
    assert files(folder / "merged") == files(folder / "whole")
    assert files(folder / "late") == files(folder / "direct")
    return files(folder / "late")


@pytest.mark.parametrize(("count", "precision"), [(1, "auto"), (4, "bf16"), (13, "fp32")])
def test_shards_merged_are_the_whole_in_every_format(
    genome: Path, model: Path, tmp_path: Path, count: int, precision: str
) -> None:
    options = ("--precision", precision)
    with computed_or_refused(precision):
        late = late_tracks_of_shards(genome, model, tmp_path, count, *options)
        assert len(late) == 11


def test_shards_of_several_models_and_how_sure_they_are_merged_are_the_whole(
    genome: Path, model: Path, bundle: Bundle, tmp_path: Path
) -> None:
    with torch.no_grad():
        bundle.model.head.projection.weight *= -1
    save_bundle(tmp_path / "other", bundle)
    words = ("-m", str(tmp_path / "other"), "--confidence", "margin,entropy,disagreement")
    late = late_tracks_of_shards(genome, model, tmp_path, 3, *words)
    assert {"margin.bw", "entropy.bw", "disagreement.bw", "CDS.minus.spread.bw"} < late.keys()
    assert read_scores(tmp_path / "merged").values("long", 0, 900)[:, -1].max() > 0.1


def test_shards_of_signals_merged_are_the_whole_bit_for_bit(genome: Path, tmp_path: Path) -> None:
    task = PerBase(signal_scheme([("rna", "+"), ("rna", "-")]), "poisson")
    settings = parse_settings(ModelSettings, {"encoder": {"width": 4}})
    bundle = Bundle(build_model(settings, task), settings, task, 96)
    save_bundle(tmp_path / "model", bundle)
    shards = score_shards(genome, tmp_path / "model", tmp_path / "s", 5)
    run("merge", *shards, "-o", tmp_path / "merged")
    whole = ("-o", tmp_path / "whole", "--formats", "scores")
    run("score", genome, "-m", tmp_path / "model", *whole)
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


def test_log_odds_keep_states_and_phases_through_shards_and_merge(
    genome: Path, model: Path, bundle: Bundle, tmp_path: Path
) -> None:
    words = ("--values", "log-odds", "--precision", "fp32")
    shards = score_shards(genome, model, tmp_path / "s", 4, *words)
    run("merge", *shards, "-o", tmp_path / "merged")
    run("score", genome, "-m", model, "-o", tmp_path / "whole", "--formats", "scores", *words)
    assert files(tmp_path / "merged") == files(tmp_path / "whole")
    scores = read_scores(tmp_path / "merged")
    assert scores.kind == "log-odds"
    states = [(state.name, state.strand, state.phase) for state in cds_phase_scheme().states]
    assert [(c.name, c.strand, c.phase) for c in scores.channels] == states
    assert np.load(tmp_path / "merged/scores.npy", mmap_mode="r").dtype == np.float16
    found = {name: scores.values(name, 0, n) for name, n in CONTIGS.items()}
    assert np.isnan(found["pad"]).all()
    with open_fasta(genome) as opened:
        for track in score(opened, bundle, values="log-odds", precision="fp32", device="cpu"):
            stored = found[track.chrom][track.start : track.end]
            np.testing.assert_array_equal(stored, track.values.astype(np.float16))
    run("tracks", tmp_path / "merged", "-o", tmp_path / "late", "--formats", "bigwig,bedgraph,tsv")
    direct = ("--formats", "bigwig,bedgraph,tsv", *words)
    run("score", genome, "-m", model, "-o", tmp_path / "direct", *direct)
    assert files(tmp_path / "late") == files(tmp_path / "direct")
    assert {"CDS_phase2.minus.bw", "none.both.bw"} < files(tmp_path / "late").keys()
    result = CliRunner().invoke(
        app, ["tracks", str(tmp_path / "merged"), "-o", str(tmp_path / "bed"), "--formats", "bed"]
    )
    assert str(result.exception) == (
        "format bed: segments are of probabilities, and these are log-odds; "
        "use bigwig, bedgraph, tsv, scores, peaks"
    )


def test_shards_and_merge_as_people_run_them(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    made = genoseq("shards", genome, "-o", tmp_path / "beds", "--count", 12)
    said = "shards: wrote {}: 12 shards of 0 to 10,859 bases\n".format(tmp_path / "beds")
    assert (made.stdout, made.stderr) == ("", said)
    shards = score_shards(genome, model, tmp_path / "s", 2)
    found = genoseq("merge", *shards, "-o", tmp_path / "merged")
    assert found.returncode == 0, found.stderr
    assert "merge: 100% of 68,923 bases" in found.stderr
    last = f"merge: wrote {tmp_path / 'merged'}: 2 files, 68,923 bases\n"
    assert found.stdout == ""
    assert found.stderr.endswith(last)
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


def change_config(model: Path, /, **changes: Any) -> None:
    edit(model / "config.json", **changes)


def test_merge_refuses_shards_of_a_model_that_was_changed_between(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    shards = score_shards(genome, model, tmp_path / "s", 2)
    change_config(model, context=192)
    shards[1:] = score_shards(genome, model, tmp_path / "t", 2)[1:]
    for shard in shards:  # what must agree is always read
        (shard / "provenance.json").unlink()
    found = genoseq("merge", *shards, "-o", tmp_path / "out")
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert f"{shards[1]}: not like {shards[0]}: other model, " in found.stderr


def test_bundle_identity_is_of_what_decides_scores(model: Path) -> None:
    first = bundle_identity(model)
    change_config(model, metrics={"f1": 0.5}, genoseq="9.9")
    assert bundle_identity(model) == first
    settings = json.loads((model / "config.json").read_text())["model"]
    found = {first}
    for changes in (
        {"context": 192},
        {"task": {"name": "per-base", "loss": "poisson"}},
        {"task": {}},
        {"model": settings | {"tied_strands": not settings["tied_strands"]}},
        {"weights_sha256": "0"},
    ):
        change_config(model, **changes)
        found.add(bundle_identity(model))
    assert len(found) == 6


def test_merge_refuses_shards_of_unlike_runs_without_records(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    shards = score_shards(genome, model, tmp_path / "s", 2, "--precision", "fp32")
    other = score_shards(genome, model, tmp_path / "t", 2, "--precision", "fp32")[1]
    assert json.loads((other / "scores.json").read_text())["precision"] == "fp32"
    edit(other / "scores.json", precision="bf16")
    (other / "provenance.json").unlink()
    found = genoseq("merge", shards[0], other, "-o", tmp_path / "out")
    assert f"{other}: not like {shards[0]}: other precision, bf16 and not fp32; " in found.stderr
    (shards[1] / "provenance.json").unlink()
    found = genoseq("merge", *shards, "-o", tmp_path / "out")
    assert f"{shards[1]}: no provenance.json here, but in other shards: " in found.stderr
    assert not (tmp_path / "out").exists()


def test_score_refuses_a_copy_that_was_edited(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    run("shards", genome, "-o", tmp_path / "beds", "--count", 1)
    copy = tmp_path / "beds/genome.fa"
    letters = copy.read_text()
    at = letters.index("\n") + 5
    copy.write_text(letters[:at] + ("C" if letters[at] == "A" else "A") + letters[at + 1 :])
    later = (tmp_path / "beds/provenance.json").stat().st_mtime + 1
    os.utime(copy, (later, later))
    asked = ("--regions", tmp_path / "beds/001.bed", "--formats", "scores")
    found = genoseq("score", copy, "-m", model, "-o", tmp_path / "out", *asked)
    assert found.returncode == 1
    assert "genome.fa: not the copy that genoseq shards wrote: make the shards" in found.stderr
    assert not (tmp_path / "out").exists()


def test_shards_and_merge_name_an_output_that_is_taken(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("thesis")
    found = genoseq("shards", genome, "-o", tmp_path / "out", "--count", 2)
    assert found.stderr == f"genoseq: error: {tmp_path}/out is a file: name a folder\n"
    shards = score_shards(genome, model, tmp_path / "s", 1)
    found = genoseq("merge", *shards, "-o", tmp_path / "out")
    assert found.stderr == f"genoseq: error: {tmp_path}/out is a file: name a folder\n"
    found = genoseq("shards", genome, "-o", tmp_path, "--count", 2)
    assert f"{tmp_path} holds {genome} and would be replaced" in found.stderr
    assert (tmp_path / "out").read_text() == "thesis"


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
