"""Sizes of genomes without reading all of them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.errors import InputFormatError
from genoseq.io import genome_size as module
from genoseq.io.fasta import open_fasta
from genoseq.io.genome_size import genome_size

LENGTHS = st.lists(st.integers(0, 300), min_size=1, max_size=8)


@settings(max_examples=30, deadline=None)
@given(LENGTHS, st.integers(1, 90), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_small_file_is_counted(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], width: int, end: str, packed: bool
) -> None:
    lines = []
    for number, length in enumerate(lengths):
        letters = "ACGTn" * (length // 5 + 1)
        lines.append(f">c{number} of > many")
        lines += [letters[at : min(at + width, length)] for at in range(0, length, width)]
    text = "".join(line + end for line in lines).encode()
    path = tmp_path_factory.mktemp("g") / "g.fa"
    path.write_bytes(gzip.compress(text) if packed else text)
    found = genome_size(path)
    with open_fasta(path) as genome:
        assert found.lengths == genome.lengths
    assert (found.bases, found.contigs) == (sum(lengths), len(lengths))


def test_index_beside_a_file_is_believed_if_it_is_not_older(tmp_path: Path) -> None:
    path, fai = tmp_path / "g.fa.gz", tmp_path / "g.fa.gz.fai"
    path.write_bytes(gzip.compress(b">a\nACGT\n"))
    fai.write_text("a\t200\t3\t80\t81\nb\t7\t9\t80\t81\n")
    assert genome_size(path).lengths == {"a": 200, "b": 7}
    os.utime(fai, (0, 0))
    assert genome_size(path).lengths == {"a": 4}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("said", ["c0\t99999999999\t4\t80\t81\n", "other\t4\t3\t4\t5\n", ""])
def test_index_of_another_file_is_not_believed(tmp_path: Path, packed: bool, said: str) -> None:
    text, path = b">c0\nACGT\n", tmp_path / "g.fa"
    path.write_bytes(gzip.compress(text) if packed else text)
    (tmp_path / "g.fa.fai").write_text(said)
    if not (packed and said.startswith("other")):  # whose records cannot be looked up
        assert genome_size(path).lengths == {"c0": 4}


@pytest.mark.parametrize("packed", [False, True])
def test_large_file_is_judged_by_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    rng = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (60, 10_000))]
    text = b"".join(b">c%d\n" % n + row.tobytes() + b"\n" for n, row in enumerate(letters))
    path = tmp_path / "g.fa"
    path.write_bytes(gzip.compress(text) if packed else text)
    monkeypatch.setattr(module, "WHOLE", 50_000)
    monkeypatch.setattr(module, "SAMPLE", 100_000)
    found = genome_size(path)
    assert found.lengths is None
    assert found.bases == pytest.approx(600_000, rel=0.05)
    assert found.bases / found.contigs == pytest.approx(10_000, rel=0.1)


def test_genbank_says_its_size(tmp_path: Path) -> None:
    path = tmp_path / "g.gb"
    path.write_text(
        "LOCUS       NC_1      4641652 bp    DNA     circular CON 09-MAR-2022\n//\n"
        "LOCUS       NC_2          120 bp    DNA     linear   CON 09-MAR-2022\n//\n"
    )
    assert (genome_size(path).bases, genome_size(path).contigs) == (4_641_772, 2)
    assert genome_size(path).lengths == {"NC_1": 4_641_652, "NC_2": 120}
    path.write_text("LOCUS       NC_1   4 bp  DNA\nVERSION     NC_1.2\n//\n")
    assert genome_size(path).lengths == {"NC_1.2": 4}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no FASTA record"),
        (b"\n; a remark\n", "no FASTA record"),
        (b"\x8f\x00\x17\xe2" * 99, "binary data, not FASTA"),
        (b"ACGT\n>c\nACGT\n", "before the first record"),
        (b"@read\nACGT\n+\nIIII\n", "this is FASTQ"),
        (b">p1\nMKTAYIAKQRQISFVKSHFSRQ\n", "a protein FASTA"),
        (b">c\nACGT\n" + b">d\nACGT\n" * 2, "a second record named 'd'"),
        (b">c\n" + b"A" * module.HEAD + b"\n>d\n>d\n", "two records named 'd'"),
        (b"LOCUS       NP_1      152 aa    linear\n//\n", "no GenBank record says its length"),
        (gzip.compress(b">c\n" + b"ACGT" * 99)[:-9], "damaged or cut off gzip"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_no_genome_is_refused(tmp_path: Path, text: bytes, said: str, packed: bool) -> None:
    path = tmp_path / "g.fa"
    path.write_bytes(gzip.compress(text) if packed and "damaged" not in said else text)
    with pytest.raises(InputFormatError, match=said) as error:
        genome_size(path)
    assert str(error.value).startswith(str(path))


def test_head_may_be_cut_in_a_name_or_hold_remarks_alone(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    first = b">c\n" + b"A" * (module.HEAD - 7) + b"\n"
    path.write_bytes(first + b">c1\nAC\n>cc\nA\n")
    assert list(genome_size(path).lengths or {}) == ["c", "c1", "cc"]
    path.write_bytes(b"; a remark\n" * module.HEAD + b">c\nACGT\n")
    assert genome_size(path).lengths == {"c": 4}
