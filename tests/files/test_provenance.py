"""What made a folder and from what: the same bytes for equal runs, whatever road was taken."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from planted import planted_store
from typer.testing import CliRunner

from genoseq.cli.app import app
from genoseq.errors import InputFormatError
from genoseq.files import provenance
from genoseq.files.provenance import (
    PROVENANCE,
    Record,
    file_sha256,
    git_revision,
    join_records,
    make_record,
    read_record,
    with_this_software,
    write_record,
)
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import open_fasta

FASTA = b">a one\nACGTNN\nACG\n>b\n" + b"ACGTTGCA" * 500 + b"\n"


def run(*words: str | int | Path) -> None:
    result = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert result.exit_code == 0, result.output


def known(folder: Path) -> Record:
    record = read_record(folder)
    assert record is not None
    return record


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    computing = {"device": "cpu", "precision": "bf16"}
    record = make_record("x", {"k": 3}, {"genome": {"a.fa": "ab"}}, computing, seed=4)
    write_record(tmp_path, record)
    assert known(tmp_path) == record
    assert list(record)[:4] == ["command", "settings", "inputs", "seed"]
    (software,), (hardware,) = record["software"], record["hardware"]
    assert {*software} == {"genoseq", "git_revision", "python", "numpy", "torch"}
    assert hardware["precision"] == "bf16"
    assert hardware["processor"]
    assert hardware["cores"] >= 1


def test_record_of_a_folder_without_one_is_none(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["no JSON", "[" * 10**6, "[]", "{}", '{"settings": {}, "inputs": {}}']
)
def test_record_that_is_none_of_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / PROVENANCE).write_text(text)
    with pytest.raises(InputFormatError, match=r"provenance\.json: .*make its folder again"):
        read_record(tmp_path)


def test_record_loads_no_torch() -> None:
    code = "import sys, genoseq.files.provenance as p; p.make_record('x', {}, {}); "
    code += "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_git_revision_tells_a_package_that_was_edited(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        names = ("-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false")
        command = ["git", "-C", str(tmp_path), *names, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert git_revision(tmp_path) is None
    git("init", "--quiet")
    assert git_revision(tmp_path) is None
    (tmp_path / "genoseq").mkdir()
    for name in ("genoseq/a.py", "settings.yaml"):
        (tmp_path / name).write_text("1")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    commit = git("rev-parse", "HEAD")
    (tmp_path / "settings.yaml").write_text("2")
    assert git_revision(tmp_path) == commit
    git("commit", "--quiet", "--all", "-m", "settings")
    assert git_revision(tmp_path) == commit
    (tmp_path / "genoseq/a.py").write_text("2")
    assert git_revision(tmp_path) == f"{commit}-changed"


def shard(regions: str, **changes: Any) -> Record:
    inputs = {"genome": {"a.fa": "ab"}, "regions": {f"{regions}.bed": regions}}
    return make_record("score", {"window": None}, inputs, {"device": "cpu"}) | changes


def test_records_of_shards_join_to_that_of_the_whole(tmp_path: Path) -> None:
    whole = make_record("score", {"window": None}, {"genome": {"a.fa": "ab"}}, {"device": "cpu"})
    found = [(tmp_path / name, shard(name)) for name in "12"]
    assert join_records(found) == whole
    assert join_records([(tmp_path / name, None) for name in "12"]) is None


def test_records_of_some_shards_only_are_refused(tmp_path: Path) -> None:
    for names in ("1", "2"), ("2", "1"):
        found = [(tmp_path / name, shard(name) if name == "1" else None) for name in names]
        with pytest.raises(InputFormatError, match=r"/2: no provenance\.json here, but in other"):
            join_records(found)


def test_records_of_shards_keep_every_machine_once(tmp_path: Path) -> None:
    other = [{"processor": "another", "cores": 4, "device": "cpu"}]
    records = [shard("1"), shard("2", hardware=other), shard("3")]
    joined = join_records([(tmp_path / str(n), record) for n, record in enumerate(records)])
    assert joined is not None
    assert joined["hardware"] == [*shard("1")["hardware"], *other]
    assert len(joined["software"]) == 1


def test_software_of_a_later_step_is_added_if_it_is_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = make_record("score", {}, {})
    assert with_this_software(record) == record
    monkeypatch.setattr(provenance, "software", lambda: {"genoseq": "9"})
    assert with_this_software(record)["software"] == [*record["software"], {"genoseq": "9"}]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_fasta_tells_the_checksum_of_its_file(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "in.fa"
    path.write_bytes(pack(FASTA))
    with open_fasta(path) as genome:
        assert genome.sha256 == file_sha256(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_shards_take_the_checksum_while_they_copy(
    tmp_path: Path, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.fa"
    path.write_bytes(pack(FASTA))
    wanted = {"genome": {"in.fa": file_sha256(path)}}
    monkeypatch.setattr(provenance, "file_sha256", None)  # what reads the whole file once more
    run("shards", path, "-o", tmp_path / "shards", "--count", 2)
    assert known(tmp_path / "shards")["inputs"] == wanted


def test_every_folder_has_a_record_without_paths_and_places(
    tmp_path: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.fa").write_bytes(FASTA)
    (tmp_path / "in.bed").write_text("b\t0\t900\ttest\n")
    store = planted_store(tmp_path / "planted", ("test", 2_000))
    save_bundle(tmp_path / "model", bundle)
    monkeypatch.chdir(tmp_path)
    texts = []
    for out in (Path("one"), tmp_path / "two"):
        fasta, model = out.parent / "in.fa", out.parent / "model"
        run("tokenize", fasta, "-o", out / "store", "--bed", out.parent / "in.bed")
        run("evaluate", model, store.path, "-o", out / "evaluation")
        run("shards", fasta, "-o", out / "shards", "--count", 1)
        shard = ("score", out / "shards/genome.fa", "--regions", out / "shards/001.bed", "-m")
        run(*shard, model, "-o", out / "shard", "--formats", "scores")
        run("merge", out / "shard", "-o", out / "scores")
        run("tracks", out / "scores", "-o", out / "tracks")
        names = ("store", "evaluation", "shards", "shard", "scores", "tracks")
        texts.append({name: (out / name / PROVENANCE).read_text() for name in names})
    assert texts[0] == texts[1]
    records = {name: json.loads(text) for name, text in texts[0].items()}
    assert str(tmp_path) not in "".join(texts[0].values())
    assert records["store"]["inputs"]["fasta"] == {"in.fa": file_sha256("in.fa")}
    assert records["evaluation"]["inputs"]["store planted"] == store.checksums
    weights = {"model.safetensors": file_sha256("model/model.safetensors")}
    assert records["tracks"]["inputs"] == {
        "genome": {"in.fa": file_sha256("in.fa")},
        "model": weights,
    }
    assert records["tracks"] == records["scores"]
    assert records["shard"]["inputs"]["regions"].keys() == {"001.bed"}
    assert records["scores"]["hardware"][0].keys() == {"processor", "cores", "device", "precision"}


def test_tracks_without_a_record_leave_no_older_one(tmp_path: Path, bundle: Bundle) -> None:
    (tmp_path / "in.fa").write_bytes(FASTA)
    save_bundle(tmp_path / "model", bundle)
    words = ("score", tmp_path / "in.fa", "-m", tmp_path / "model", "-o")
    run(*words, tmp_path / "out", "--formats", "bed")
    run(*words, tmp_path / "scores", "--formats", "scores")
    (tmp_path / "scores" / PROVENANCE).unlink()
    run("tracks", tmp_path / "scores", "-o", tmp_path / "out", "--formats", "bed")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"manifest.tsv", "segments.bed"}
