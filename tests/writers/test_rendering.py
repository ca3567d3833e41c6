"""Processes that render what is written: the bytes are those of one process."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from track_cases import CDS

from genoseq.errors import RegionError
from genoseq.files.jobs import Jobs, in_jobs
from genoseq.genome.tracks import Track, stitch
from genoseq.writers import bigwig, lattice
from genoseq.writers.bins import Bins
from genoseq.writers.call_rules import CallRules, PeakRule, SegmentRule
from genoseq.writers.outputs import write_tracks

FORMATS = ("bigwig", "bedgraph", "bed", "tsv", "scores", "peaks")
LENGTHS = {"long": 700_000, "empty": 40, "page": 4096, **{f"read{n}": 90 + n for n in range(60)}}


def values(chrom: str) -> np.ndarray:
    """Runs of all lengths, with gaps."""
    length = LENGTHS[chrom]
    rng = np.random.default_rng(length)
    steps = rng.integers(0, 500, (length // 3 + 1, 2)) / np.float32(1000)
    found = np.repeat(steps, rng.integers(1, 12, len(steps)), axis=0)[:length].astype(np.float32)
    found[length // 3 : length // 2] = np.nan
    if chrom == "empty":
        found[:] = np.nan
    return found


def cut(part: Sequence[tuple[str, int, int]]) -> Iterator[tuple[str, int, np.ndarray]]:
    for chrom, start, end in part:
        yield chrom, start, np.asfortranarray(values(chrom)[start:end])


def parts() -> list[list[tuple[str, int, int]]]:
    found = []
    for chrom, length in LENGTHS.items():
        edges = [*range(0, length, 150_001), length]
        found += [[(chrom, *edge)] for edge in pairwise(edges)]
    return found


def write(folder: Path, jobs: Jobs | None, formats: Sequence[str], **asked: Any) -> None:
    found = stitch(in_jobs(cut, parts(), jobs or 1), CDS)
    write_tracks(found, LENGTHS, CDS, "classes", folder, formats, jobs=jobs, **asked)


def written(folder: Path, jobs: Jobs | None, **asked: Any) -> dict[str, bytes]:
    write(folder, jobs, FORMATS, **asked)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


PEAKS = {"CDS": PeakRule(threshold=0.4)}
RULES = CallRules(peaks=PEAKS)
GAPS = CallRules(segments={"CDS": SegmentRule(threshold=0.3, gap=5)}, peaks=PEAKS)


@pytest.mark.parametrize(
    "asked",
    [
        {"rules": RULES},
        {"digits": 2, "rules": GAPS},
        {"rules": RULES, "bins": Bins(50)},
    ],
)
def test_files_have_the_same_bytes_whoever_renders(tmp_path: Path, asked: dict[str, Any]) -> None:
    alone = written(tmp_path / "alone", None, **asked)
    with Jobs(3) as jobs:
        shared = written(tmp_path / "shared", jobs, **asked)
        assert jobs.running == 3
    assert alone == shared
    assert not multiprocessing.active_children()


def test_slabs_are_rendered_by_the_processes_that_make_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.getpid()

    def deflated(*given: object) -> bigwig.Sections:
        assert os.getpid() != own
        return sections(*given)  # type: ignore[arg-type]

    sections = bigwig.deflated
    monkeypatch.setattr(bigwig, "deflated", deflated)
    with Jobs(2) as jobs:
        write(tmp_path / "out", jobs, ["bigwig"])
    with pytest.raises(AssertionError):
        write(tmp_path / "other", None, ["bigwig"])


def test_what_cannot_be_rendered_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deflated(*_: object) -> bigwig.Sections:
        raise RegionError("a section that is none")

    monkeypatch.setattr(bigwig, "deflated", deflated)
    monkeypatch.setattr(lattice, "SHORT", 0)
    with Jobs(2) as jobs, pytest.raises(RegionError, match=r"^a section that is none$"):
        write(tmp_path / "out", jobs, ["bigwig"])
    assert not list(tmp_path.rglob("*"))
    assert not multiprocessing.active_children()


def test_the_highest_values_are_told_whoever_renders(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def flat(part: Sequence[int]) -> Iterator[tuple[str, int, np.ndarray]]:
        for start in part:
            rows = np.zeros((1000, 2), np.float32)
            rows[:, 0], rows[5] = 0.7, np.nan
            yield "c", start, rows

    with Jobs(2) as jobs:
        found: Iterator[Track] = stitch(in_jobs(flat, [[0], [1000], [2000]], jobs), CDS)
        write_tracks(found, {"c": 3000}, CDS, "classes", tmp_path / "out", ["bigwig"], jobs=jobs)
    assert "every value of CDS.minus (in steps of 0.001) rounds to 0" in caplog.text
