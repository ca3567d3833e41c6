"""FASTA as it is found in the wild: read right, or one error that says where and why."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import InputFormatError, RegionError
from genoseq.genome.sequences import encode
from genoseq.readers.fasta import open_fasta, write_fasta
from genoseq.readers.fasta_copy import LETTERS

GENOME = Path(str(files("pyrodigal"))) / "tests/data/GCF_001457455.1_NCTC11397_genomic.fna.gz"


def read(path: Path) -> list[tuple[str, bytes]]:
    with open_fasta(path) as fasta:
        return [(name, fasta.fetch(name, 0, size)) for name, size in fasta.lengths.items()]


def given_file(tmp_path: Path, data: bytes, name: str = "in.fa") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def error_of(path: Path) -> str:
    with pytest.raises(InputFormatError) as caught:
        open_fasta(path)
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("data", "records"),
    [
        (b">a x\nACGT\nAC\n>b\nGG\n", [("a", b"ACGTAC"), ("b", b"GG")]),
        (b">a x\r\nACGT\r\nAC\r\n>b\r\n\r\n>c\r\nA", [("a", b"ACGTAC"), ("b", b""), ("c", b"A")]),
        (b">a\rACGT\rAC\r>b\rGG", [("a", b"ACGTAC"), ("b", b"GG")]),
        (b">a\nACGT\r\nACGTA\nACG\r\r\n", [("a", b"ACGTACGTAACG")]),
        (
            b">a\nACGT\nACGTA\nAC\nACGTT\n\n>b\n\nAC\n\nGT",
            [("a", b"ACGTACGTAACACGTT"), ("b", b"ACGT")],
        ),
        (b">a\nAC GT\nAC\tGT\nAC \n", [("a", b"ACGTACGTAC")]),
        (b">a\n>b\n>c", [("a", b""), ("b", b""), ("c", b"")]),
        (b"\n\n>a\nAC\n\n\n", [("a", b"AC")]),
        (b";made by hand\n>a\n;more\nAC\n;\n", [("a", b"AC")]),
        (b"\xef\xbb\xbf>a\nAC\n", [("a", b"AC")]),
        (b"> a b\nAC\n", [("a", b"AC")]),
        (b">a\tb\nnnACgtRYKMSWBDHVuUxX\n", [("a", b"nnACgtRYKMSWBDHVuUxX")]),
        (b">gi|1|x:2-3(+)=;,#%\nA\n", [("gi|1|x:2-3(+)=;,#%", b"A")]),
        (b">caf\xc3\xa9 caf\xe9\nAC\n", [("caf\u00e9", b"AC")]),
    ],
)
def test_open_fasta_reads_what_is_found_in_the_wild(
    tmp_path: Path, data: bytes, records: list[tuple[str, bytes]]
) -> None:
    assert read(given_file(tmp_path, data)) == records


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ": no FASTA record: the file has no line that begins with '>'"),
        (b";only\n", ": no FASTA record"),
        (b">a\nAC\n>\nAC\n", ":3: a record without a name: write one behind the '>'"),
        (b">a\nAC\n>b\nA\n>a y\nG\n", ":5: a second record named 'a' (the first is on line 1)"),
        (b">a\nAC\n>p\nMKVL\n", ":4: record 'p': 'L' is not a nucleotide: a protein FASTA?"),
        (b">a\nAC--GT\n", ":2: record 'a': '-' is not a nucleotide but a gap"),
        (b">a\nAC\n1 ACGT\n", ":3: record 'a': '1' is not a nucleotide: use A, C, G, T, U"),
        (b"ACGT\n", ":1: 'ACGT' before the first record: a FASTA begins with '>'"),
        (
            b"@r\nACGT\n+\nIIII\n",
            ": a FASTQ file, where FASTA, GenBank or EMBL is wanted: convert it",
        ),
        (b"ID   X56734; SV 1\n", ": not EMBL as Biopython reads it"),
        (
            b">caf\xe9\nAC\n",
            ":1: the record's name, b'caf\\xe9', holds control characters or is not",
        ),
        (b">a\x1cb\nAC\n", ":1: the record's name, b'a\\x1cb', holds control characters"),
        (b">a\x01b\nAC\n", ":1: the record's name, b'a\\x01b', holds control characters"),
        (">c\nA\n>a\u200bb\nAC\n".encode(), ":3: the record's name, b'a\\xe2\\x80\\x8bb', holds"),
        (
            ">a\nAC\n".encode("utf-16"),
            ":1: text in UTF-16, or binary data: a FASTA is text in UTF-8",
        ),
        (b"\x28\xb5\x2f\xfd" + b"x" * 40, ": zstd needs Python 3.14 or later: decompress it first"),
        (gzip.compress(b">a\nACGT\n", mtime=0)[:-6], ": damaged or cut off gzip data"),
        (b"BZh9" + b"x" * 40, ": damaged or cut off bzip2 data"),
        (lzma.compress(b">a\nACGT\n")[:-9], ": damaged or cut off xz data"),
    ],
)
def test_open_fasta_refuses_with_the_line_and_the_reason(
    tmp_path: Path, data: bytes, message: str
) -> None:
    assert error_of(given_file(tmp_path, data)).startswith(message)
    assert [path.name for path in tmp_path.iterdir()] == ["in.fa"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes])
@pytest.mark.parametrize("name", ["in.fa", "in.fa.gz", "in.fa.bz2"])
def test_open_fasta_tells_compression_by_content(tmp_path: Path, pack, name: str) -> None:
    assert read(given_file(tmp_path, pack(b">a\nACGT\nAC\n"), name)) == [("a", b"ACGTAC")]


def test_open_fasta_leaves_nothing_beside_the_input_nor_behind(tmp_path: Path, monkeypatch) -> None:
    place, temporary = tmp_path / "in", tmp_path / "tmp"
    place.mkdir()
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    for data in (b">a\nAC\nAC\n", gzip.compress(b">a\nAC\nAC\n"), b">a\nA\nACC\n"):
        path = given_file(place, data)
        place.chmod(0o555)
        with open_fasta(path) as fasta:
            assert len(fasta.fetch("a", 0, 4)) == 4
            assert not list(temporary.iterdir())
        place.chmod(0o755)
        assert [found.name for found in place.iterdir()] == ["in.fa"]


def test_open_fasta_reads_a_pipe() -> None:
    source, sink = os.pipe()
    os.write(sink, b">a\nACGT\n")
    os.close(sink)
    assert read(Path(f"/dev/fd/{source}")) == [("a", b"ACGT")]
    os.close(source)


def test_open_fasta_uses_a_right_index_and_leaves_it(tmp_path: Path) -> None:
    # The letters below are not checked at opening when an index fits: fetch proves that it is used.
    path = given_file(tmp_path, b">a\n" + b"A" * 5000 + b"!\n>b\nGG\n")
    fai = tmp_path / "in.fa.fai"
    fai.write_text("a\t5001\t3\t5001\t5002\nb\t2\t5008\t2\t3\n")
    with open_fasta(path) as fasta:
        assert fasta.lengths == {"a": 5001, "b": 2}
        with pytest.raises(
            InputFormatError, match="contig 'a', base 5001: '!' is not a nucleotide"
        ):
            fasta.codes("a", 4000, 5001)
    assert fai.read_text().startswith("a\t5001")


@pytest.mark.parametrize(
    "index",
    [
        "rubbish\n",
        "",
        "a\t5\t3\t4\t5\nb\t2\t14\t2\t3\n",
        "a\t6\t3\t4\t5\n",
        "a\t6\t3\t6\t7\nb\t2\t14\t2\t3\n",
        "x\t6\t3\t4\t5\nb\t2\t14\t2\t3\n",
        "a\t6\t3\t4\t5\na\t2\t14\t2\t3\n",
        "a\t6\t3\t0\t0\nb\t2\t14\t2\t3\n",
        "a\t6\t3\t4\t5\t9\nb\t2\t14\t2\t3\t9\n",
        "a\t6\t-3\t4\t5\nb\t2\t14\t2\t3\n",
        "a\t6\t3\t4\nb\t2\t14\t2\t3\n",
        "a\t6\t\t4\t5\nb\t2\t14\t2\t3\n",
    ],
)
def test_open_fasta_does_not_trust_a_wrong_index(tmp_path: Path, index: str) -> None:
    path = given_file(tmp_path, b">a\nACGT\nTT\n>b\nGG\n")
    (tmp_path / "in.fa.fai").write_text(index)
    assert read(path) == [("a", b"ACGTTT"), ("b", b"GG")]
    assert (tmp_path / "in.fa.fai").read_text() == index


def test_open_fasta_does_not_use_a_stale_index(tmp_path: Path) -> None:
    path = given_file(tmp_path, b">a\nACGT\nTT\n")
    fai = tmp_path / "in.fa.fai"
    fai.write_text("a\t6\t3\t4\t5\n")
    path.write_bytes(b">a\nTTTTTT\n")
    os.utime(fai, (1, 1))
    assert read(path) == [("a", b"TTTTTT")]


def test_fetch_says_when_the_file_changed(tmp_path: Path) -> None:
    path = given_file(tmp_path, b">a\nACGT\nTT\n")
    fasta = open_fasta(path)
    os.truncate(path, 6)
    with pytest.raises(InputFormatError, match="the file changed while it was open"):
        fasta.fetch("a", 0, 6)
    fasta.close()


def test_fetch_refuses_what_is_not_there(tmp_path: Path) -> None:
    with open_fasta(given_file(tmp_path, b">a\nACGT\n")) as fasta:
        with pytest.raises(RegionError, match="region a:1-5 ends past the contig's last base, 4"):
            fasta.fetch("a", 0, 5)
        with pytest.raises(RegionError, match="contig 'b' of region b:1-1 is not in the FASTA"):
            fasta.fetch("b", 0, 1)
        with pytest.raises(RegionError, match=r"interval \[3, 2\) is not possible"):
            fasta.fetch("a", 3, 2)
        assert fasta.fetch("a", 4, 4) == b""
        assert fasta.codes("a", 1, 4).tolist() == [1, 2, 3]


def test_open_fasta_rewraps_a_long_line(tmp_path: Path) -> None:
    letters = np.random.default_rng(1).choice(list(b"ACGT"), 3_000_001).astype(np.uint8).tobytes()
    path = given_file(tmp_path, b">a\nAC\n>long\n" + letters + b"\n>b\n")
    assert read(path) == [("a", b"AC"), ("long", letters), ("b", b"")]


def test_open_fasta_reads_a_real_genome() -> None:
    with gzip.open(GENOME) as file:
        expected = b"".join(line.strip() for line in file if not line.startswith(b">"))
    with open_fasta(GENOME) as fasta:
        assert fasta.lengths == {"NZ_LN831026.1": 2463666}
        assert fasta.fetch("NZ_LN831026.1", 0, 2463666) == expected
        assert fasta.fetch("NZ_LN831026.1", 79, 161) == expected[79:161]


def test_letters_are_those_that_encode_accepts() -> None:
    accepted = []
    for byte in range(256):
        try:
            encode(bytes([byte]))
        except InputFormatError:
            continue
        accepted.append(byte)
    assert sorted(LETTERS) == accepted


@given(
    st.lists(st.binary(max_size=70).map(lambda b: bytes(LETTERS[i % len(LETTERS)] for i in b))),
    st.integers(1, 20),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.data(),
)
def test_fetch_equals_slicing(
    sequences: list[bytes], width: int, end: bytes, last: bool, data: st.DataObject
) -> None:
    records = {f"c{number}": letters for number, letters in enumerate(sequences)} or {"c0": b""}
    lines = [
        line
        for name, letters in records.items()
        for line in (
            f">{name} text".encode(),
            *(letters[at : at + width] for at in range(0, len(letters), width)),
        )
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = given_file(Path(folder), end.join(lines) + end * last)
        with open_fasta(path) as fasta:
            assert fasta.lengths == {name: len(letters) for name, letters in records.items()}
            for name, letters in records.items():
                start = data.draw(st.integers(0, len(letters)))
                stop = data.draw(st.integers(start, len(letters)))
                assert fasta.fetch(name, start, stop) == letters[start:stop]


def test_write_fasta_wraps_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "out" / "x.fa"
    write_fasta(path, [("a", b"ACGTA"), ("b", b""), ("c", b"AC")], width=2)
    assert path.read_bytes() == b">a\nAC\nGT\nA\n>b\n>c\nAC\n"
    assert read(path) == [("a", b"ACGTA"), ("b", b""), ("c", b"AC")]
    write_fasta(path, iter([("a", b"ACGTA")]), width=0)
    assert path.read_bytes() == b">a\nACGTA\n"
