"""genoseq tracks: a scores folder in, tracks out, errors as one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from command import Genoseq

from genoseq.genome.tracks import Channel, Track
from genoseq.writers.outputs import write_tracks

CHANNELS = (Channel("CDS", "+"), Channel("CDS", "-"))


def scores(folder: Path, kind: str = "classes") -> Path:
    values = np.random.default_rng(0).integers(0, 501, (3_000, 2)).astype(np.float32) / 1000
    track = Track("c", 100, values, CHANNELS)
    write_tracks([track], {"c": 4_000}, CHANNELS, kind, folder, ["scores"])
    return folder


def test_tracks_writes_what_was_asked(tmp_path: Path, genoseq: Genoseq) -> None:
    source = scores(tmp_path / "scores")
    run = genoseq("tracks", source, "-o", tmp_path / "out", "--formats", "bigwig,bed,tsv,bedgraph")
    assert run.returncode == 0, run.stderr
    assert "tracks: 100% of 3,000 bases" in run.stderr
    last = f"tracks: wrote {tmp_path / 'out'}: 9 files, 3,000 bases; segments CDS.plus "
    assert (run.stdout, run.stderr.splitlines()[-1].startswith(last)) == ("", True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "manifest.tsv",
        "segments.bed",
        "predictions.tsv.gz",
        "predictions.tsv.gz.tbi",
        *(f"CDS.{strand}.bw" for strand in ("plus", "minus")),
        *(f"CDS.{strand}.bedgraph.gz" for strand in ("plus", "minus")),
        *(f"CDS.{strand}.bedgraph.gz.tbi" for strand in ("plus", "minus")),
    }


def test_tracks_errors_are_one_line(tmp_path: Path, genoseq: Genoseq) -> None:
    source = scores(tmp_path / "scores")
    signal = scores(tmp_path / "signal", "signal")
    out = tmp_path / "out"
    for words, message in (
        ((tmp_path, "-o", out), "no scores.json here"),
        ((source, "-o", out, "--formats", "gff"), "format 'gff': use bigwig, bedgraph"),
        ((source, "-o", source), "holds the scores: choose another folder"),
        (
            (signal, "-o", out, "--formats", "bed"),
            "format bed: segments are of",
        ),
    ):
        run = genoseq("tracks", *words)
        assert run.returncode == 1
        assert run.stderr.count("\n") == 1
        assert message in run.stderr
    assert not out.exists()


def test_tracks_calls_by_rules(tmp_path: Path, genoseq: Genoseq) -> None:
    source, out = scores(tmp_path / "scores"), tmp_path / "out"
    words = ("tracks", source, "-o", out, "--formats", "bigwig")
    run = genoseq(*words, "--segments", "CDS:threshold=0.4,min=2", "--peaks", "CDS:threshold=0.499")
    assert run.returncode == 0, run.stderr
    assert "peaks CDS.plus " in run.stderr
    called = (out / "peaks.bed").read_text().splitlines()
    assert called
    assert all(float(line.split("\t")[9]) >= 0.499 for line in called)
    spans = [line.split("\t")[1:3] for line in (out / "segments.bed").read_text().splitlines()]
    assert min(int(end) - int(start) for start, end in spans) == 2
    run = genoseq(*words, "--peaks", "TSS:threshold=2")
    assert run.stderr == "genoseq: error: --peaks TSS: no such class; there are CDS\n"
