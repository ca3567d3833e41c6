"""``genoseq score``: tracks of a genome, the same by every road, or one line that says why not."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pybigtools
import pytest
from command import Genoseq
from number_format import REFUSED

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import signal_scheme
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.tasks.per_base import PerBase

CONTIGS = {"chr1": 7_000, "tiny": 20, "empty": 0, "pad": 400}


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


def test_score_writes_tracks_with_gaps(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run = genoseq("score", genome, "-m", model, "-o", out)
    assert run.returncode == 0, run.stderr
    assert "score: 100% of 7,420 bases" in run.stderr
    last = run.stderr.splitlines()[-1]
    assert last.startswith(f"score: wrote {out}: 3 files, 7,420 bases; segments CDS.plus ")
    lines = [line.split("\t") for line in (out / "segments.bed").read_text().splitlines()]
    for name, strand in (("CDS.plus", "+"), ("CDS.minus", "-")):
        sizes = [int(line[2]) - int(line[1]) for line in lines if line[5] == strand]
        assert f" {name} {len(sizes):,} of {sum(sizes):,} bp" in last
    assert run.stdout == ""
    names = {"manifest.tsv", "segments.bed", "CDS.plus.bw", "CDS.minus.bw", "provenance.json"}
    assert {path.name for path in out.iterdir()} == names
    with pybigtools.open(str(out / "CDS.plus.bw")) as track:
        assert track.chroms() == {name: n for name, n in CONTIGS.items() if n}
        assert not np.isnan(track.values("chr1", fillna=None)).any()
        assert np.isnan(track.values("pad", fillna=None)).all()


def test_score_through_a_scores_folder_gives_the_same_bytes(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    formats = ("--formats", "bigwig,bedgraph,bed,tsv")
    assert genoseq("score", genome, "-m", model, "-o", tmp_path / "a", *formats).returncode == 0
    scores = tmp_path / "scores"
    words = ("score", genome, "-m", model, "-o", scores, "--formats", "scores")
    assert genoseq(*words, "--threads", 2).returncode == 0
    assert genoseq("tracks", scores, "-o", tmp_path / "b", *formats).returncode == 0
    left, right = ({p.name: p.read_bytes() for p in (tmp_path / d).iterdir()} for d in "ab")
    assert len(left) == 11
    assert left == right


def test_score_by_several_jobs_gives_the_same_bytes(
    genoseq: Genoseq, model: Path, tmp_path: Path
) -> None:
    letters = np.random.default_rng(1).choice(list(b"ACGT"), 400_000).astype(np.uint8)
    (tmp_path / "g.fa").write_bytes(b">a\n%s\n" % letters.tobytes())
    found = []
    for jobs in (1, 3):
        out = tmp_path / str(jobs)
        run = genoseq("score", tmp_path / "g.fa", "-m", model, "-o", out, "--jobs", jobs)
        assert run.returncode == 0, run.stderr
        assert "score: 100% of 400,000 bases" in run.stderr
        found.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert found[0] == found[1]


def test_score_of_regions_leaves_the_rest_a_gap(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "regions.bed").write_text("chr1\t100\t200\nchr1\t150\t300\n")
    run = genoseq(
        *("score", genome, "-m", model, "-o", tmp_path / "out", "--formats", "bigwig"),
        *("--regions", tmp_path / "regions.bed"),
    )
    assert run.returncode == 0, run.stderr
    with pybigtools.open(str(tmp_path / "out" / "CDS.minus.bw")) as track:
        known = np.flatnonzero(~np.isnan(track.values("chr1", fillna=None)))
    assert known.tolist() == list(range(100, 300))
    assert "score: 100% of 200 bases" in run.stderr


def test_score_of_signals_writes_what_suits_them(
    genoseq: Genoseq, genome: Path, tmp_path: Path
) -> None:
    task = PerBase(signal_scheme([("rna", "+"), ("rna", "-")]), "poisson")
    settings = parse_settings(ModelSettings, {"encoder": {"width": 4}})
    bundle = Bundle(build_model(settings, task), settings, task, 96)
    save_bundle(tmp_path / "model", bundle)
    scores = ("-o", tmp_path / "scores", "--formats", "scores")
    assert genoseq("score", genome, "-m", tmp_path / "model", *scores).returncode == 0
    assert genoseq("tracks", tmp_path / "scores", "-o", tmp_path / "out").returncode == 0
    run = genoseq("score", genome, "-m", tmp_path / "model", "-o", tmp_path / "direct")
    assert run.returncode == 0, run.stderr
    names = {"manifest.tsv", "rna.plus.bw", "rna.minus.bw", "provenance.json"}
    for out in ("direct", "out"):
        assert {path.name for path in (tmp_path / out).iterdir()} == names


def test_score_says_that_windows_are_the_model_s_own(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    run = genoseq("score", genome, "-m", model, "-o", tmp_path / "out", "--window", "4000")
    assert run.returncode == 0
    assert (
        "the windows of this model are its own, 15,360 bp: --window changes nothing" in run.stderr
    )
    assert genoseq("score", genome, "-m", model, "-o", tmp_path / "own").returncode == 0
    for path in (tmp_path / "own").glob("*.bw"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


def test_score_wants_a_folder(genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("thesis")
    run = genoseq("score", genome, "-m", model, "-o", tmp_path / "out")
    assert run.stderr == f"genoseq: error: {tmp_path}/out is a file: name a folder\n"
    assert (tmp_path / "out").read_text() == "thesis"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["GENOME", "-m", "no-model"], "no-model: no such folder, and no model"),
        (["no.fa", "-m", "MODEL"], "no.fa: No such file"),
        (["GENOME", "-m", "MODEL", "--formats", "gff"], "format 'gff': use bigwig, bedgraph"),
        (["GENOME", "-m", "MODEL", "--device", "tpu"], "device 'tpu': use cpu"),
        (
            ["GENOME", "-m", "MODEL", "--regions", "BED"],
            "r.bed:1: contig 'chr7' of region chr7:1-9",
        ),
        (
            ["GENOME", "-m", "MODEL", "--regions", "LONG"],
            "l.bed:2: region chr1:7000-7001 ends past",
        ),
        (["PROTEIN", "-m", "MODEL"], "is not a nucleotide"),
        (["NOTHING", "-m", "MODEL"], "no base has a value, so there is nothing to write"),
    ],
)
def test_score_says_what_is_wrong_and_writes_nothing(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    (tmp_path / "r.bed").write_text("chr7\t0\t9\n")
    (tmp_path / "l.bed").write_text("chr1\t0\t9\nchr1\t6999\t7001\n")
    (tmp_path / "p.fa").write_text(">p\nMKLVEFQ\n")
    (tmp_path / "n.fa").write_text(">n\nNNNNNNN\n")
    files = {"GENOME": genome, "MODEL": model, "BED": tmp_path / "r.bed"}
    files |= {"LONG": tmp_path / "l.bed"}
    files |= {"PROTEIN": tmp_path / "p.fa", "NOTHING": tmp_path / "n.fa"}
    run = genoseq("-q", "score", *(files.get(word, word) for word in words), "-o", tmp_path / "out")
    assert run.returncode == 1
    assert message in run.stderr
    assert run.stderr.startswith("genoseq: error: ")
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_score_refuses_bf16_where_the_processor_has_none(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")  # as on a processor without it
    asked = ("score", genome, "-m", model, "-o", tmp_path / "out", "--precision", "bf16")
    run = genoseq(*asked, "--device", "cpu")
    assert run.returncode == 1
    why = "bf16 would be emulated, and slower; use auto or fp32"
    assert run.stderr == f"genoseq: error: {REFUSED}: {why}\n"
    assert not (tmp_path / "out").exists()
