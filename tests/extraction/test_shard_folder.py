"""The folder of shards: BED files that cover the genome, and a copy that opens at once."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genoseq.errors import ConfigError, InputFormatError
from genoseq.extraction.shard_folder import original_of, write_shards
from genoseq.files.provenance import file_sha256, make_record, read_record, write_record
from genoseq.readers import fasta_index
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import open_fasta

LONG = b"ACGTNacgtnRYKM" * 12_000


def write(folder: Path, text: bytes, count: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "in.fa.gz").write_bytes(gzip.compress(text, mtime=0))
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


def holds_thesis(out: Path) -> None:
    (out / "thesis.tex").write_text("all of it")


def is_no_shards(out: Path) -> None:
    (out / "provenance.json").unlink()


def is_of_scores(out: Path) -> None:
    write_record(out, make_record("score", {}, {}))


def is_a_file(out: Path) -> None:
    shutil.rmtree(out)
    out.write_text("all of it")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (holds_thesis, "is there already and holds thesis.tex: name a new folder"),
        (is_no_shards, "is there already and holds no shards"),
        (is_of_scores, "is there already and holds no shards"),
        (is_a_file, "shards is a file: name a folder"),
    ],
)
def test_write_shards_replaces_nothing_but_shards(
    tmp_path: Path, change: Callable[[Path], None], message: str
) -> None:
    out = write(tmp_path, b">a\nACG\n")
    change(out)
    before = [(path, path.is_file() and path.read_bytes()) for path in sorted(tmp_path.rglob("*"))]
    with pytest.raises(ConfigError, match=message):
        write(tmp_path, b">a\nACG\n")
    after = [(path, path.is_file() and path.read_bytes()) for path in sorted(tmp_path.rglob("*"))]
    assert after == before


def test_write_shards_takes_a_folder_that_snakemake_made(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    out = write(tmp_path, b">a\nACG\n")
    (out / ".snakemake_timestamp").touch()
    assert len(list(write(tmp_path, b">a\nACG\n").iterdir())) == 6
    shutil.rmtree(out)
    out.mkdir()
    (out / ".snakemake_timestamp").touch()
    assert len(list(write(tmp_path, b">a\nACG\n").iterdir())) == 6


def test_write_shards_keeps_the_genome_that_it_reads(tmp_path: Path) -> None:
    out = write(tmp_path, b">a\nACG\n")
    (tmp_path / "link").symlink_to(out)
    for path in (out, tmp_path / "link"):
        with (
            open_fasta(path / "genome.fa") as genome,
            pytest.raises(ConfigError, match=r"shards holds \S+genome.fa and would be replaced"),
        ):
            write_shards(genome, out, 2)
    assert (out / "genome.fa").exists()


def test_write_shards_of_a_copy_names_the_original(tmp_path: Path) -> None:
    out = write(tmp_path, b">a\nACG\n")
    with open_fasta(out / "genome.fa") as genome:
        write_shards(genome, tmp_path / "again", 1)
    first, again = (read_record(folder) or {} for folder in (out, tmp_path / "again"))
    assert again["inputs"] == first["inputs"]
    assert again["copy"] == first["copy"]


def edit(copy: Path, old: bytes, new: bytes) -> None:
    """What sed does, some time later."""
    copy.write_bytes(copy.read_bytes().replace(old, new))
    later = (copy.parent / "provenance.json").stat().st_mtime + 1
    os.utime(copy, (later, later))


@pytest.mark.parametrize("new", [b"ACT", b"ACGT", b"AC"])
def test_original_of_an_edited_copy_is_refused(tmp_path: Path, new: bytes) -> None:
    out = write(tmp_path, b">a\nACG\n")
    with open_fasta(out / "genome.fa") as genome:
        original = original_of(genome)
    assert original == {"in.fa.gz": file_sha256(tmp_path / "in.fa.gz")}
    edit(out / "genome.fa", b"ACG", new)
    with (
        open_fasta(out / "genome.fa") as genome,
        pytest.raises(
            InputFormatError, match=r"genome\.fa: not the copy that genoseq shards wrote"
        ),
    ):
        original_of(genome)
    edit(out / "genome.fa", new, b"ACG")  # the same bytes as first, with another time: a transfer
    with open_fasta(out / "genome.fa") as genome:
        assert original_of(genome) == original


def test_original_of_a_copy_of_another_size_is_refused_whatever_its_time(tmp_path: Path) -> None:
    out = write(tmp_path, b">a\nACG\n")
    (out / "genome.fa").write_bytes(b">a\nACGT\n")
    os.utime(out / "genome.fa", (1, 1))
    with (
        open_fasta(out / "genome.fa") as genome,
        pytest.raises(InputFormatError, match="not the copy that genoseq shards wrote"),
    ):
        original_of(genome)


@pytest.mark.parametrize("changes", [{"copy": 3}, {"copy": {}}, {"inputs": {"genome": []}}])
def test_original_of_a_copy_without_its_facts_is_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    out = write(tmp_path, b">a\nACG\n")
    write_record(out, (read_record(out) or {}) | changes)
    with (
        open_fasta(out / "genome.fa") as genome,
        pytest.raises(InputFormatError, match="make the shards again"),
    ):
        original_of(genome)


def test_original_of_any_other_genome_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa"
    path.write_text(">a\nACG\n")
    with open_fasta(path) as genome:
        assert original_of(genome) == {"genome.fa": file_sha256(path)}


def test_write_shards_names_a_letter_that_an_index_let_pass(tmp_path: Path) -> None:
    (tmp_path / "p.fa").write_bytes(b">a\n" + b"A" * 5_000 + b"!\n")
    (tmp_path / "p.fa.fai").write_text("a\t5001\t3\t5001\t5002\n")
    with (
        open_fasta(tmp_path / "p.fa") as genome,
        pytest.raises(InputFormatError, match=r"p\.fa: contig 'a', base 5001: '!' is not a"),
    ):
        write_shards(genome, tmp_path / "out", 2)
    assert not (tmp_path / "out").exists()
