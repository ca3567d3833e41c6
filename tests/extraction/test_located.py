"""Regions of a BED in a FASTA: what a store is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.errors import RegionError
from genoseq.extraction.located import locate, whole_contigs
from genoseq.readers.fasta import open_fasta


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    path.write_text(">a\n" + "ACGT" * 25 + "\n>b\nACGTA\n>empty\n")
    return path


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genoseq.extraction.splits.LARGEST", 40)


@pytest.mark.usefixtures("small_pieces")
def test_whole_contigs_come_in_pieces(genome: Path) -> None:
    with open_fasta(genome) as fasta:
        found = whole_contigs(fasta)
        letters = [bytes(one.codes(fasta)) for one in found]
    assert [str(one.region) for one in found] == ["a:1-33", "a:34-66", "a:67-100", "b:1-5"]
    assert b"".join(letters[:3]) == bytes([0, 1, 2, 3]) * 25


@pytest.mark.usefixtures("small_pieces")
def test_locate_cuts_large_regions_of_either_fasta(tmp_path: Path, genome: Path) -> None:
    bed, cut_out = tmp_path / "r.bed", tmp_path / "r.fa"
    bed.write_text("a\t1\t61\ttest\nb\t0\t5\ttrain\n")
    cut_out.write_text(f">a:1-61\n{'CGTA' * 15}\n>b:0-5\nACGTA\n")
    for path in (genome, cut_out):
        with open_fasta(path) as fasta:
            found, _ = locate(fasta, bed)
            letters = b"".join(bytes(one.codes(fasta)) for one in found)
        assert [(str(one.region), one.split) for one in found] == [
            ("a:2-31", "test"),
            ("a:32-61", "test"),
            ("b:1-5", "train"),
        ]
        assert letters == bytes([1, 2, 3, 0]) * 15 + bytes([0, 1, 2, 3, 0])


@pytest.mark.parametrize(
    "rows",
    [
        "a\t0\t40\ttrain\na\t39\t50\ttest\n",
        "a\t39\t50\ttest\na\t0\t40\ttrain\na\t20\t30\ttrain\n",
    ],
)
def test_locate_refuses_a_base_in_two_splits(tmp_path: Path, genome: Path, rows: str) -> None:
    (tmp_path / "r.bed").write_text(rows)
    with open_fasta(genome) as fasta, pytest.raises(RegionError) as error:
        locate(fasta, tmp_path / "r.bed")
    assert "region a:40-50 (test) shares bases with a:1-40 (train)" in str(error.value)


def test_locate_takes_neighbours_and_overlaps_of_one_split(tmp_path: Path, genome: Path) -> None:
    (tmp_path / "r.bed").write_text("a\t0\t40\ttrain\na\t30\t40\ttrain\na\t40\t50\ttest\n")
    with open_fasta(genome) as fasta:
        assert len(locate(fasta, tmp_path / "r.bed")[0]) == 3
