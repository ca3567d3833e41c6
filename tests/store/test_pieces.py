"""Labels of regions by several processes: the store of one, or nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genoseq.errors import BackendError, InputFormatError
from genoseq.genome.sequences import decode
from genoseq.labels.classes import ClassLabels
from genoseq.store.build import tokenize

CONTIGS = {"a": 950, "empty": 0, "one": 1, "b": 400, **{f"read{n}": 30 for n in range(20)}}
GFF = """##gff-version 3
a\t.\tCDS\t91\t300\t.\t+\t0\tID=p
a\t.\tCDS\t281\t590\t.\t-\t0\tID=q
b\t.\tCDS\t11\t370\t.\t+\t0\tID=r
read7\t.\tCDS\t4\t30\t.\t-\t0\tID=s
"""


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that short contigs have several."""
    monkeypatch.setattr("genoseq.store.pieces._PIECE_BASES", 100)


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """A genome and regions of it: with N, overlapping, empty, on either side of cuts."""
    rng = np.random.default_rng(0)
    codes = {name: rng.integers(0, 5, size, np.uint8) for name, size in CONTIGS.items()}
    text = "".join(f">{name}\n{decode(each).decode()}\n" for name, each in codes.items())
    (tmp_path / "genome.fa").write_text(text)
    (tmp_path / "genes.gff3").write_text(GFF)
    regions = [("b", 0, 400, "test"), ("a", 5, 905, "train"), ("a", 300, 500, "train")]
    regions += [("a", 7, 7, "train")] + [(f"read{n}", 0, 30, "train") for n in range(20)]
    rows = "".join("\t".join(map(str, region)) + "\n" for region in regions)
    (tmp_path / "r.bed").write_text(rows)
    return {"genome": tmp_path / "genome.fa", "regions": tmp_path / "r.bed"}


def labels_of(folder: Path, kind: str) -> dict[str, Any]:
    """Words of tokenize for a kind of labels."""
    if kind == "signals":
        rng = np.random.default_rng(1)
        for name in "xyz":
            rows = [f"a\t{at}\t{at + 7}\t{rng.random():.4f}\n" for at in range(0, 940, 7)]
            (folder / f"{name}.bedgraph").write_text("".join(rows))
        signals = [f"s={folder / name}.bedgraph" for name in "xy"]
        settings = {"scheme": "signal", "signals": {"control": "learn"}}
        controls = [f"{folder / 'z'}.bedgraph"]
        return {"signals": signals, "controls": controls, "labels": settings}
    words: dict[str, Any] = {"annotation": folder / "genes.gff3"}
    if kind == "several classes":
        words["labels"] = {"scheme": "stranded", "classes": ["CDS"], "exclusive": False}
    return words if kind != "none" else {}


@pytest.mark.parametrize("kind", ["classes", "several classes", "signals", "none"])
def test_stores_of_several_jobs_are_those_of_one(
    tmp_path: Path, given: dict[str, Any], kind: str
) -> None:
    words, told = given | labels_of(tmp_path, kind), []
    for jobs in (1, 2, 3):
        done: list[tuple[int, int]] = []
        store = tokenize(
            **words, out=tmp_path / "s", jobs=jobs, report=lambda *at, done=done: done.append(at)
        )
        told.append(({p.name: p.read_bytes() for p in store.path.iterdir()}, done))
    assert told[0] == told[1] == told[2]
    assert {"index.json", "codes.bin"} < set(told[0][0])
    assert done[-1] == (sum(CONTIGS.values()) + 2_100,) * 2
    assert not multiprocessing.active_children()


def test_signals_of_pieces_are_counted_once(tmp_path: Path, given: dict[str, Any]) -> None:
    store = tokenize(**given | labels_of(tmp_path, "signals"), out=tmp_path / "s", jobs=2)
    index = json.loads((store.path / "index.json").read_text())
    (found,) = index["signals"]["found"]
    values = np.fromfile(store.path / "labels.bin", "<f4")
    assert len(values) == 2_100
    assert found["known"] == (~np.isnan(values)).sum() > 500
    assert found["mean"] == pytest.approx(np.nanmean(values.astype(float)), rel=1e-12)
    assert (found["least"], found["most"]) == (np.nanmin(values), np.nanmax(values))


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_a_piece_leaves_no_store(
    tmp_path: Path, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    def failing(labels: ClassLabels, chrom: str, start: int, end: int) -> np.ndarray:
        if (chrom, start) == ("a", 405):
            raise InputFormatError("a block is damaged", "signal.bw")
        return of(labels, chrom, start, end)

    of = ClassLabels.of
    monkeypatch.setattr(ClassLabels, "of", failing)
    with pytest.raises(InputFormatError, match=r"^signal.bw: a block is damaged$"):
        tokenize(**given | labels_of(tmp_path, "classes"), out=tmp_path / "s", jobs=jobs)
    assert not (tmp_path / "s").exists()
    assert not multiprocessing.active_children()


def test_a_process_that_was_killed_leaves_no_store(
    tmp_path: Path, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(labels: ClassLabels, chrom: str, start: int, end: int) -> np.ndarray:
        if (chrom, start) == ("a", 405):
            os.kill(os.getpid(), signal.SIGKILL)
        return of(labels, chrom, start, end)

    of = ClassLabels.of
    monkeypatch.setattr(ClassLabels, "of", killed)
    with pytest.raises(BackendError, match=r"a process of --jobs died .* ask for fewer jobs"):
        tokenize(**given | labels_of(tmp_path, "classes"), out=tmp_path / "s", jobs=2)
    assert not (tmp_path / "s").exists()


def test_regions_without_a_base_of_a_class_are_refused_by_several_jobs(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    (tmp_path / "none.bed").write_text("a\t600\t900\ttrain\n")
    words = given | labels_of(tmp_path, "classes") | {"regions": tmp_path / "none.bed"}
    with pytest.raises(InputFormatError, match="no base of the regions is labelled CDS: what it"):
        tokenize(**words, out=tmp_path / "s", jobs=2)
