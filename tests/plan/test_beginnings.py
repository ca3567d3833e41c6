"""The beginnings of files: whole genes of them, and the lengths of contigs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from coding import GENES, genes_of, write_fasta, write_flat

from genoseq.errors import InputFormatError
from genoseq.plan.beginnings import (
    LEAST,
    Budget,
    annotation_beginning,
    contig_lengths,
    fasta_beginning,
)


def test_annotation_beginning_ends_before_a_gene_that_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.gff3"
    text = "##gff-version 3\n" + genes_of("c")
    path.write_text(text)
    whole = annotation_beginning(path, None, len(text))
    assert (whole.whole, whole.letters) == (True, len(text))
    assert len(whole.annotation.transcripts) == GENES
    part = annotation_beginning(path, None, len(text) - 10)
    assert not part.whole
    assert len(part.annotation.transcripts) == GENES - 1
    assert text[part.letters :].startswith("c\tmade\tgene\t")


def test_annotation_beginning_says_nothing_of_what_it_cannot_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.gb"
    path.write_text("LOCUS       c 12 bp DNA\nORIGIN\n" + "        1 acgtacgtacgt\n" * 100 + "//\n")
    part = annotation_beginning(path, None, 200)
    assert (part.annotation.features, part.whole) == ([], False)


def test_annotation_beginning_of_a_damaged_file_says_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.gff3"
    path.write_text("##gff-version 3\n" + genes_of("c") + "c\tmade\tCDS\t9\t1\t.\t+\t0\tID=z\n")
    with pytest.raises(InputFormatError, match=r"a\.gff3:26: "):
        annotation_beginning(path, None, 1 << 20)


def test_budget_leaves_a_little_for_every_annotation() -> None:
    budget = Budget(annotations=100)
    assert budget.annotation() == LEAST


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [True, False])
def test_contig_lengths_are_those_of_the_fasta(tmp_path: Path, end: str, packed: bool) -> None:
    path = tmp_path / "a.fa"
    write_fasta(path, {"c": "ACGT" * 100, "d": "ACG" * 7})
    text = path.read_text().replace("\n", end).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    assert contig_lengths(path) == {"c": 400, "d": 21}
    assert fasta_beginning(path, 1 << 20) == {"c": b"ACGT" * 100, "d": b"ACG" * 7}
    assert fasta_beginning(path, 10)["c"] == b"ACGTACG"[: 10 - len(f">c{end}")]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_contig_lengths_do_not_depend_on_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("genoseq.plan.beginnings._CHUNK", chunk)
    (tmp_path / "a.fa").write_bytes(b"\n>c more > words\nAC\nG\n\n>d\n>e\nACGT\n>f")
    assert contig_lengths(tmp_path / "a.fa") == {"c": 3, "d": 0, "e": 4, "f": 0}


def test_contig_lengths_of_old_macintosh_lines_are_unknown(tmp_path: Path) -> None:
    path = tmp_path / "a.fa"
    path.write_bytes(b">c\rACGT\r>d\rAC\r")
    assert contig_lengths(path) == {}
    assert fasta_beginning(path, 100) == {"c": b"ACGT", "d": b"AC"}


@pytest.mark.parametrize("form", ["genbank", "embl"])
def test_fasta_beginning_of_a_flat_file_has_its_letters(tmp_path: Path, form: str) -> None:
    records = {"AB1.2": "ACGTN" * 40, "CD7.1": "TTGA" * 99}
    write_flat(tmp_path / "a", records, form)
    size = (tmp_path / "a").stat().st_size
    expected = {name: letters.encode() for name, letters in records.items()}
    found = fasta_beginning(tmp_path / "a", size)
    assert {name: letters.upper() for name, letters in found.items()} == expected
    cut = fasta_beginning(tmp_path / "a", size - 90)
    assert cut["AB1.2"] == found["AB1.2"]
    assert found["CD7.1"].startswith(cut["CD7.1"])
    assert 300 < len(cut["CD7.1"]) < len(found["CD7.1"])


def test_fasta_beginning_of_a_record_without_letters_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.gb").write_text("LOCUS       c 12 bp DNA\nORIGIN\n")
    assert fasta_beginning(tmp_path / "a.gb", 100) == {}
