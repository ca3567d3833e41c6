"""Shards of scores joined are the scores of the whole; what does not fit is named."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from track_cases import CDS, Values, golden, pieces

from genoseq.errors import GenoseqError, InputFormatError, RegionError
from genoseq.genome.regions import Region
from genoseq.genome.shards import partition
from genoseq.genome.tracks import Channel, Track
from genoseq.writers.merge import read_shards
from genoseq.writers.origin import Origin
from genoseq.writers.outputs import write_tracks
from genoseq.writers.scores import read_scores

FORMATS = ("bigwig", "bedgraph", "bed", "tsv", "scores")
MADE_BY: dict[str, Any] = {
    "model": "m",
    "genome": "g",
    "settings": {"by_phase": False, "window": None},
    "device": "cpu",
    "precision": "bf16",
}
FOUR = {"a": 10, "b": 20, "empty": 0, "c": 30}


def write_shard(
    out: Path,
    genome: Mapping[str, Values],
    regions: Sequence[Region] | None,
    /,
    *,
    channels: tuple[Channel, ...] = CDS,
    kind: Any = "classes",
    **made_by: Any,
) -> Path:
    lengths = {name: len(values) for name, values in genome.items()}
    asked = [Region(name, 0, n) for name, n in lengths.items()] if regions is None else regions
    tracks = (Track(r.chrom, r.start, genome[r.chrom][r.start : r.end], channels) for r in asked)
    origin = Origin(None if regions is None else tuple(regions), **made_by)
    write_tracks(tracks, lengths, channels, kind, out, ["scores"], origin)
    return out


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def merged(paths: Sequence[Path], out: Path) -> dict[str, bytes]:
    shards = read_shards(paths)
    shards.write(shards.tracks(), out)
    return files(out)


def flat(lengths: Mapping[str, int] = FOUR) -> dict[str, Values]:
    return {name: np.full((n, 2), 0.25, np.float32) for name, n in lengths.items()}


def at(text: str) -> list[Region]:
    """Regions of ``a0-5 b3-9``."""
    words = [(word[0], *map(int, word[1:].split("-"))) for word in text.split()]
    return [Region(chrom, start, end) for chrom, start, end in words]


def four(folder: Path, *asked: str, **options: Any) -> list[Path]:
    """Shards of a genome of contigs a, b, c."""
    return [
        write_shard(folder / str(number), flat(), at(text), **options)
        for number, text in enumerate(asked, 1)
    ]


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_merge_is_the_whole_byte_for_byte(tmp_path: Path, count: int) -> None:
    genome = golden()
    whole = files(write_shard(tmp_path / "whole", genome, None))
    lengths = {name: len(values) for name, values in genome.items()}
    shards = [
        write_shard(tmp_path / f"shards/{number}", genome, regions)
        for number, regions in enumerate(partition(lengths, count))
    ]
    assert merged(shards, tmp_path / "merged") == whole


def test_merge_keeps_what_the_scores_were_made_by(tmp_path: Path) -> None:
    shards = four(tmp_path, "a0-10", "b0-20 c0-30", **MADE_BY)
    whole = files(write_shard(tmp_path / "whole", flat(), None, **MADE_BY))
    assert merged(shards, tmp_path / "merged") == whole
    assert read_scores(tmp_path / "merged").origin == Origin(**MADE_BY)


@settings(max_examples=25)
@given(st.lists(st.integers(0, 600_000), max_size=6), st.sampled_from(["classes", "signal"]))
def test_merge_does_not_depend_on_the_cuts(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], kind: str
) -> None:
    folder = tmp_path_factory.mktemp("cuts")
    long = golden()["zeta|long.1"]
    ends = [0, *sorted(cuts), len(long)]
    regions = [
        [Region("x", low, high)] if low < high else [] for low, high in itertools.pairwise(ends)
    ]
    shards = [
        write_shard(folder / str(number), {"x": long}, asked, kind=kind)
        for number, asked in enumerate(regions)
    ]
    whole = files(write_shard(folder / "whole", {"x": long}, None, kind=kind))
    assert merged(shards, folder / "merged") == whole


def test_tracks_of_merged_shards_are_those_of_the_whole(tmp_path: Path) -> None:
    genome = golden()
    lengths = {name: len(values) for name, values in genome.items()}
    write_tracks(pieces(genome, CDS), lengths, CDS, "classes", tmp_path / "direct", FORMATS)
    shards = read_shards(
        [
            write_shard(tmp_path / f"shards/{number}", genome, regions)
            for number, regions in enumerate(partition(lengths, 5))
        ]
    )
    shards.write(shards.tracks(), tmp_path / "merged")
    scores = read_scores(tmp_path / "merged")
    write_tracks(scores.tracks(), lengths, CDS, "classes", tmp_path / "late", FORMATS)
    assert files(tmp_path / "late") == files(tmp_path / "direct")


def test_merge_of_nothing_but_gaps_is_the_error_of_the_whole(tmp_path: Path) -> None:
    genome = {"n": np.full((9, 2), np.nan, np.float32)}
    shards = read_shards([write_shard(tmp_path / "1", genome, [Region("n", 0, 9)])])
    with pytest.raises(RegionError, match="no base has a value, so there is nothing to write") as e:
        shards.write(shards.tracks(), tmp_path / "out")
    assert str(e.value).startswith(f"{tmp_path}/out: ")
    assert "remove its row from the sample sheet" in str(e.value)
    named = replace(shards, record={"inputs": {"genome": {"n.fa": "12"}}})
    with pytest.raises(RegionError, match=r"no base of n\.fa has a value"):
        named.write(named.tracks(), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(RegionError, match="no base has a value"):
        write_shard(tmp_path / "whole", genome, None)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["a0-10", "b5-20 c0-30"], r"^b:1 is in no shard: \S+/1 ends before it and \S+/2 begins"),
        (["a0-10 b0-20"], r"^c:1 is in no shard: \S+/1 ends before it; score the shard"),
        (["a0-10 b0-20", "c0-29"], r"^c:30 is in no shard: \S+/2 ends before it"),
        (["a1-10 b0-20 c0-30"], r"^a:1 is in no shard: \S+/1 begins behind it"),
        ([""], "^a:1 is in no shard: every shard is empty"),
        (["a0-10 b0-20", "b19-20 c0-30"], r"^b:20 was scored twice: in \S+/1 and in \S+/2;"),
        (["a0-10 b0-20", "a0-10 b0-20"], r"^a:1 was scored twice: in \S+/1 and in \S+/2;"),
        (["a0-10", "c0-30", "b0-20"], r"out of order: \S+/3 holds b:1 and .* before \S+/2, .* c:1"),
        (["b5-20 c0-30", "a0-10 b0-5"], r"out of order: \S+/2 holds a:1 and must come before"),
    ],
)
def test_read_shards_wants_every_base_once_in_order(
    tmp_path: Path, asked: list[str], message: str
) -> None:
    with pytest.raises(RegionError, match=message):
        read_shards(four(tmp_path, *asked))


def test_read_shards_refuses_shards_of_different_runs(tmp_path: Path) -> None:
    first = write_shard(tmp_path / "1", flat(), at("a0-10"), **MADE_BY)
    rest = at("b0-20 c0-30")
    other = (Channel("CDS", "+"), Channel("rRNA", "+"))
    for changed, message in (
        ({"channels": other}, r"channels, CDS\.plus, rRNA\.plus and not CDS\.plus, CDS\.minus; sc"),
        (
            {"kind": "signal"},
            "values, signal and not classes; score this shard again as the others were",
        ),
        ({"model": "n"}, "model, n and not m; score this shard again"),
        ({"genome": "h"}, "genome, h and not g; score this shard again"),
        ({"settings": {"window": 9}}, "settings, .*; score this shard again"),
        ({"device": "cuda"}, "device, cuda and not cpu; choose one .* genoseq score --device"),
        ({"precision": "fp32"}, "precision, fp32 and not bf16; choose one .* score --precision or"),
    ):
        second = write_shard(tmp_path / "2", flat(), rest, **(MADE_BY | changed))
        with pytest.raises(
            InputFormatError, match=rf"^{second}: not like {first}: other {message}"
        ):
            read_shards([first, second])
    for lengths, name in (({**FOUR, "c": 31}, "c"), ({**FOUR, "d": 1}, "d"), ({"a": 10}, "b")):
        second = write_shard(tmp_path / "2", flat(lengths), [])
        with pytest.raises(InputFormatError, match=f"another genome, contig '{name}' differs"):
            read_shards([first, second])


def test_read_shards_names_a_shard_that_is_missing_or_damaged(tmp_path: Path) -> None:
    shards = four(tmp_path, "a0-10", "b0-20 c0-30")
    with pytest.raises(InputFormatError, match=r"3: no scores\.json here"):
        read_shards([*shards, tmp_path / "3"])
    with (shards[1] / "scores.npy").open("r+b") as file:
        file.seek(150)
        file.write(b"\x01\x02")
    with pytest.raises(InputFormatError, match=r"2/scores\.npy: the values do not have"):
        merged(shards, tmp_path / "out")
    assert not (tmp_path / "out").exists()


SLOW = """\
import sys, time
from pathlib import Path
from genoseq.writers.merge import read_shards
shards = read_shards([Path(word) for word in sys.argv[2:]])
def slow():
    for number, track in enumerate(shards.tracks()):
        print(number, flush=True)
        time.sleep(0.05)
        yield track
shards.write(slow(), Path(sys.argv[1]))
"""


def test_merge_killed_leaves_nothing_half(tmp_path: Path) -> None:
    genome = {f"c{number}": golden()["all_zero"] for number in range(40)}
    lengths = {name: len(values) for name, values in genome.items()}
    shards = [
        write_shard(tmp_path / f"s{number}", genome, regions)
        for number, regions in enumerate(partition(lengths, 3))
    ]
    out = tmp_path / "out"
    command = [sys.executable, "-c", SLOW, str(out), *map(str, shards)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while running.stdout.readline() != "20\n":
            pass
        os.kill(running.pid, signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert all(path.name.startswith(".partial-") for path in out.iterdir())
    with pytest.raises(GenoseqError, match=r"no scores\.json here"):
        read_scores(out)
    assert merged(shards, out) == files(write_shard(tmp_path / "whole", genome, None))
