"""Tests of genoseq.inference.baselines, and of evaluations that have them."""

import csv
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from planted import planted_store, store_of_contigs

from genoseq.genome.schemes import UNKNOWN_LABEL, cds_phase_scheme, signal_scheme
from genoseq.genome.sequences import N
from genoseq.inference.baselines import BaselineFigures, baseline_table, baselines_of, compared
from genoseq.inference.evaluate import evaluate
from genoseq.inference.evaluation import Evaluation, write_evaluation
from genoseq.models.bundle import Bundle
from genoseq.store.store import Store
from genoseq.tasks.causal_lm import CausalLm
from genoseq.tasks.per_base import PerBase


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("planted")
    return planted_store(folder / "store", ("train", 9_000), ("test", 4_000), ("test", 401))


def figures_of(found: Evaluation) -> dict[str, BaselineFigures]:
    assert found.baselines is not None
    return {one.name: one for one in found.baselines}


def test_evaluate_measures_baselines_on_the_same_bases(bundle: Bundle, store: Store) -> None:
    alone = evaluate(bundle, [store], device="cpu")
    assert alone.baselines is None
    found = evaluate(bundle, [store], device="cpu", baselines=True)
    assert found.metrics == alone.metrics
    measured = figures_of(found)
    assert list(measured) == ["majority", "kmers", "longest-orf", "prodigal"]
    for one in measured.values():
        assert one.figures is not None
        rows, own = one.figures["channels"]["classes"], found.metrics["channels"]["classes"]
        assert [row["support"] for row in rows] == [row["support"] for row in own]
    rows = measured["majority"].figures["channels"]["classes"]  # type: ignore[index]
    share = [row["support"] / found.metrics["bases"] for row in rows]
    assert [row["auprc"] for row in rows] == pytest.approx(share)
    assert sorted(row["recall"] for row in rows) == [0, 0, 1]
    kmers = measured["kmers"].figures["channels"]["macro_f1"]  # type: ignore[index]
    assert kmers > 0.9  # the planted genes are a repeated codon


def test_evaluate_leaves_out_of_baselines_what_has_no_label(bundle: Bundle, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    codes, labels = rng.integers(0, 4, 900, np.uint8), rng.integers(0, 7, 900, np.uint8)
    codes[200:260] = N
    labels[:50] = UNKNOWN_LABEL
    rows = [("a", "train", codes, labels), ("b", "test", codes, labels)]
    one = store_of_contigs(tmp_path / "s", cds_phase_scheme(), rows)
    found = evaluate(bundle, [one], device="cpu", baselines=True)
    assert found.metrics["bases"] == 900 - 50 - 60
    assert {of.figures["bases"] for of in figures_of(found).values() if of.figures} == {790}


def test_baselines_learn_from_other_stores(bundle: Bundle, tmp_path: Path, store: Store) -> None:
    held_out = planted_store(tmp_path / "held", ("test", 2_000))
    without = figures_of(evaluate(bundle, [held_out], device="cpu", baselines=True))
    for name in ("majority", "kmers"):
        assert without[name].figures is None
        assert without[name].note.startswith("not measured: no known label in a train region")
    assert without["longest-orf"].figures is not None
    given = evaluate(bundle, [held_out], device="cpu", baselines=True, learn_from=[store])
    assert all(one.figures is not None for one in figures_of(given).values())


def test_prodigal_that_is_not_installed_is_told(
    bundle: Bundle, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrodigal", None)
    found = evaluate(bundle, [store], device="cpu", baselines=True)
    write_evaluation(tmp_path / "out", found)
    with (tmp_path / "out" / "baselines.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert list(rows[0]) == [
        "name",
        "class",
        *["precision", "recall", "f1", "mcc", "auprc", "fair", "note"],
    ]
    assert [row["class"] for row in rows[:3]] == ["none", "CDS.plus", "CDS.minus"]
    last = rows[-1]
    assert last.pop("note") == (
        "not measured: pyrodigal is not installed: pip install 'genoseq[demo]'"
    )
    assert last.pop("name") == "prodigal"
    assert set(last.values()) == {"."}


def test_baselines_of_signals_are_their_mean_and_words(tmp_path: Path) -> None:
    scheme = signal_scheme([("a", "+"), ("a", "-")])
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, 3_000, np.uint8)
    labels = np.stack([codes == 1, codes == 2], axis=1).astype(np.float32)
    labels[5] = np.nan
    one = store_of_contigs(tmp_path / "s", scheme, [("c", "train", codes, labels)])
    task = PerBase(scheme)
    mean, words = baselines_of(task, [one], [one])
    values = mean.values(one, "c", 0, 2)  # type: ignore[union-attr]
    assert values[:, 0] == pytest.approx(np.nanmean(labels, 0))
    told = words.values(one, "c", 100, 2_900)  # type: ignore[union-attr]
    assert pytest.approx(labels[100:2_900], abs=0.05) == told.T
    report = task.metrics().compute()
    header, rows = baseline_table(task, [BaselineFigures("mean", report)])
    assert header == [
        "name",
        "class",
        *["pearson", "pearson_log1p", "spearman", "mse", "fair", "note"],
    ]
    assert rows[0][:3] == ["mean", "a.plus", "."]


def test_baselines_of_language_models_are_markov_models(tmp_path: Path) -> None:
    codes = np.tile(np.array([0, 2, 1, 1, 3, 0, 3], np.uint8), 200)
    one = store_of_contigs(tmp_path / "s", None, [("c", "train", codes, None)])
    found = baselines_of(CausalLm(3), [one], [one])
    assert [each.name for each in found] == ["markov-0", "markov-5"]
    other = store_of_contigs(tmp_path / "t", None, [("c", "test", codes, None)])
    for each in baselines_of(CausalLm(3), [other], [other]):
        assert each.reason == "no train region: name stores to --learn-from"  # type: ignore[union-attr]


def test_compared_names_the_best_that_is_fair() -> None:
    def of(value: float | None) -> dict[str, object]:
        return {"kind": "classes", "channels": {"macro_f1": value}}

    others = [
        BaselineFigures("majority", of(0.2)),
        BaselineFigures("kmers", of(0.75)),
        BaselineFigures("none", None, "not measured: why"),
        BaselineFigures("prodigal", of(1.0), fair=False),
    ]
    assert compared(of(0.8), others) == (
        "macro F1 0.8000; the best baseline, kmers, has 0.7500: the network is 0.0500 better"
    )
    assert compared(of(None), others) is None
    assert compared(of(0.8), others[2:]) is None
    bits = [BaselineFigures(f"m{n}", {"kind": "bases", "bits_per_base": n}) for n in (1.9, 1.8)]
    assert compared({"kind": "bases", "bits_per_base": 1.9}, bits) == (
        "bits per base 1.9000; the best baseline, m1.8, has 1.8000: the network is 0.1000 worse"
    )
    assert compared({"kind": "letters"}, others) is None
    assert compared({"kind": "bases", "bits_per_base": math.nan}, bits) is None
