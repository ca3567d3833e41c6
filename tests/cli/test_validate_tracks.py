"""genoseq validate-tracks: a table, what is wrong in words, files for machines, exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import Genoseq

FASTA = ">a\n" + "ACGT" * 25 + "\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("g.fa").write_text(FASTA)
    Path("tracks").mkdir()
    Path("tracks/a.bed").write_text("a\t0\t50\tx\t0\t+\n")


def test_validate_tracks_of_right_files_is_a_table(genoseq: Genoseq) -> None:
    run = genoseq("validate-tracks", "tracks", "--fasta", "g.fa")
    assert (run.returncode, run.stderr) == (0, "")
    header, row = run.stdout.splitlines()
    assert header.split("\t") == ["file", "format", "records", "errors", "warnings", "checks"]
    checks = "columns,names,bounds,sorted,score,thick,colours,blocks"
    assert row.split("\t") == ["tracks/a.bed", "BED", "1", "0", "0", checks]


def test_validate_tracks_says_what_is_wrong_and_where(genoseq: Genoseq) -> None:
    Path("tracks/b.bedgraph").write_text("a\t0\t50\t1\na\t40\t101\tnan\n")
    words = ("validate-tracks", "tracks", "--fasta", "g.fa")
    run = genoseq(*words, "--json", "found.json", "--tsv", "found.tsv")
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.splitlines()[2].startswith("tracks/b.bedgraph\tbedGraph\t2\t3\t0\t")
    assert run.stdout.splitlines()[3:] == [
        "tracks/b.bedgraph:2: error: overlaps the record before it, which ends at 50 (a:41-101)",
        "tracks/b.bedgraph:2: error: ends past the contig's last base, 100 (a:41-101)",
        "tracks/b.bedgraph:2: error: the value is nan (a:41-101)",
    ]
    made = json.loads(Path("found.json").read_text())
    assert [file["path"] for file in made] == ["tracks/a.bed", "tracks/b.bedgraph"]
    assert [each["check"] for each in made[1]["findings"]] == ["overlaps", "bounds", "values"]
    rows = [line.split("\t") for line in Path("found.tsv").read_text().splitlines()]
    assert rows[0] == ["path", "line", "where", "level", "check", "more", "what"]
    assert rows[3] == ["tracks/b.bedgraph", "2", "a:41-101", "error", "values", "0",
                       "the value is nan"]  # fmt: skip


def test_validate_tracks_of_warnings_alone_ends_well(genoseq: Genoseq) -> None:
    Path("tracks/a.bed").write_text("a\t9\t10\na\t0\t9\n")
    run = genoseq("validate-tracks", "tracks/a.bed", "--fasta", "g.fa")
    assert run.returncode == 0
    assert "tracks/a.bed:2: warning: a: start 0 comes after start 9: sort by" in run.stdout


def test_validate_tracks_errors_are_one_line(genoseq: Genoseq) -> None:
    Path("empty").mkdir()
    for words, message in (
        (("none.bed", "--fasta", "g.fa"), "none.bed: No such file or directory"),
        (("tracks", "--fasta", "none.fa"), "none.fa: No such file or directory"),
        (("tracks", "--fasta", "tracks/a.bed"), "a BED file, where"),
        (("empty", "--fasta", "g.fa"), "empty: no track or annotation in this folder"),
    ):
        run = genoseq("validate-tracks", *words, "--json", "found.json")
        assert (run.returncode, run.stdout.count("\n")) == (1, 0), run.stdout
        assert run.stderr.count("\n") == 1
        assert message in run.stderr
        assert not Path("found.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--json", "tracks/a.bed"), "--json tracks/a.bed is also a file of tracks: name another"),
        (("--tsv", "g.fa"), "--tsv g.fa is also --fasta: name another file"),
        (("--json", "x", "--tsv", "x"), "--tsv x is also --json: name another file"),
    ],
)
def test_validate_tracks_replaces_no_input(
    genoseq: Genoseq, words: tuple[str, ...], message: str
) -> None:
    before = Path("tracks/a.bed").read_text()
    run = genoseq("validate-tracks", "tracks", "--fasta", "g.fa", *words)
    assert (run.returncode, run.stdout) == (1, "")
    assert message in run.stderr
    assert (Path("tracks/a.bed").read_text(), Path("g.fa").read_text()) == (before, FASTA)
