"""``genoseq embed``: a folder of vectors, or one line that says why not."""

from __future__ import annotations

import gzip
import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq

from genoseq.cli.embed import EPILOG
from genoseq.models.bundle import Bundle, save_bundle


@pytest.fixture
def genome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    letters = "".join(np.random.default_rng(2).choice([*"ACGT"], 12_000))
    (tmp_path / "genome.fa.gz").write_bytes(gzip.compress(f">a\n{letters}\n>b\nNNNN\n".encode()))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "genome.fa.gz"


@pytest.mark.usefixtures("genome")
def test_embed_example_of_its_help_runs(genoseq: Genoseq) -> None:
    done = genoseq(*shlex.split(EPILOG)[2:])
    assert done.returncode == 0, done.stderr
    assert "embed: embeddings: 4 rows of 128 numbers, float32 take 0.0 MB" in done.stderr
    assert "embed: 100% of 12,004 bases" in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last == "embed: wrote embeddings: 4 rows of 128 numbers, float32"
    vectors = np.load("embeddings/embeddings.npy")
    assert np.isnan(vectors).any(axis=1).tolist() == [False, False, False, True]
    rows = [line.split("\t") for line in Path("embeddings/rows.tsv").read_text().splitlines()]
    assert [row[1:4] + row[6:] for row in rows[3:]] == [
        *[["a", "10000", "12000", "2000"], ["b", "0", "4", "0"]]
    ]


def test_embed_writes_parquet_of_half_precision_and_its_record(
    genoseq: Genoseq, genome: Path, bundle: Bundle
) -> None:
    from pyarrow import parquet

    save_bundle("model", bundle)
    Path("r.bed").write_text("a\t5\t90\tx\na\t0\t12000\ty\n")
    words = ("embed", genome, "-m", "model", "-o", "out", "--per", "region", "--regions", "r.bed")
    options = ("--format", "parquet", "--dtype", "float16", "--strand", "own", "--threads", 1)
    done = genoseq(*words, *options)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in Path("out").iterdir()) == [
        *["embeddings.parquet", "provenance.json"]
    ]
    table = parquet.read_table("out/embeddings.parquet")
    assert table.column("name").to_pylist() == ["x", "y"]
    assert str(table.schema.field("embedding").type) == "fixed_size_list<element: halffloat>[16]"
    record = json.loads(Path("out/provenance.json").read_text())
    assert record["command"] == "embed"
    assert set(record["inputs"]) == {"genome", "model", "regions"}


def test_embed_error_is_one_line(genoseq: Genoseq, genome: Path) -> None:
    for words, said in (
        (("--per", "window"), "--per window needs --window, the bp of a window"),
        (("-m", "none"), "none: no such folder, and no model of that name comes with genoseq"),
    ):
        done = genoseq("embed", genome, "-o", "out", *words)
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
        assert not Path("out").exists()
