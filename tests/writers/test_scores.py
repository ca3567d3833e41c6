"""The scores folder: what goes in comes out, and tracks of it are the same bytes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sealing import edit
from track_cases import CDS, golden, probabilities, write

from genoseq.errors import InputFormatError, RegionError
from genoseq.genome.tracks import Channel
from genoseq.writers.manifest import md5_of
from genoseq.writers.outputs import write_tracks
from genoseq.writers.scores import ScoredInterval, read_scores


def test_scores_read_back(tmp_path: Path) -> None:
    genome = golden()
    scores = read_scores(write(tmp_path, genome, ["scores"]))
    assert scores.lengths == {chrom: len(values) for chrom, values in genome.items()}
    assert list(scores.lengths) == list(genome)
    assert (scores.channels, scores.kind) == (CDS, "classes")
    for chrom, values in genome.items():
        np.testing.assert_array_equal(scores.values(chrom, 0, len(values)), values)
    np.testing.assert_array_equal(scores.values("A", 10, 20), genome["A"][10:20])
    assert np.load(tmp_path / "scores.npy", mmap_mode="r").dtype == np.uint16


@pytest.mark.parametrize("sizes", [(30_000,), (5, 100_000)])
def test_scores_tracks_are_the_same_bytes_as_direct(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    formats = ("bigwig", "bedgraph", "bed", "tsv", "scores")
    write(tmp_path / "direct", golden(), formats, sizes=sizes)
    write(tmp_path / "scores", golden(), ["scores"])
    scores = read_scores(tmp_path / "scores")
    files = write_tracks(
        scores.tracks(), scores.lengths, scores.channels, scores.kind, tmp_path / "late", formats
    )
    assert len(files) == 11
    for file in files:
        assert md5_of(tmp_path / "direct" / file.path) == file.md5, file.path


def test_scores_of_a_signal(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(0, 1e4, (5_000, 2)).astype(np.float32)
    values[100:200] = np.nan
    values[300, 0] = np.nan
    channels = (Channel("rna", "+"), Channel("rna", "-"))
    scores = read_scores(write(tmp_path, {"a": values}, ["scores"], channels, "signal"))
    np.testing.assert_array_equal(scores.values("a", 0, 5_000), values)


def test_scores_of_two_contigs_are_apart_where_their_places_meet(tmp_path: Path) -> None:
    first, second = np.full((9, 2), 0.5, np.float32), np.full((20, 2), 0.25, np.float32)
    second[:9] = np.nan
    scores = read_scores(write(tmp_path, {"a": first, "b": second}, ["scores"]))
    np.testing.assert_array_equal(scores.values("a", 0, 9), first)
    np.testing.assert_array_equal(scores.values("b", 0, 20), second)


def test_scores_intervals_skip_far_gaps(tmp_path: Path) -> None:
    values = np.full((900_000, 2), np.nan, np.float32)
    values[50:60] = values[700_000:700_010] = 0.5
    scores = read_scores(write(tmp_path, {"a": values}, ["scores"]))
    assert scores.intervals == (
        ScoredInterval("a", 50, 60, 0),
        ScoredInterval("a", 700_000, 700_010, 10),
    )
    assert (tmp_path / "scores.npy").stat().st_size == 128 + 20 * 2 * 2


def test_scores_values_outside(tmp_path: Path) -> None:
    scores = read_scores(write(tmp_path, {"a": probabilities(10)}, ["scores"]))
    with pytest.raises(RegionError, match=r"a:6-11 is not in the scores"):
        scores.values("a", 5, 11)


def test_scores_damaged(tmp_path: Path) -> None:
    out = write(tmp_path / "out", {"a": probabilities(1_000)}, ["scores"])
    with (out / "scores.npy").open("r+b") as file:
        file.seek(300)
        file.write(b"\x01\x02")
    with pytest.raises(InputFormatError, match=r"do not have the checksum of scores\.json"):
        list(read_scores(out).tracks())
    with (out / "scores.npy").open("r+b") as file:
        file.truncate(2_000)
    with pytest.raises(
        InputFormatError, match=r"not the 1,000 rows of 2 columns that scores\.json"
    ):
        read_scores(out)
    for data in (b"", b"PK\x03\x04"):
        (out / "scores.npy").write_bytes(data)
        with pytest.raises(InputFormatError, match="the file is damaged or of other scores"):
            read_scores(out)
    (out / "scores.npy").unlink()
    with pytest.raises(InputFormatError, match=r"the values cannot be read \(No such file"):
        read_scores(out)


def test_scores_not_a_folder_of_scores(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"no scores\.json here: give a folder written by"):
        read_scores(tmp_path)
    (tmp_path / "scores.json").write_text("[1]")
    with pytest.raises(InputFormatError, match="not an index of scores"):
        read_scores(tmp_path)
    (tmp_path / "scores.json").write_text(json.dumps({"format": "other", "version": 1}))
    with pytest.raises(InputFormatError, match="not an index of scores"):
        read_scores(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 3},
        {"kind": "other"},
        {"kind": []},
        {"lengths": [["a", "1000"]]},
        {"lengths": [["a", 1000], ["a", 1000]]},
        {"lengths": [["a", True]]},
        {"channels": [["CDS", "+"], ["CDS", "-"]]},
        {"channels": [["CDS", "+", None], ["CDS", "?", None]]},
        {"channels": [["CDS", [], None], ["CDS", "-", None]]},
        {"channels": [["CDS", "+", 3], ["CDS", "-", None]]},
        {"channels": [["CDS", "+", True], ["CDS", "-", None]]},
        {"channels": [["CDS", "+", None], ["", ".", None, "luck"]]},
        {"pieces": [[1, 0, 1000]]},
        {"pieces": [[-1, 0, 1000]]},
        {"pieces": [[0, 0, 1001]]},
        {"pieces": [[0, 1000, 0]]},
        {"pieces": [[0, 0.0, 1000.0]]},
        {"regions": [[1, 0, 1000]]},
        {"regions": [["a", 0, 1000]]},
        {"regions": 3},
        {"pieces": [[0, 0, 600], [0, 500, 1000]]},
        {"channels": [["CDS", "+", None]] * 70_000},
    ],
)
def test_scores_index_that_is_damaged(tmp_path: Path, changes: dict[str, Any]) -> None:
    out = write(tmp_path, {"a": probabilities(1_000)}, ["scores"])
    index = json.loads((out / "scores.json").read_text())
    edit(out / "scores.json", **changes)
    with pytest.raises(InputFormatError, match=r"scores\.json: not an index of scores \(.*\)$"):
        read_scores(out)
    for name in index:
        (out / "scores.json").write_text(json.dumps({k: v for k, v in index.items() if k != name}))
        with pytest.raises(InputFormatError, match=r"scores\.json: not an index of scores"):
            read_scores(out)


@pytest.mark.parametrize("text", [b"", b"[" * 10**6, b'{"pieces": [[0, 0, 9', b"\xff\x00"])
def test_scores_index_that_is_no_json(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "scores.json").write_bytes(text)
    with pytest.raises(InputFormatError, match=r"scores\.json: not an index of scores"):
        read_scores(tmp_path)


def test_scores_index_that_does_not_fit(tmp_path: Path) -> None:
    out = write(tmp_path, {"a": probabilities(1_000)}, ["scores"])
    edit(out / "scores.json", pieces=[[0, 0, 900]])
    with pytest.raises(InputFormatError, match=r"not the 900 rows of 2 columns that scores\.json"):
        read_scores(out)


def test_scores_checksum_is_of_the_rows(tmp_path: Path) -> None:
    out = write(tmp_path, {"a": probabilities(1_000)}, ["scores"])
    rows = (out / "scores.npy").read_bytes()[128:]
    assert read_scores(out).sha256 == hashlib.sha256(rows).hexdigest()


def test_a_changed_entry_of_the_index_is_found(tmp_path: Path) -> None:
    out = write(tmp_path, {"a": probabilities(1_000)}, ["scores"])
    text = (out / "scores.json").read_text()
    (out / "scores.json").write_text(text.replace('"CDS"', '"CDZ"'))
    with pytest.raises(InputFormatError, match="its checksum is not that of its entries"):
        read_scores(out)


def test_scores_of_the_release_before_are_read(tmp_path: Path) -> None:
    out = write(tmp_path, {"a": probabilities(1_000)}, ["scores"])
    index = json.loads((out / "scores.json").read_text())
    del index["seal"]
    (out / "scores.json").write_text(json.dumps(index | {"version": 4}))
    assert read_scores(out).whole


def test_values_are_verified_before_the_first_are_given(tmp_path: Path) -> None:
    out = write(tmp_path, {"a": probabilities(1_000)}, ["scores"])
    data = bytearray((out / "scores.npy").read_bytes())
    data[-1] ^= 1
    (out / "scores.npy").write_bytes(data)
    with pytest.raises(
        InputFormatError, match=r"the values do not have the checksum of scores\.js"
    ):
        read_scores(out).values("a", 0, 10)


def test_probabilities_above_one_are_refused_whatever_the_checksum(tmp_path: Path) -> None:
    out = write(tmp_path, {"a": probabilities(1_000)}, ["scores"])
    data = (out / "scores.npy").read_bytes()[:-2] + (1001).to_bytes(2, "little")
    (out / "scores.npy").write_bytes(data)
    edit(out / "scores.json", sha256=hashlib.sha256(data[128:]).hexdigest())
    with pytest.raises(InputFormatError, match="a probability is above 1: the file is damaged"):
        list(read_scores(out).tracks())
