"""The folder: complete or untouched, its manifest true."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from killing import killed
from track_cases import CDS, golden, pieces, probabilities, write

from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.files.provenance import PROVENANCE, make_record, read_record, write_record
from genoseq.genome.tracks import Channel, Track
from genoseq.writers.manifest import OutputFile, read_manifest, write_manifest
from genoseq.writers.outputs import write_tracks
from genoseq.writers.scores import read_scores

ALL = ("bigwig", "bedgraph", "bed", "tsv", "scores")


def listing(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_outputs_manifest_names_every_file(tmp_path: Path) -> None:
    write(tmp_path, {"a": probabilities(1_000)}, ALL)
    files = read_manifest(tmp_path / "manifest.tsv")
    assert {file.path for file in files} | {"manifest.tsv"} == listing(tmp_path)
    for file in files:
        data = (tmp_path / file.path).read_bytes()
        assert hashlib.md5(data).hexdigest() == file.md5
    text = (tmp_path / "manifest.tsv").read_text().splitlines()
    assert text[0] == "path\tkind\tclass\tstrand\tformat\tcoordinates\tmd5"
    first = text[1].split("\t")
    assert first[:6] == ["CDS.plus.bw", "probability", "CDS", "+", "bigwig", "0-based half-open"]
    assert ["segments.bed", "segments", "*", "*", "bed"] in [row.split("\t")[:5] for row in text]


def test_outputs_of_confidence_are_tracks_beside_the_segments_of_classes(tmp_path: Path) -> None:
    values = {"c": probabilities(20_000), "d": probabilities(700, 3)}
    plain = write(tmp_path / "plain", values, ALL)
    measures = (Channel("", measure="entropy"), Channel("CDS", "-", measure="spread"))
    wider = {name: np.concatenate([of, 1 - of / 2], axis=1) for name, of in values.items()}
    out = write(tmp_path / "wide", wider, ALL, (*CDS, *measures))
    for name in ("segments.bed", "CDS.plus.bw", "CDS.minus.bedgraph.gz"):
        assert (out / name).read_bytes() == (plain / name).read_bytes()
    rows = {
        one.path: (one.kind, one.name, one.strand) for one in read_manifest(out / "manifest.tsv")
    }
    assert rows["entropy.bw"] == ("entropy", "*", "*")
    assert rows["CDS.minus.spread.bedgraph.gz"] == ("spread", "CDS", "-")
    assert rows["CDS.plus.bw"] == ("probability", "CDS", "+")
    with gzip.open(out / "predictions.tsv.gz", "rt") as file:
        assert next(file).split()[3:] == ["CDS.plus", "CDS.minus", "entropy", "CDS.minus.spread"]
    scores = read_scores(out)
    assert scores.channels == (*CDS, *measures)
    again = np.concatenate([track.values for track in scores.tracks()])
    assert again == pytest.approx(np.concatenate([*wider.values()]), abs=6e-4)
    index = json.loads((plain / "scores.json").read_text())
    assert index["channels"] == [["CDS", "+", None], ["CDS", "-", None]]


def test_outputs_no_value_at_all_writes_nothing(tmp_path: Path) -> None:
    genome = {"a": np.full((500_000, 2), np.nan, np.float32), "b": np.empty((0, 2), np.float32)}
    for empty in (genome, {}):
        with pytest.raises(RegionError, match="no base has a value, so there is nothing to write"):
            write(tmp_path / "out", empty, ALL)
    assert not (tmp_path / "out").exists()


def broken(after: int) -> Iterator[Track]:
    for number, track in enumerate(pieces(golden(), CDS)):
        if number == after:
            raise InputFormatError("the FASTA broke off", "x.fa", 7)
        yield track


def test_outputs_failed_run_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    lengths = {chrom: len(values) for chrom, values in golden().items()}
    write(tmp_path, {"a": probabilities(1_000)}, ALL)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputFormatError, match=r"x\.fa:7: the FASTA broke off"):
        write_tracks(broken(15), lengths, CDS, "classes", tmp_path, ALL)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(InputFormatError):
        write_tracks(broken(15), lengths, CDS, "classes", tmp_path / "new", ALL)
    assert not (tmp_path / "new").exists()


def test_outputs_keep_other_files_and_remove_stale_ones(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".partial-kill_123").mkdir()
    (tmp_path / ".partial-kill_123" / "CDS.plus.bw").write_text("half")
    write(tmp_path, {"a": probabilities(1_000)}, ALL)
    write(tmp_path, {"a": probabilities(1_000)}, ["bed"])
    assert listing(tmp_path) == {"notes.txt", "segments.bed", "manifest.tsv"}


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_outputs_killed_while_published_are_old_or_new_to_readers(quick_path: Path) -> None:
    """Index and values of another run would fit one another, but for the checksum."""
    runs = [{"a": probabilities(1_000, seed)} for seed in range(2)]
    contents = []
    for number, run in enumerate(runs):
        write(quick_path / str(number), run, ALL)
        contents.append(files_of(quick_path / str(number)))
    for moment in range(30, 200, 3):
        out = quick_path / f"killed{moment}"
        shutil.copytree(quick_path / "0", out)
        died = killed(lambda: write(out, runs[1], ALL), moment)  # noqa: B023
        found = {n: data for n, data in files_of(out).items() if not n.startswith(".partial-")}
        old, new = ({n for n in found if found[n] == content[n]} for content in contents)
        assert old == found.keys() or new == found.keys()
        assert len(read_manifest(out / "manifest.tsv")) == len(contents[0]) - 1
        list(read_scores(out).tracks())
        assert files_of(out) in contents
        if not died:
            break
    assert files_of(out) == contents[1]


@pytest.mark.parametrize("bytes_", [b"path\tother\nprecious.txt\tx\n", b"\xff\xfe\n", b""])
def test_outputs_leave_a_strange_manifest(tmp_path: Path, bytes_: bytes) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    (tmp_path / "manifest.tsv").write_bytes(bytes_)
    before = files_of(tmp_path)
    with pytest.raises(InputFormatError, match=r"manifest\.tsv:1: not a genoseq manifest"):
        write_tracks(never(), {"a": 9}, CDS, "classes", tmp_path, ["bed"])
    assert files_of(tmp_path) == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("link/x", r"manifest\.tsv:3: path 'link/x' is behind a link, and is not removed: name"),
        ("notes.txt/x", r"manifest\.tsv:3: path 'notes\.txt/x' is behind a link"),
        ("folder", r"manifest\.tsv:3: path 'folder' is a folder"),
        ("../vdir/x", r"manifest\.tsv:3: path '\.\./vdir/x' leaves the folder"),
        ("", r"manifest\.tsv:3: path '' leaves the folder, or is no plain path in it"),
        ("a\0b", r"manifest\.tsv:3: path 'a\\x00b' leaves the folder, or"),
    ],
)
def test_outputs_remove_nothing_outside_the_folder(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "vdir").mkdir()
    (tmp_path / "vdir/x").write_text("mine")
    out = tmp_path / "out"
    write(out, {"a": probabilities(10)}, ["bed"])
    (out / "link").symlink_to(tmp_path / "vdir")
    (out / "folder").mkdir()
    (out / "folder/x").write_text("mine")
    (out / "notes.txt").write_text("mine")
    with (out / "manifest.tsv").open("a") as manifest:
        manifest.write(f"{path}\tsegments\t*\t*\tbed\t0-based half-open\t0\n")
    before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    with pytest.raises(InputFormatError, match=message):
        write_tracks(never(), {"a": 9}, CDS, "classes", out, ["bed"])
    assert {e: e.read_bytes() for e in tmp_path.rglob("*") if e.is_file()} == before


def test_outputs_that_are_links_are_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")  # the folder itself may be one
    for name in ("segments.bed", "manifest.tsv"):
        write(tmp_path / "out", {"a": probabilities(10)}, ["bed"])
        (tmp_path / "disk" / name).rename(tmp_path / name)
        (tmp_path / "disk" / name).symlink_to(tmp_path / name)
    old = [(tmp_path / name).read_bytes() for name in ("segments.bed", "manifest.tsv")]
    write(tmp_path / "out", {"a": probabilities(20)}, ["tsv"])
    assert listing(tmp_path / "disk") == {
        "predictions.tsv.gz", "predictions.tsv.gz.tbi", "manifest.tsv",
    }  # fmt: skip
    assert not any(path.is_symlink() for path in (tmp_path / "disk").iterdir())
    assert [(tmp_path / n).read_bytes() for n in ("segments.bed", "manifest.tsv")] == old


def test_outputs_whose_name_is_a_folder_are_told_before_any_value_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"a": probabilities(10)}, ["bed"])
    (tmp_path / "CDS.plus.bw").mkdir()
    (tmp_path / "CDS.plus.bw/x").write_text("mine")
    before = files_of(tmp_path)
    with pytest.raises(ConfigError, match=r"CDS\.plus\.bw is a folder, and a file is to be"):
        write(tmp_path, {"a": probabilities(10)}, ["bigwig"])
    assert files_of(tmp_path) == before
    assert (tmp_path / "CDS.plus.bw/x").read_text() == "mine"


def test_manifest_that_leaves_its_folder(tmp_path: Path) -> None:
    write_manifest(tmp_path / "manifest.tsv", [OutputFile("../x", "segments", "*", "*", "bed")])
    with pytest.raises(InputFormatError, match=r"manifest\.tsv:2: path '\.\./x' leaves the folder"):
        read_manifest(tmp_path / "manifest.tsv")


def never() -> Iterator[Track]:
    raise AssertionError("no track may be asked for")
    yield


@pytest.mark.parametrize(
    ("kind", "formats", "lengths", "message"),
    [
        ("signal", ["bed"], {"a": 9}, "format bed: segments are of the most probable class"),
        (
            "classes",
            ["gff"],
            {"a": 9},
            "format 'gff': use bigwig, bedgraph, bed, tsv, scores, peaks",
        ),
        ("classes", [], {"a": 9}, "no format asked for"),
        ("classes", ["bed"], {"#a": 9}, "contig '#a': genome browsers skip BED lines"),
        ("classes", ["tsv"], {"track1": 9}, "rename it in the FASTA, or leave out tsv"),
        ("classes", ["bigwig"], {"a": 2**32}, "contig 'a' has 4294967296 bases"),
    ],
)
def test_outputs_formats_are_checked_before_work(tmp_path, kind, formats, lengths, message) -> None:
    with pytest.raises(ConfigError, match=message):
        write_tracks(never(), lengths, CDS, kind, tmp_path / "out", formats)
    assert not (tmp_path / "out").exists()


def test_outputs_many_classes(tmp_path: Path) -> None:
    channels = tuple(Channel(name, strand) for name in "abcdef" for strand in ("+", "-"))
    rng = np.random.default_rng(0)
    values = rng.dirichlet(np.full(13, 0.1), 5_000)[:, :12].astype(np.float32)
    write(tmp_path, {"c": values}, ALL, channels)
    assert len([name for name in listing(tmp_path) if name.endswith(".bw")]) == 12
    lines = (tmp_path / "segments.bed").read_text().splitlines()
    steps = np.rint(values * np.float32(1000))
    winner = np.argmax(np.c_[1000 - steps.sum(1), steps], axis=1)
    assert {line.split("\t")[3] for line in lines} == set("abcdef")
    assert sum(int(x.split("\t")[2]) - int(x.split("\t")[1]) for x in lines) == (winner > 0).sum()


@pytest.mark.parametrize("command", ["train", "tokenize", None])
def test_outputs_leave_the_record_of_something_else(tmp_path: Path, command: str | None) -> None:
    if command is None:
        (tmp_path / PROVENANCE).write_text("mine")
    else:
        write_record(tmp_path, make_record(command, {}, {}))
    before = files_of(tmp_path)
    with pytest.raises(
        ConfigError, match=r"holds something else, by its provenance\.json: name an"
    ):
        write_tracks(never(), {"a": 9}, CDS, "classes", tmp_path, ["bed"])
    assert files_of(tmp_path) == before


def test_outputs_killed_before_the_manifest_are_written_again(quick_path: Path) -> None:
    record, track = make_record("score", {}, {}), Track("a", 0, probabilities(9), CDS)
    for _ in range(2):
        write_tracks([track], {"a": 9}, CDS, "classes", quick_path, ["bed"], record=record)
        (quick_path / "manifest.tsv").unlink()
    assert read_record(quick_path) == record
