"""Figures of classes by genome and contig."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from planted import store_of_contigs

from genoseq.genome.regions import Region
from genoseq.genome.schemes import Scheme, independent_scheme, stranded_scheme, unstranded_scheme
from genoseq.inference.class_figures import ClassFigures, class_figures
from genoseq.inference.evaluate import evaluate
from genoseq.inference.evaluation import write_evaluation
from genoseq.inference.strands import Prediction
from genoseq.metrics.bootstrap_curves import BlockCurves
from genoseq.metrics.counted import counted
from genoseq.metrics.metrics import Metrics
from genoseq.metrics.per_base import build_metrics
from genoseq.models.bundle import Bundle
from genoseq.store.store import Store
from genoseq.store.write import write_store

CLASSES, INDEPENDENT = stranded_scheme(["a", "b"]), independent_scheme(["a", "b"], stranded=True)


def labels_of(scheme: Scheme, bases: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if scheme.kind == "classes":
        return rng.choice(np.array([0, 1, 2, 3, 4, 255], np.uint8), bases)
    return rng.choice(np.array([0, 1, 255], np.uint8), (bases, 4))


def made(folder: Path, scheme: Scheme) -> list[Store]:
    """Two genomes; regions of the contigs of the first lie in one another's way."""
    letters = [(name, [np.zeros(600, np.uint8)]) for name in ("x", "y")]
    places = [("x", 0, 200), ("y", 0, 300), ("x", 250, 600), ("y", 400, 500)]
    regions = [
        (Region(*place), "test", labels_of(scheme, place[2] - place[1], n))
        for n, place in enumerate(places)
    ]
    one = write_store(folder / "one", "one", scheme, letters, regions, {})
    rows = [("x", "test", np.zeros(500, np.uint8), labels_of(scheme, 500, 9))]
    return [one, store_of_contigs(folder / "two", scheme, rows, "two")]


def count(
    figures: ClassFigures, metrics: Metrics, store: Store, stretches: Sequence[tuple[str, int, Any]]
) -> list[int]:
    """Count values (S, L) of stretches as an evaluation does; bases of the pieces they come in."""
    pieces = [
        Prediction(chrom, start, np.zeros(values.shape[1], np.uint8), values)
        for chrom, start, values in stretches
    ]
    sizes = []
    for piece in figures.cut(store, pieces):
        labels = torch.from_numpy(store.labels(piece.chrom, piece.start, piece.end).copy())
        kind = metrics.scheme.kind  # type: ignore[attr-defined]
        labels = labels.to(torch.int64 if kind == "classes" else torch.float32)
        figures.enter(store, piece.chrom, piece.start, piece.values, labels)
        metrics.update(torch.from_numpy(piece.values.T.copy()), labels)
        sizes.append(len(piece.codes))
    return sizes


@pytest.mark.parametrize("scheme", [CLASSES, INDEPENDENT])
def test_figures_of_a_place_are_those_of_its_bases_alone(tmp_path: Path, scheme: Scheme) -> None:
    stores = made(tmp_path, scheme)
    metrics = build_metrics(scheme)
    figures = class_figures(metrics, stores, "test")
    assert figures is not None
    alone = {}
    rng = np.random.default_rng(4)
    for store in stores:
        for index in store.regions.of_split("test"):
            region = store.regions[int(index)].region
            values = torch.from_numpy(rng.dirichlet(np.ones(len(scheme)), len(region))).float()
            labels = torch.from_numpy(store.labels(region.chrom, region.start, region.end).copy())
            labels = labels.to(torch.int64 if scheme.kind == "classes" else torch.float32)
            count(figures, metrics, store, [(region.chrom, region.start, values.numpy().T)])
            for place in ((store.name, region.chrom), (store.name, "*"), ("*", "*")):
                alone.setdefault(place, build_metrics(scheme)).update(values, labels)
    told, tables = figures.finish()
    head, rows = tables["classes.tsv"]
    found: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in rows:
        named = dict(zip(head, row, strict=True))
        found.setdefault((named["genome"], named["contig"]), []).append(named)
    assert list(found) == [("*", "*"), ("one", "*"), ("two", "*"), ("one", "x"), ("one", "y"),
                           ("two", "x")]  # fmt: skip
    for place, each in alone.items():
        own = each.compute()
        own = own.get("channels", own)
        own_rows = [row for row in own["classes"] if row["name"] != "none"]
        assert [row["class"] for row in found[place]] == ["a.plus", "a.minus", "b.plus", "b.minus"]
        for row, expected in zip(found[place], own_rows, strict=True):
            shared = row.keys() & expected.keys()
            assert {"support", "auprc", "prevalence", "lift", "best_f1"} <= shared
            assert {name: row[name] for name in shared} == {n: expected[n] for n in shared}
        if place[1] == "*" != place[0]:
            assert told["genomes"][place[0]]["macro_auprc"] == own["macro_auprc"]
    assert [row["genome"] for row in told["by_genome"]] == ["one"] * 4 + ["two"] * 4


