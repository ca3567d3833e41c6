"""The last line of every verb that writes: where, how much, and of what class."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq

SETTINGS = {
    "model": {"embedding": 2, "stem": {"width": 2}, "encoder": {"width": 2}},
    "training": {
        "window": 90,
        "batch": 2,
        "steps": 2,
        "validate_every": 2,
        "validation_windows": 2,
    },
}
STEPS = (
    ("extract g.fa --split blocks --block 1500 --gap 0 --valid .3 --test .3 -o r.fa --bed r.bed",
     "extract: wrote r.fa, r.bed: 3 regions, 6,000 bp"),
    ("tokenize g.fa -o store --annotation g.gff3 --bed r.bed",
     "tokenize: wrote store: 3 regions, 6,000 bp of 6,000; labels: none 4,200 bp, "
     "CDS.plus 900 bp, CDS.minus 900 bp, unknown 0 bp"),
    ("leaks store -o leaks.json", "leaks: wrote leaks.json: 3 pairs of splits"),
    ("train store -o m --settings s.json", "train: wrote m: 377 weights, validation loss "),
    ("evaluate m store -o e", "evaluate: wrote e: 1,500 bases of split test"),
    ("shards g.fa -o shards --count 2", "shards: wrote shards: 2 shards of 0 to 6,000 bases"),
    ("score g.fa -m m -o scores --formats scores", "score: wrote scores: 2 files, 6,000 bases"),
    ("merge scores -o merged", "merge: wrote merged: 2 files, 6,000 bases"),
    ("tracks merged -o t/g/m --formats bed",
     "tracks: wrote t/g/m: 1 file, 6,000 bases; segments CDS.plus "),
    ("report m e store t/g/m -o s.html",
     "report: wrote s.html: 1 model, 1 labelled genome, 1 folder of tracks"),
)  # fmt: skip
"""Words of each verb, and how the last line begins that it says."""


def test_verbs_end_with_what_they_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genoseq: Genoseq
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("g.fa").write_text(">c\n" + "".join(np.random.default_rng(1).choice([*"ACGT"], 6_000)))
    rows = [
        f"c\tx\tCDS\t{at + 1}\t{at + 300}\t.\t{strand}\t0\tID=g{at}\n"
        for at, strand in zip(range(300, 6_000, 1_000), "+-+-+-", strict=True)
    ]
    Path("g.gff3").write_text("##gff-version 3\n" + "".join(rows))
    Path("s.json").write_text(json.dumps(SETTINGS))
    said = []
    for words, _ in STEPS:
        done = genoseq(*words.split())
        assert done.returncode == 0, done.stderr
        said.append(done.stderr.splitlines()[-1])
    starts = [line[: len(last)] for line, (_, last) in zip(said, STEPS, strict=True)]
    assert starts == [last for _, last in STEPS]
