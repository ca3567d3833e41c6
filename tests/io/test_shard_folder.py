"""The folder of shards: BED files that cover the genome, and a copy that opens at once."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from genoseq.errors import ConfigError, InputFormatError
from genoseq.io import fasta_index
from genoseq.io.bed import read_bed
from genoseq.io.fasta import open_fasta
from genoseq.io.shard_folder import write_shards

LONG = b"ACGTNacgtnRYKM" * 12_000


def write(folder: Path, text: bytes, count: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "in.fa.gz").write_bytes(gzip.compress(text))
    with open_fasta(folder / "in.fa.gz") as genome:
        write_shards(genome, folder / "shards", count)
    return folder / "shards"


def test_write_shards_copies_the_letters_and_covers_them(tmp_path: Path) -> None:
    out = write(tmp_path, b">a b\r\nAC\r\nG\r\n>none\r\n>long\r\n" + LONG + b"\r\n")
    beds = [line.region for name in ("001", "002", "003") for line in read_bed(out / f"{name}.bed")]
    with open_fasta(out / "genome.fa") as genome:
        assert genome.lengths == {"a": 3, "none": 0, "long": len(LONG)}
        letters = b"".join(genome.fetch(r.chrom, r.start, r.end) for r in beds)
    assert letters == b"ACG" + LONG
    assert len(list(out.iterdir())) == 6


def test_write_shards_leaves_an_index_that_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = write(tmp_path, b">a\nAC\nG\n>b\n" + LONG + b"\n>none\n")
    monkeypatch.setattr(fasta_index, "_index_of", None)  # what reads the whole file
    with open_fasta(out / "genome.fa") as genome:
        assert genome.fetch("b", 40_000, 80_000) == LONG[40_000:80_000]


def test_write_shards_again_replaces_them(tmp_path: Path) -> None:
    write(tmp_path, b">a\nACG\n", 9)
    assert {p.name for p in write(tmp_path, b">a\nACG\n", 1).iterdir()} == {
        "001.bed",
        "genome.fa",
        "genome.fa.fai",
        "provenance.json",
    }


def test_write_shards_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="501 shards: from 1 to 500"):
        write(tmp_path / "count", b">a\nACG\n", 501)
    with pytest.raises(ConfigError, match="contig '#a': a BED line that begins with #"):
        write(tmp_path / "name", b">#a\nACG\n")
    other = tmp_path / "other/shards"
    other.mkdir(parents=True)
    (other / "thesis.txt").write_text("all of it")
    with pytest.raises(ConfigError, match="is there already and holds no shards"):
        write(tmp_path / "other", b">a\nACG\n")
    assert (other / "thesis.txt").exists()


def test_write_shards_names_a_letter_that_an_index_let_pass(tmp_path: Path) -> None:
    (tmp_path / "p.fa").write_bytes(b">a\n" + b"A" * 5_000 + b"!\n")
    (tmp_path / "p.fa.fai").write_text("a\t5001\t3\t5001\t5002\n")
    with (
        open_fasta(tmp_path / "p.fa") as genome,
        pytest.raises(InputFormatError, match=r"p\.fa: contig 'a', base 5001: '!' is not a"),
    ):
        write_shards(genome, tmp_path / "out", 2)
    assert not (tmp_path / "out").exists()