def test_only_the_longest_contigs_have_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(of: str) -> list[dict[str, object]]:
        stores = made(tmp_path / of, CLASSES)
        metrics = build_metrics(CLASSES)
        figures = class_figures(metrics, stores, "test")
        assert figures is not None
        for store in stores:
            for index in store.regions.of_split("test"):
                region = store.regions[int(index)].region
                values = np.full((5, len(region)), 0.2, np.float32)
                count(figures, metrics, store, [(region.chrom, region.start, values)])
        head, lines = figures.finish()[1]["classes.tsv"]
        return [dict(zip(head, line, strict=True)) for line in lines]

    every = rows("every")
    monkeypatch.setattr("genoseq.inference.class_figures.MOST_CONTIGS", 1)
    longest = rows("longest")  # x of one has 550 bases, y 400, x of two 500
    left_out = [("one", "y"), ("two", "x")]
    assert longest == [r for r in every if (r["genome"], r["contig"]) not in left_out]
    assert len(longest) == len(every) - 8


def test_evaluate_writes_rows_of_contigs(bundle: Bundle, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [
        (name, "test", rng.integers(0, 4, 700, np.uint8), rng.integers(0, 7, 700).astype(np.uint8))
        for name in ("x", "y")
    ]
    store = store_of_contigs(tmp_path / "s", bundle.task.scheme, rows)  # type: ignore[attr-defined]
    found = evaluate(bundle, [store], device="cpu")
    write_evaluation(tmp_path / "out", found)
    with (tmp_path / "out/classes.tsv").open() as file:
        told = list(csv.DictReader(file, delimiter="\t"))
    assert [(row["contig"], row["class"]) for row in told] == [
        (contig, f"CDS.{way}") for contig in ("*", "*", "x", "y") for way in ("plus", "minus")
    ]
    for way in (0, 1):
        assert sum(int(row["support"]) for row in told[4 + way :: 2]) == int(told[way]["support"])


@pytest.mark.parametrize("independent", [False, True])
def test_sites_are_found_within_some_bp(tmp_path: Path, independent: bool) -> None:
    scheme = independent_scheme(["a"], stranded=False) if independent else unstranded_scheme(["a"])
    true, called = {"x": [50, 100], "y": [10]}, {"x": [51, 105], "y": [10, 200]}
    rows, stretches = [], []
    for name, sites in true.items():
        labels, values = np.zeros(300, np.uint8), np.full(300, 0.001, np.float32)
        labels[sites], values[called[name]] = 1, 0.3
        own = labels[:, None] if independent else labels
        rows.append((name, "test", np.zeros(300, np.uint8), own))
        stretches.append((name, values[None] if independent else np.stack([1 - values, values])))
    store = store_of_contigs(tmp_path / "s", scheme, rows, "g")
    metrics = build_metrics(scheme)
    figures = class_figures(metrics, [store], "test")
    assert figures is not None
    count(figures, metrics, store, [(name, 0, values) for name, values in stretches])
    told, tables = figures.finish()
    assert [row["top_k"] for row in told["by_genome"]] == [pytest.approx(1 / 4)]
    head, lines = tables["sites.tsv"]
    named = [dict(zip(head, line, strict=True)) for line in lines]
    keys = ("genome", "contig", "sites", "called")
    assert [tuple(row[key] for key in keys) for row in named[::5]] == [
        ("*", "*", 3, 4), ("g", "*", 3, 4), ("g", "x", 2, 2), ("g", "y", 1, 2),
    ]  # fmt: skip
    assert [row["tolerance"] for row in named[:5]] == [0, 1, 3, 5, 10]
    assert [row["recall"] for row in named[:5]] == [1 / 3, 2 / 3, 2 / 3, 1, 1]
    assert [row["precision"] for row in named[:5]] == [1 / 4, 2 / 4, 2 / 4, 3 / 4, 3 / 4]
    assert all(0.29 < row["threshold"] <= 0.3 for row in named)
    assert told["sites"] == named[:10]


def test_sites_have_intervals_by_blocks_of_each_genome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the blocks of one genome find their site, all of the other's."""
    monkeypatch.setattr("genoseq.inference.class_figures.block_size", lambda _: 100)
    scheme, blocks = unstranded_scheme(["a"]), 40
    stores, values = [], []
    for number, name in enumerate(("one", "two")):
        labels, told = np.zeros(100 * blocks, np.uint8), np.full(100 * blocks, 0.001, np.float32)
        labels[50::100] = 1
        told[50 :: 100 * (2 - number)] = 0.3
        row = ("x", "test", np.zeros(len(labels), np.uint8), labels)
        stores.append(store_of_contigs(tmp_path / name, scheme, [row], name))
        values.append(np.stack([1 - told, told]))
    metrics = build_metrics(scheme)
    figures = class_figures(metrics, stores, "test")
    assert figures is not None
    for store, own in zip(stores, values, strict=True):
        starts = range(0, 100 * blocks, 50)  # a piece ends where a block does, or before
        count(figures, metrics, store, [("x", at, own[:, at : at + 50]) for at in starts])
    told_rows, tables = figures.finish()
    found = {
        row["genome"]: (row["recall"], row["recall_low"], row["recall_high"])
        for row in told_rows["sites"]
        if row["tolerance"] == 0
    }
    recall, low, high = found["*"]
    assert recall == 0.75
    assert low == pytest.approx(0.75 - 1.96 * (3 / 16 / 80) ** 0.5, abs=0.02)
    assert high == pytest.approx(0.75 + 1.96 * (3 / 16 / 80) ** 0.5, abs=0.02)
    assert found["two"] == (1, 1, 1)
    assert found["one"][0] == 0.5
    assert found["one"][1] == pytest.approx(0.5 - 1.96 * (1 / 4 / 40) ** 0.5, abs=0.03)
    head, lines = tables["sites.tsv"]
    contigs = [dict(zip(head, line, strict=True)) for line in lines if line[1] == "x"]
    assert contigs
    assert {row["recall_low"] for row in contigs} == {None}, "contigs have none"


def test_intervals_of_a_class_are_by_its_own_counts(tmp_path: Path) -> None:
    """Not those of its neighbour, or of the background, moved to where the class is."""
    scheme, blocks, size = stranded_scheme(["a"]), 30, 10_000
    rng = np.random.default_rng(0)
    values = rng.dirichlet([50, 1, 1], (blocks, size)).astype(np.float32)
    labels = rng.choice(np.arange(3, dtype=np.uint8), (blocks, size), p=[0.98, 0.015, 0.005])
    row = ("x", "test", np.zeros(blocks * size, np.uint8), labels.ravel())
    store = store_of_contigs(tmp_path / "s", scheme, [row], "g")
    metrics, curves = build_metrics(scheme), BlockCurves()
    figures = class_figures(metrics, [store], "test")
    assert figures is not None
    for number, (own, truth) in enumerate(zip(values, labels, strict=True)):
        before = counted(metrics)
        count(figures, metrics, store, [("x", number * size, own.T)])
        after = counted(metrics)
        assert before is not None
        assert after is not None
        block = after.plus(before, -1)
        assert block.right.sum(1).tolist() == np.bincount(truth, minlength=3).tolist()
        curves.add(block.called[1:], block.right[1:])
    expected = curves.intervals(after.rows()[1:], [(0, 1)])
    told, tables = figures.finish()
    found = told["intervals"]
    assert (found["macro_auprc"], found["blocks"]) == (expected.macro_auprc, blocks)
    assert found["strands"] == [{"name": "a", "auprc": expected.pairs[0]}]
    for row, own in zip(found["classes"], expected.classes, strict=True):
        assert {name: row[name] for name in own} == own
    widths = [row["auprc"][1] - row["auprc"][0] for row in found["classes"]]
    assert widths[0] != pytest.approx(widths[1], rel=0.1)
    ends = found["classes"][0]["lift"]
    assert 0.05 < ends[1] - ends[0] < 0.5
    head, rows = tables["classes.tsv"]
    low, high = head.index("auprc_low"), head.index("auprc_high")
    each = [row["auprc"] for row in expected.classes]
    assert [[row[low], row[high]] for row in rows] == each * 3, "of the whole, genome and contig"


def test_intervals_of_places_are_of_their_own_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One contig has sites in every block, found in half of them; the other a single one."""
    monkeypatch.setattr("genoseq.inference.class_figures.block_size", lambda _: 100)
    scheme, rows, stretches = unstranded_scheme(["a"]), [], []
    for name, step in (("many", 100), ("single", 10_000)):
        labels, told = np.zeros(4_050, np.uint8), np.full(4_050, 0.001, np.float32)
        labels[50::step] = 1
        told[50 :: 2 * step] = 0.3
        rows.append((name, "test", np.zeros(4_050, np.uint8), labels))
        stretches.append((name, 0, np.stack([1 - told, told])))
    store = store_of_contigs(tmp_path / "s", scheme, rows, "g")
    metrics = build_metrics(scheme)
    figures = class_figures(metrics, [store], "test")
    assert figures is not None
    assert count(figures, metrics, store, stretches) == [*[100] * 40, 50] * 2
    told, tables = figures.finish()
    head, lines = tables["classes.tsv"]
    found = {row["contig"]: row for row in (dict(zip(head, each, strict=True)) for each in lines)}
    low, high = found["many"]["auprc_low"], found["many"]["auprc_high"]
    assert low < found["many"]["auprc"] < high
    assert 0.1 < high - low < 0.4
    assert (found["single"]["auprc_low"], found["single"]["auprc_high"]) == (None, None)
    assert found["single"]["auprc"] == 1
    genome = told["by_genome"][0]
    assert [genome["auprc_low"], genome["auprc_high"]] == told["intervals"]["classes"][0]["auprc"]


def test_blocks_that_end_with_a_region_make_no_empty_piece(tmp_path: Path) -> None:
    scheme = unstranded_scheme(["a"])
    row = ("c", "test", np.zeros(30_001, np.uint8), np.zeros(30_001, np.uint8))
    store = store_of_contigs(tmp_path / "s", scheme, [row], "g")
    metrics = build_metrics(scheme)
    figures = class_figures(metrics, [store], "test")
    assert figures is not None
    places = ((0, 20_000), (20_000, 10_000), (30_000, 1))
    stretches = [("c", start, np.full((2, bases), 0.5, np.float32)) for start, bases in places]
    assert count(figures, metrics, store, stretches) == [10_000, 10_000, 10_000, 1]
