"""Inputs of every verb: pipes are read once, and no output takes the place of one."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Genoseq, forked_genoseq, run_command
from planted import planted_store
from typer.testing import CliRunner

from genoseq.cli.app import app
from genoseq.files.provenance import file_sha256, make_record, read_record
from genoseq.genome.tracks import Channel, Track
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.store.store import open_store
from genoseq.writers.outputs import write_tracks

FASTA = ">a\n" + "ACGTTGCA" * 100 + "\n"
BED = "a\t100\t400\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.fa").write_text(FASTA)
    (tmp_path / "r.bed").write_text(BED)
    return tmp_path


def piped(*words: str) -> None:
    """A verb that reads the genome from stdin, and regions from the FIFO ``pipe``."""
    os.mkfifo("pipe")
    with subprocess.Popen(["cp", "r.bed", "pipe"]) as writer:
        done = subprocess.run(
            [forked_genoseq(), *words],
            input=FASTA,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert writer.wait(timeout=60) == 0


def inputs_of(folder: str) -> dict[str, Any]:
    record = read_record(folder)
    assert record is not None
    return dict(record["inputs"])


def test_extract_notes_what_came_through_pipes() -> None:
    words = ("--regions", "pipe", "--provenance", "out/provenance.json")
    piped("extract", "/dev/stdin", "-o", "out/x.fa", *words)
    assert inputs_of("out") == {
        "fasta": {"stdin": file_sha256("g.fa")},
        "regions": {"pipe": file_sha256("r.bed")},
    }


def test_score_notes_what_came_through_pipes(bundle: Bundle) -> None:
    save_bundle("model", bundle)
    piped("score", "/dev/stdin", "-m", "model", "-o", "out", "--regions", "pipe")
    found = inputs_of("out")
    assert found["genome"] == {"stdin": file_sha256("g.fa")}
    assert found["regions"] == {"pipe": file_sha256("r.bed")}


def test_tokenize_notes_what_came_through_pipes() -> None:
    piped("tokenize", "/dev/stdin", "-o", "out", "--bed", "pipe")
    wanted = {"fasta": file_sha256("g.fa"), "bed": file_sha256("r.bed")}
    assert inputs_of("out") == {
        "fasta": {"stdin": wanted["fasta"]},
        "bed": {"pipe": wanted["bed"]},
    }
    assert {role: source["sha256"] for role, source in open_store("out").sources.items()} == wanted


def refused(*words: str | Path) -> str:
    """The one problem that a verb finds; it changes nothing here."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    done = run_command("genoseq", [*map(str, words)])
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    return done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("-o g.fa", "--out g.fa is also the genome"),
        ("-o link", "--out link is also the genome"),
        ("-o x --provenance ../{here}/g.fa", "g.fa is also the genome"),
        ("-o x --regions r.bed --bed r.bed", "--bed r.bed is also --regions"),
        ("-o x --annotation r.bed --features region --bed r.bed", "r.bed is also --annotation"),
        ("-o x --blacklist r.bed --bed r.bed", "--bed r.bed is also --blacklist"),
        ("-o x --bed x", "--bed x is also --out"),
        ("-o x --bed y --provenance y", "--provenance y is also --bed"),
    ],
)
def test_extract_keeps_its_inputs_and_outputs_apart(here: Path, words: str, message: str) -> None:
    Path("link").symlink_to("g.fa")
    found = refused("extract", "g.fa", *words.format(here=here.name).split())
    assert found.startswith("genoseq: error: --")
    assert found.endswith(f"{message}: name another file\n")


def test_extract_writes_a_device_twice_and_reads_a_file_twice(genoseq: Genoseq) -> None:
    words = ("--bed", "/dev/null", "--regions", "r.bed", "--blacklist", "r.bed")
    run = genoseq("extract", "g.fa", "-o", "/dev/null", *words)
    assert "no region is left to write" in run.stderr
    # To a pipe: the fixture's stdout is a file, which may be written once.
    command = [forked_genoseq(), "extract", "g.fa", "-o", "/dev/stdout", "--bed", "/dev/stdout"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "a\t0\t800" in run.stdout
    assert FASTA.splitlines()[1] in run.stdout


def test_demo_writes_no_file_twice() -> None:
    assert "--annotation x is also --fasta: name" in refused(
        "demo", "--fasta", "x", "--annotation", "x"
    )
    words = ("--fasta", "x", "--annotation", "y", "--mask", "y")
    assert "--mask y is also --annotation: name" in refused("demo", *words)


@pytest.mark.parametrize("verb", ["leaks", "report"])
def test_what_is_said_of_a_store_takes_no_file_of_it(here: Path, verb: str) -> None:
    planted_store(here / "store", ("train", 900), ("test", 900))
    found = refused(verb, "store", "-o", "store/index.json")
    assert "--out store/index.json is also input store/index.json: name another file" in found


def store(out: Path) -> None:
    planted_store(out, ("train", 3_000), ("valid", 900), ("test", 900))


@pytest.mark.parametrize("place", [".", "..", "taken"])
@pytest.mark.parametrize(
    "words",
    [
        "tokenize {0}/g.fa",
        "shards {0}/g.fa --count 2",
        "train {0}/store",
        "evaluate {0}/none {0}/store",
    ],
    ids=lambda words: str(words).split()[0],
)
def test_folders_that_hold_something_else_are_refused_before_work(
    here: Path, monkeypatch: pytest.MonkeyPatch, words: str, place: str
) -> None:
    """The model does not even exist."""
    store(here / "store")
    (here / "a/b/taken").mkdir(parents=True)
    (here / "a/b/taken/notes.txt").touch()
    monkeypatch.chdir(here / "a/b" if place == "taken" else here / "a/b/taken")
    monkeypatch.setattr("genoseq.store.write.write_codes", None)
    if place == ".":
        Path("notes.txt").unlink()
    result = CliRunner().invoke(app, [*words.format(here).split(), "-o", place])
    said = str(result.exception)
    assert result.exit_code == 1
    assert said.startswith(f"{place} is ")
    assert said.endswith("name a new folder")
    assert ("holds notes.txt" if place == "taken" else "working folder") in said


def tracks(out: Path) -> None:
    track = Track("a", 0, np.full((9, 1), 0.5, np.float32), (Channel("x", "+"),))
    write_tracks([track], {"a": 9}, track.channels, "classes", out, ["scores"])


def test_tracks_leave_the_record_of_a_model_or_a_store(here: Path, bundle: Bundle) -> None:
    save_bundle("model", replace(bundle, provenance=make_record("train", {}, {})))
    tracks(here / "scores")
    for words in (("score", "g.fa", "-m", "model"), ("tracks", "scores")):
        found = refused(*words, "-o", "model")
        assert "model holds something else, by its provenance.json: name another folder" in found
