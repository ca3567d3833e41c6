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
from genoseq.readers import genome_size as module
from genoseq.readers.fasta import open_fasta
from genoseq.readers.genome_size import genome_size

LENGTHS = st.lists(st.integers(0, 300), min_size=1, max_size=8)


@settings(max_examples=30)
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


def large_packed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Contigs a to d of 4, 5, 200 and 7 bases, of which the first 30 bytes alone are read."""
    path = folder / "g.fa.gz"
    path.write_bytes(
        gzip.compress(b">a\nACGT\n>b\nACG\nTA\n>c\n" + b"A" * 200 + b"\n>d\nACGTACG\n")
    )
    monkeypatch.setattr(module, "WHOLE", 0)
    monkeypatch.setattr(module, "HEAD", 30)
    monkeypatch.setattr(module, "SAMPLE", 40)
    return path


INDEX = {"a": 4, "b": 5, "c": 200, "d": 7}


def write_index(path: Path, lengths: dict[str, int]) -> Path:
    fai = path.with_name(f"{path.name}.fai")
    fai.write_text("".join(f"{name}\t{n}\t3\t80\t81\n" for name, n in lengths.items()))
    return fai


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_comments_are_no_bases(tmp_path: Path, end: str) -> None:
    lines = ["; ACGT", ">a", "ACGT", "; ACGT", "ACG", ";", ">b", ";#esc"]
    (tmp_path / "g.fa").write_bytes(end.join(lines).encode())
    assert genome_size(tmp_path / "g.fa").lengths == {"a": 7, "b": 0}


def test_index_of_a_packed_file_is_believed_if_it_is_not_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = large_packed(tmp_path, monkeypatch)
    fai = write_index(path, INDEX)
    assert genome_size(path).lengths == INDEX
    os.utime(fai, (0, 0))
    assert genome_size(path).lengths is None


@pytest.mark.parametrize(
    "said",
    [
        {"new": 4, "b": 5, "c": 200},
        {"a": 4, "new": 5, "c": 200},
        {"a": 4, "b": 6, "c": 200},
        {"a": 4},
        {},
    ],
)
def test_index_that_does_not_begin_like_a_packed_file_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, int]
) -> None:
    path = large_packed(tmp_path, monkeypatch)
    write_index(path, said)
    assert genome_size(path).lengths is None


def test_index_of_a_small_packed_file_is_not_needed(tmp_path: Path) -> None:
    path = tmp_path / "g.fa.gz"
    path.write_bytes(gzip.compress(b">old\nACGT\n>c\nAC\n"))
    write_index(path, {"old": 4, "new": 2})
    assert genome_size(path).lengths == {"old": 4, "c": 2}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("said", ["c0\t99999999999\t4\t80\t81\n", "other\t4\t3\t4\t5\n", ""])
def test_index_of_another_file_is_not_believed(tmp_path: Path, packed: bool, said: str) -> None:
    text, path = b">c0\nACGT\n", tmp_path / "g.fa"
    path.write_bytes(gzip.compress(text) if packed else text)
    (tmp_path / "g.fa.fai").write_text(said)
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


GENBANK = (
    "LOCUS       NC_1              8 bp    DNA     circular CON 09-MAR-2022\n"
    "VERSION     {version}\n"
    "FEATURES             Location/Qualifiers\n"
    "     gene            1..4\n"
    "ORIGIN      \n"
    "        1 acgtacgt\n"
    "//\n"
    "LOCUS       NC_2              6 bp    DNA     linear   CON 09-MAR-2022\n"
    "ORIGIN      \n"
    "        1 acgtac\n"
    "//\n"
)


@pytest.mark.parametrize("parsed", [0, module.PARSED])
@pytest.mark.parametrize(("version", "name"), [("NC_1.2", "NC_1.2"), (".", "NC_1")])
def test_genbank_says_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed: int, version: str, name: str
) -> None:
    monkeypatch.setattr(module, "PARSED", parsed)
    path = tmp_path / "g.gb"
    path.write_text(GENBANK.format(version=version))
    found = genome_size(path)
    assert (found.bases, found.contigs) == (14, 2)
    assert found.lengths == {name: 8, "NC_2": 6}
    with open_fasta(path) as genome:
        assert genome.lengths == found.lengths
    path.write_text(GENBANK.format(version=version).removesuffix("//\n"))  # nothing is missed
    assert genome_size(path) == found


@pytest.mark.parametrize("parsed", [0, module.PARSED])
@pytest.mark.parametrize(
    ("old", "new", "small", "large"),
    [
        (
            "ORIGIN      \n        1 acgtac\n//",
            "CONTIG      join(X.1:1..6)\n//",
            "",
            "no sequence in",
        ),
        ("        1 acgtacgt\n", "", "", "record 'NC_1.2' has no sequence in"),
        ("acgtac\n//\n", "acg", "Expected sequence length", "'NC_2' says 6 bp and has 3: cut off?"),
        ("acgtacgt\n//\n", "acgtacgt\n", "Expected sequence length", "'NC_1.2' says 8 bp and has"),
        ("1..4", "-1..4", "negative starting position", ""),
    ],
)
def test_genbank_that_scoring_refuses_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    parsed: int,
    old: str,
    new: str,
    small: str,
    large: str,
) -> None:
    monkeypatch.setattr(module, "PARSED", parsed)
    path = tmp_path / "g.gb"
    text = GENBANK.format(version="NC_1.2")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    with pytest.raises(InputFormatError) as theirs:
        open_fasta(path)
    if not (parsed or large):  # features of a large file cost too much here
        assert genome_size(path).contigs == 2
        return
    with pytest.raises(InputFormatError) as ours:
        genome_size(path)
    assert str(ours.value).startswith(f"{path}: ")
    assert (small if parsed else large) in str(ours.value)
    assert not parsed or str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no FASTA record"),
        (b"\n; a remark\n", "no FASTA record"),
        (b"\x8f\x00\x17\xe2" * 99, "a file of binary data, where FASTA, GenBank or EMBL is wanted"),
        (b"ACGT\n>c\nACGT\n", "before the first record"),
        (b"@read\nACGT\n+\nIIII\n", "a FASTQ file, where"),
        (b">p1\nMKTAYIAKQRQISFVKSHFSRQ\n", "a protein FASTA"),
        (b">c\nACGT\n" + b">d\nACGT\n" * 2, "a second record named 'd'"),
        (b">c\n" + b"A" * module.HEAD + b"\n>d\n>d\n", "two records named 'd'"),
        (b">a\x01b\nACGT\n", "holds control characters"),
        (b">c\n" + b"A" * module.HEAD + b"\n>a\x01b\nA\n", "holds control characters"),
        (b">c\n" + b"A" * module.HEAD + b"\n>\nA\n", "a record without a name"),
        (b"LOCUS       NP_1      152 aa    linear\n//\n", "not GenBank as Biopython reads it"),
        (
            b"LOCUS       NP_1      152 aa    linear\n" + b"x\n" * module.PARSED,
            "no GenBank record says its length",
        ),
        (gzip.compress(b">c\n" + b"ACGT" * 99, mtime=0)[:-9], "damaged or cut off gzip"),
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


def write_embl(path: Path, lengths: dict[str, int]) -> None:
    """An EMBL file of these records, as Biopython writes it."""
    from Bio.Seq import Seq
    from Bio.SeqIO import write
    from Bio.SeqRecord import SeqRecord

    records = [
        SeqRecord(
            Seq("ACGT" * (n // 4) + "A" * (n % 4)), id=name, annotations={"molecule_type": "DNA"}
        )
        for name, n in lengths.items()
    ]
    write(records, path, "embl")


def test_large_embl_is_counted_by_its_id_lines(tmp_path: Path) -> None:
    lengths = {"AB123456.2": 400_001, "CD7.1": 300_000, "EF.12": 9}
    write_embl(path := tmp_path / "a.embl", lengths)
    assert path.stat().st_size > module.PARSED
    assert genome_size(path).lengths == lengths
    with open_fasta(path) as fasta:
        assert dict(fasta.lengths) == lengths


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("CD7; SV 1", "AB123456; SV 2", "two records named 'AB123456.2'"),
        ("600000 BP.", "600010 BP.", r"'CD7.1' says 600,010 bp and has 600,000: cut off\?"),
        ("SQ   Sequence 600000", "XX   600000", "'CD7.1' has no sequence in this file"),
    ],
)
def test_large_embl_is_refused_where_it_is_damaged(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    write_embl(path := tmp_path / "a.embl", {"AB123456.2": 9, "CD7.1": 600_000})
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputFormatError, match=message):
        genome_size(path)


def test_large_embl_of_the_old_form_is_estimated(tmp_path: Path) -> None:
    write_embl(path := tmp_path / "a.embl", {"AB123456.2": 600_000})
    _, text = path.read_text().split("\n", 1)
    path.write_text(f"ID   AB123456 standard; DNA; FUN; 600000 BP.\n{text}")
    assert genome_size(path) == module.GenomeSize(600_000, 1)
