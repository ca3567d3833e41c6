"""Files that hold far more than they say end early: in expansion, lines, names, comments."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.compression import numbered_lines, open_bytes
from genoseq.files.limits import LONGEST_LINE, SEQUENCES, TABLES, VARIABLE, Expansion
from genoseq.readers.annotation import read_annotation
from genoseq.readers.bed import read_bed
from genoseq.readers.evidence import read_evidence
from genoseq.readers.fasta import open_fasta
from genoseq.readers.kinds import kind_of
from genoseq.readers.pairs import read_pair_table
from genoseq.readers.records import read_records
from genoseq.readers.signal import open_signal

BOMB = 2 * TABLES.size
PACKS = [gzip.compress, bz2.compress, lzma.compress]
EXPANDS = "expands to more than 4 MB, over 200 times its size: .* raise that by GENOSEQ_MAX_EXPA"
LONG = "a line of more than 1 MB"
GFF = b"##gff-version 3\nc\tx\tCDS\t1\t9\t.\t+\t0\tID="
LOCUS = b"LOCUS       AB000001                   9 bp    DNA     linear   BCT 01-JAN-2000\n"


def read(path: Path, limit: Expansion = TABLES) -> bytes:
    with open_bytes(path, limit=limit) as stream:
        return stream.read()


@pytest.mark.parametrize("pack", PACKS)
def test_open_bytes_stops_where_a_file_expands(tmp_path: Path, pack: Callable) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack(b"N" * BOMB))
    with pytest.raises(InputFormatError, match=EXPANDS):
        read(path)
    assert len(read(path, SEQUENCES)) == BOMB
    path.write_bytes(pack(b"N" * TABLES.size))
    assert len(read(path)) == TABLES.size


def test_open_bytes_reads_what_is_told_to_expand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"N" * BOMB))
    monkeypatch.setenv(VARIABLE, "2000")
    assert len(read(path)) == BOMB
    for said in ("many", "0", "-1", "1e3"):
        monkeypatch.setenv(VARIABLE, said)
        with pytest.raises(ConfigError, match=f"{VARIABLE}={said}: give a whole number above 0"):
            read(path)


def test_open_bytes_stops_early(tmp_path: Path) -> None:
    """Little is read of a file that goes on: what lies behind is damaged, and not met."""
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"N" * BOMB) + b"\x1f\x8bdamaged" * 99_999)
    with pytest.raises(InputFormatError, match=EXPANDS):
        read(path)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_numbered_lines_have_a_longest(tmp_path: Path, end: str, encoding: str) -> None:
    path, size = tmp_path / "x", 300_000
    letters = size // 2 - 4 if encoding == "utf-16" else size - 2
    whole = end.join(["a" * letters] * 3)
    path.write_bytes(whole.encode(encoding))
    assert [len(line) for _, line in numbered_lines(path, size)] == [letters] * 3
    path.write_bytes((whole + "bbbb" * 99 + end + "c").encode(encoding))
    with pytest.raises(InputFormatError, match=r"x:\d: a line of more than") as caught:
        list(numbered_lines(path, size))
    assert caught.value.line is not None
    assert caught.value.line <= 3


READERS: list[tuple[str, bytes, Callable]] = [
    ("bed", b"c\t0\t10\t", read_bed),
    ("gff", GFF, read_annotation),
    ("gtf", b'c\tx\tCDS\t1\t9\t.\t+\t0\tgene_id "', read_annotation),
    ("genbank", LOCUS + b"DEFINITION  ", read_annotation),
    ("embl", b"ID   X; SV 1; linear; genomic DNA; STD; PRO; 9 BP.\nDE   ", read_annotation),
    ("bedgraph", b"c\t0\t10\t", open_signal),
    ("evidence", b"a\t", read_evidence),
]


@pytest.mark.parametrize(("kind", "head", "reader"), READERS, ids=[row[0] for row in READERS])
def test_readers_refuse_long_lines(
    tmp_path: Path, kind: str, head: bytes, reader: Callable
) -> None:
    path = tmp_path / f"x.{kind}"
    path.write_bytes(head + b"x" * (LONGEST_LINE + 99))
    with pytest.raises(InputFormatError, match=LONG):
        reader(path)


FILLED: list[tuple[str, bytes, bytes, Callable]] = [
    ("blank lines", GFF + b"x\n", b" " * 99 + b"\n", read_annotation),
    ("comments", b"#x\n", b"#" + b"x" * 999 + b"\n", read_bed),
    ("letters", GFF, b"x", read_annotation),
    ("signal", b"c\t0\t10\t1\n", b"\r" + b" " * 99, open_signal),
    ("pairs", b"ACGT\tACGT\n", b"\t" * 999 + b"\n", lambda path: list(read_pair_table(path))),
    ("reads", b">a\n", b"A" * 999, lambda path: list(read_records(path))),
    ("genbank", LOCUS, b"A" * 9, open_fasta),
    ("kind", b"", b"x", kind_of),
]


@pytest.mark.parametrize(("head", "more", "reader"), [row[1:] for row in FILLED],
                         ids=[row[0] for row in FILLED])  # fmt: skip
def test_readers_refuse_bombs(tmp_path: Path, head: bytes, more: bytes, reader: Callable) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(head + more * (3 * TABLES.size // 2 // len(more))))
    if reader is kind_of:
        assert kind_of(path) is None  # by its first line
        return
    with pytest.raises(InputFormatError, match=f"{EXPANDS}|{LONG}"):
        reader(path)


def test_open_fasta_refuses_by_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is decompressed into the temporary folder before."""
    monkeypatch.setattr("genoseq.readers.fasta_index.shutil", None)
    for text, said in (
        (b"##fileformat=VCFv4.2\n", "a VCF file, where FASTA, GenBank or EMBL is wanted"),
        (b"hello\n>a\nACGT\n", "1: 'hello' before the first record"),
        (b">a\nMKVLQ\n>b\n", "2: record 'a': 'L' is not a nucleotide: a protein FASTA"),
        (b">a\nA\n>a\nA\n>b\n", "3: a second record named 'a'"),
        (b">" + b"a" * 5_000 + b"\nA\n", "1: the record's name, 'a{40}'..., has 5,000 bytes, at"),
    ):
        (tmp_path / "x.gz").write_bytes(gzip.compress(text + b"A" * 99))
        with pytest.raises(InputFormatError, match=f"x.gz:? ?{said}"):
            open_fasta(tmp_path / "x.gz")
