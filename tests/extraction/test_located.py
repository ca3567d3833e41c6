"""Regions of a BED on a genome: what is learned from."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.errors import InputFormatError, RegionError
from genoseq.extraction.located import locate, whole_contigs

LENGTHS = {"a": 100, "b": 5, "empty": 0}


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genoseq.extraction.splits.LARGEST", 40)


@pytest.mark.usefixtures("small_pieces")
def test_whole_contigs_come_in_pieces() -> None:
    found = whole_contigs(LENGTHS)
    assert [str(one.region) for one in found] == ["a:1-33", "a:34-66", "a:67-100", "b:1-5"]
    assert {one.split for one in found} == {"train"}


@pytest.mark.usefixtures("small_pieces")
def test_locate_cuts_large_regions(tmp_path: Path) -> None:
    bed = tmp_path / "r.bed"
    bed.write_text("a\t1\t61\ttest\na\t7\t7\tvalid\nempty\t0\t0\t.\nb\t0\t5\t.\n")
    assert [(str(one.region), one.split) for one in locate(LENGTHS, bed)] == [
        ("a:2-31", "test"),
        ("a:32-61", "test"),
        ("b:1-5", "train"),
    ]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", InputFormatError, "r.bed: holds no region"),
        (
            "z\t0\t5\na\t0\t5\n",
            InputFormatError,
            "r.bed: its regions are on z, but the contigs of the FASTA are a, b, empty: give the "
            "FASTA of the genome that the BED was made from",
        ),
        (
            "#contig\tb\t6\na\t0\t5\n",
            InputFormatError,
            "r.bed:1: contig 'b' has 6 bp here and 5 in the FASTA: is it another assembly?",
        ),
        ("a\t0\t5\tgene1\n", InputFormatError, "region a:1-5: its name 'gene1' should be its"),
        ("b\t0\t6\n", RegionError, "region b:1-6 ends past the contig's last base, 5"),
    ],
)
def test_locate_refuses(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    (tmp_path / "r.bed").write_text(text)
    with pytest.raises(error) as caught:
        locate(LENGTHS, tmp_path / "r.bed")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "rows",
    [
        "a\t0\t40\ttrain\na\t39\t50\ttest\n",
        "a\t39\t50\ttest\na\t0\t40\ttrain\na\t20\t30\ttrain\n",
    ],
)
def test_locate_refuses_a_base_in_two_splits(tmp_path: Path, rows: str) -> None:
    (tmp_path / "r.bed").write_text(rows)
    with pytest.raises(RegionError) as error:
        locate(LENGTHS, tmp_path / "r.bed")
    assert "region a:40-50 (test) shares bases with a:1-40 (train)" in str(error.value)


def test_locate_takes_neighbours_and_overlaps_of_one_split(tmp_path: Path) -> None:
    (tmp_path / "r.bed").write_text("a\t0\t40\ttrain\na\t30\t40\ttrain\na\t40\t50\ttest\n")
    assert len(locate(LENGTHS, tmp_path / "r.bed")) == 3
