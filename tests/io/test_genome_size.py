"""Sizes of genomes without reading all of them."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.io import genome_size as module
from genoseq.io.fasta import open_fasta
from genoseq.io.genome_size import genome_size

LENGTHS = st.lists(st.integers(0, 300), min_size=1, max_size=8)


@settings(max_examples=30, deadline=None)
@given(LENGTHS, st.integers(1, 90), st.sampled_from(["\n", "\r\n"]), st.booleans())
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
    fai.write_text("a\t5000000000\t3\t80\t81\nb\t7\t9\t80\t81\n")
    assert genome_size(path).lengths == {"a": 5_000_000_000, "b": 7}
    os.utime(fai, (0, 0))
    assert genome_size(path).lengths == {"a": 4}


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
