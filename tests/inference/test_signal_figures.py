"""Tests of genoseq.inference.signal_figures, by evaluations of models of signals."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import signal_scheme
from genoseq.inference.evaluate import evaluate
from genoseq.inference.evaluation import write_evaluation
from genoseq.inference.signal_tables import said_by_bin
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.store.files import REPLICATES
from genoseq.store.store import Store
from genoseq.store.write import write_store
from genoseq.tasks.per_base import PerBase

SCHEME = signal_scheme([("x", "+"), ("x", "-"), ("y", ".")])
KEYS = ["x", "+"], ["x", "+"], ["x", "-"], ["x", "-"]


def signals_model(task: PerBase) -> Bundle:
    settings = parse_settings(
        ModelSettings,
        {"embedding": 4, "stem": {"width": 8, "stride": 4, "kernel": 8}, "encoder": {"width": 8}},
    )
    torch.manual_seed(3)
    model = build_model(settings, task).eval()
    with torch.no_grad():
        model.head.projection.weight *= 4
    return Bundle(model, settings, task, 96)


def store_of(path: Path, seed: int, replicates: bool = True) -> Store:
    """Two contigs, the second of which is tested in two regions."""
    rng = np.random.default_rng(seed)
    contigs, pieces = [], []
    for name, spans in (("c", [(0, 2_000)]), ("d", [(100, 900), (950, 1_900)])):
        contigs.append((name, [rng.integers(0, 4, 2_000, np.uint8)]))
        for start, end in spans:
            truth = np.repeat(rng.gamma(1, 4, ((end - start) // 50, 3)), 50, axis=0)
            noisy = truth[:, [0, 0, 1, 1]] + rng.gamma(1, 2, (end - start, 4))
            if replicates:
                truth[:, 0], truth[:, 1] = noisy[:, :2].mean(1), noisy[:, 2:].mean(1)
            labels = np.concatenate([truth, noisy], axis=1) if replicates else truth
            pieces.append((Region(name, start, end), "test", labels.astype(np.float32)))
    facts = {"replicates": KEYS} if replicates else {}
    columns = {REPLICATES: len(KEYS)} if replicates else {}
    return write_store(path, path.name, SCHEME, contigs, pieces, {}, None, columns, lambda: facts)


def rows_of(found: list[dict[str, Any]], **wanted: Any) -> list[dict[str, Any]]:
    return [row for row in found if all(row[name] == value for name, value in wanted.items())]


@pytest.mark.parametrize("loss", ["mse", "negative-binomial"])
def test_evaluate_compares_signals_by_bin_genome_and_contig(tmp_path: Path, loss: Any) -> None:
    stores = [store_of(tmp_path / "a", 1), store_of(tmp_path / "b", 2, replicates=False)]
    bundle = signals_model(PerBase(SCHEME, loss))
    found = evaluate(bundle, stores, bins=[1, 100], device="cpu")
    by_bin = found.metrics["by_bin"]
    assert {row["genome"] for row in by_bin} == {"*", "a", "b"}
    for row, own in zip(rows_of(by_bin, genome="*", bin=1), found.metrics["signals"], strict=True):
        assert row["bins"] == own["support"]
        for name in ("pearson", "pearson_log1p"):
            assert row[name] == pytest.approx(own[name], abs=1e-6)
    first = rows_of(by_bin, genome="a", signal="x.plus")
    assert [row["bin"] for row in first] == [1, 100]
    assert 0.5 < first[0]["replicates"] < first[1]["replicates"] < first[1]["ceiling"] < 1
    assert rows_of(by_bin, genome="a", signal="y.both", bin=1)[0]["ceiling"] is None
    assert rows_of(by_bin, genome="b", signal="x.plus", bin=1)[0]["ceiling"] is None
    assert found.metrics["genomes"]["a"]["bases"] == 3_750
    head, rows = found.tables["signals.tsv"]
    named = [dict(zip(head, row, strict=True)) for row in rows]
    assert {row["contig"] for row in rows_of(named, genome="b")} == {"*", "c", "d"}
    assert any("1 bp" in line and " of " in line for line in said_by_bin(found.metrics))


def test_evaluate_has_regions_and_points_and_files(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a", 1)
    found = evaluate(signals_model(PerBase(SCHEME)), [store], bins=[50], device="cpu")
    write_evaluation(tmp_path / "out", found)
    with (tmp_path / "out/regions.tsv").open() as file:
        regions = list(csv.DictReader(file, delimiter="\t"))
    assert [(row["contig"], row["start"]) for row in regions[::3]] == [
        ("c", "0"),
        ("d", "100"),
        ("d", "950"),
    ]
    labels = store.labels("d", 100, 900)
    assert float(regions[3]["measured"]) == pytest.approx(labels[:, 0].mean(), rel=1e-4)
    means = [(float(row["predicted"]), float(row["measured"])) for row in regions[::3]]
    own = [row for row in found.metrics["by_region"] if row["genome"] == regions[0]["genome"]]
    assert [row["signal"] for row in own] == ["x.plus", "x.minus", "y.both"]
    count = own[0]["regions"]
    expected = np.corrcoef(np.array(means[:count]).T)[0, 1]
    assert own[0]["pearson"] == pytest.approx(expected, abs=1e-3)
    inside = np.median([float(row["pearson"]) for row in regions[: 3 * count : 3]])
    assert own[0]["inside"] == pytest.approx(inside, abs=1e-4)
    with (tmp_path / "out/scatter.tsv").open() as file:
        points = list(csv.DictReader(file, delimiter="\t"))
    assert len(points) == 3 * (40 + 16 + 19)
    assert {row["bin"] for row in points} == {"50"}


def test_evaluate_averages_genes_over_exons_of_their_strand(tmp_path: Path) -> None:
    stores = [store_of(tmp_path / "a", 1)]
    line = "{}\t.\t{}\t{}\t{}\t.\t{}\t.\t{}\n"
    rows = [("c", "exon", 101, 200, "+", "Parent=t1"), ("c", "exon", 301, 350, "+", "Parent=t1")]
    rows += [
        ("d", "exon", 201, 260, "-", "Parent=t2"),
        ("d", "exon", 1_001, 1_200, "+", "Parent=t3"),
    ]
    genes = tmp_path / "genes.gff3"
    genes.write_text("##gff-version 3\n" + "".join(line.format(*row) for row in rows))
    bundle = signals_model(PerBase(SCHEME))
    found = evaluate(bundle, stores, genes=[str(genes)], device="cpu")
    head, table = found.tables["genes.tsv"]
    named = [dict(zip(head, row, strict=True)) for row in table]
    assert [(row["gene"], row["signal"]) for row in named] == [
        *(("t1", "x.plus"), ("t1", "y.both"), ("t2", "x.minus"), ("t2", "y.both")),
        *(("t3", "x.plus"), ("t3", "y.both")),
    ]
    labels = stores[0].labels("c", 0, 2_000)[:, 0]
    both = np.concatenate([labels[100:200], labels[300:350]])
    assert named[0]["measured"] == pytest.approx(both.mean(), rel=1e-5)
    assert named[0]["bases"] == 150
    figures = {row["signal"]: row["genes"] for row in found.metrics["by_gene"]}
    assert figures == {"x": 3, "y": 3}
    (tmp_path / "peaks.bed").write_text("c\t10\t60\tp1\t0\t.\n")
    peaks = evaluate(bundle, stores, genes=[f"a={tmp_path / 'peaks.bed'}"], device="cpu")
    assert [row[6] for row in peaks.tables["genes.tsv"][1]] == ["x.plus", "x.minus", "y.both"]


def test_evaluate_says_which_genes_do_not_fit(tmp_path: Path, bundle: Bundle) -> None:
    stores = [store_of(tmp_path / "a", 1), store_of(tmp_path / "b", 2)]
    (tmp_path / "z.bed").write_text("z\t10\t60\n")
    model, given = signals_model(PerBase(SCHEME)), str(tmp_path / "z.bed")
    for text, error, message in (
        (given, ConfigError, r"of which genome is it\? NAME=FILE, a, b"),
        (f"q={given}", ConfigError, "no store is called 'q': a, b"),
        (f"a={given}", InputFormatError, "no BED record, is on the contigs c, d"),
    ):
        with pytest.raises(error, match=message):
            evaluate(model, stores, genes=[text], device="cpu")
    labels = np.zeros(300, np.uint8)
    classes = write_store(
        tmp_path / "k",
        "k",
        bundle.task.scheme,  # type: ignore[attr-defined]
        [("c", [labels])],
        [(Region("c", 0, 300), "test", labels)],
        {},
    )
    with pytest.raises(ConfigError, match="--genes: is of models of signals"):
        evaluate(bundle, [classes], genes=[given], device="cpu")


def test_genomes_that_are_called_alike_have_rows_of_their_own(tmp_path: Path) -> None:
    stores = [store_of(tmp_path / "1/genome", 1), store_of(tmp_path / "2/genome", 2)]
    model = signals_model(PerBase(SCHEME))
    found = evaluate(model, stores, bins=[1], device="cpu")
    names = [f"genome ({store.path})" for store in stores]
    assert list(found.metrics["genomes"]) == names
    for name, store in zip(names, stores, strict=True):
        alone = evaluate(model, [store], bins=[1], device="cpu").metrics["by_bin"]
        own = rows_of(found.metrics["by_bin"], genome=name)
        assert [row["pearson"] for row in own] == [row["pearson"] for row in alone[3:]]


def test_units_of_stores_have_to_be_those_of_the_model(tmp_path: Path) -> None:
    model = signals_model(PerBase(SCHEME, signal_unit="mean coverage"))
    with pytest.raises(ConfigError, match="are in units of input, those of the model of mean cov"):
        evaluate(model, [store_of(tmp_path / "a", 1)], device="cpu")
