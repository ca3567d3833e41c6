"""FASTA and FASTQ of any alphabet, record by record."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from genoseq.errors import InputFormatError
from genoseq.readers.records import read_records

FASTQ = "@a 1\nACGT\n+a\n@III\n\n@b\nAC\nGT\n+\nII\n@I\n"


def test_read_records_of_fasta_joins_lines_and_keeps_letters(tmp_path: Path) -> None:
    path = tmp_path / "p.faa"
    path.write_text(">one x\nMK*\n lV\n;c\n>two\n>three\nM\n")
    assert [tuple(each) for each in read_records(path)] == [
        ("one", b"MK*lV", 1),
        ("two", b"", 5),
        ("three", b"M", 6),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_read_records_of_fastq_passes_over_qualities(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "reads"
    path.write_bytes(gzip.compress(FASTQ.encode()) if packed else FASTQ.encode())
    assert [(each.name, each.letters) for each in read_records(path)] == [
        ("a", b"ACGT"),
        ("b", b"ACGT"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@a\nACGT\n+\nII\n", "record 'a' has 4 letters and 2 qualities"),
        ("@a\nACGT\n+\nIIII\nACGT\n", "5: a FASTQ record begins with @"),
        (">\nACGT\n", "a record without a name"),
        ("ACGT\n", "no FASTA or FASTQ: its first line begins with > or @"),
        ("", "an empty file"),
    ],
)
def test_read_records_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "reads"
    path.write_text(text)
    with pytest.raises(InputFormatError, match=said):
        list(read_records(path))
