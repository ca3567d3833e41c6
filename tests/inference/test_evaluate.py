"""Tests of genoseq.inference.evaluate."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from planted import planted_contig, planted_store, store_of_contigs

from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import UNKNOWN_LABEL, cds_phase_scheme, stranded_scheme
from genoseq.genome.sequences import N
from genoseq.genome.windows import Window
from genoseq.inference.batches import predict_windows
from genoseq.inference.evaluate import bases_of_split, evaluate
from genoseq.inference.evaluation import write_evaluation
from genoseq.inference.predict import Values
from genoseq.inference.score import score
from genoseq.inference.strands import Prediction, predict_regions
from genoseq.inference.windows import StrandWindow
from genoseq.models.bundle import Bundle
from genoseq.readers.fasta import open_fasta
from genoseq.store.store import Store
from genoseq.store.write import write_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("planted")
    return planted_store(folder / "store", ("train", 1000), ("test", 8000), ("test", 401))


AFTER = 700
"""Bases of a contig behind its only region."""


def store_of(path: Path, letters: np.ndarray, labels: np.ndarray, start: int = 0) -> Store:
    """Letters from ``start`` on, with others around them."""
    rng = np.random.default_rng(1)
    around = [rng.integers(0, 4, size, np.uint8) for size in (start, AFTER)]
    piece = (Region("c", start, start + len(letters)), "test", labels)
    contigs = [("c", [around[0], letters, around[1]])]
    return write_store(path, "one", cds_phase_scheme(), contigs, [piece], {})


def test_evaluate_counts_each_known_base_once(bundle: Bundle, store: Store) -> None:
    reported: list[tuple[int, int]] = []
    found = evaluate(
        bundle, [store], device="cpu", report=lambda done, total: reported.append((done, total))
    ).metrics
    assert found["split"] == "test"
    (only,) = found["genomes"].values()
    assert only["bases"] == found["bases"]
    assert only["micro_f1"] == pytest.approx(found["channels"]["micro_f1"])
    own = {row["name"] + row["strand"]: row["f1"] for row in found["channels"]["classes"]}
    assert only["f1"] == pytest.approx({name: own[name] for name in only["f1"]})
    assert found["stores"] == {"planted": store.checksums["codes.bin"]}
    assert found["bases"] == bases_of_split([store], "test") == 8401
    assert reported == sorted(reported)
    assert (reported[0], reported[-1]) == ((0, 8401), (8401, 8401))
    assert np.sum(found["states"]["confusion"]) == 8401


def test_evaluate_tells_genomes_apart(
    bundle: Bundle, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = evaluate(bundle, [store], device="cpu").metrics["genomes"]
    rows = store_of(tmp_path_factory.mktemp("b") / "one", *_planted(3_000))
    both = evaluate(bundle, [store, rows], device="cpu").metrics["genomes"]
    assert both["planted"] == alone["planted"]
    assert both["one"]["bases"] == 3_000


def _planted(length: int) -> tuple[np.ndarray, np.ndarray]:
    _, _, codes, labels = planted_contig("c", "test", length)
    return codes, labels


@pytest.mark.parametrize("start", [0, 100, 30_000])
def test_evaluate_looks_through_the_very_windows_of_score(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: int
) -> None:
    seen: list[list[tuple[Window, bytes]]] = []
    outcomes: list[np.ndarray] = []

    def recorded(*given: Any, **words: Any) -> Iterator[Prediction]:
        pieces = list(predict_regions(*given, **words))
        outcomes.append(np.concatenate([piece.values for piece in pieces], axis=1))
        return iter(pieces)

    def recorded_windows(
        predict: Any, windows: Iterable[StrandWindow], *words: Any
    ) -> Iterator[tuple[StrandWindow, Values]]:
        kept = list(windows)
        seen.append([(one.window, one.codes.tobytes()) for one in kept])
        return predict_windows(predict, kept, *words)

    monkeypatch.setattr("genoseq.inference.strands.predict_windows", recorded_windows)
    for module in ("evaluate", "score"):
        monkeypatch.setattr(f"genoseq.inference.{module}.predict_regions", recorded)
    rng = np.random.default_rng(start)
    letters = rng.integers(0, 4, 500, np.uint8)
    letters[200:230] = N
    labels = rng.integers(0, 7, 500, np.uint8)
    labels[:20] = UNKNOWN_LABEL
    one = store_of(tmp_path / "store", letters, labels, start)
    found = evaluate(bundle, [one], device="cpu").metrics

    fasta = tmp_path / "one.fa"
    fasta.write_text(f">c\n{one.sequence('c', 0, one.lengths['c'])}\n")
    with open_fasta(fasta) as genome:
        list(score(genome, bundle, regions=[Region("c", start, start + 500)], device="cpu"))
    assert seen[0] == seen[1]
    values = outcomes[1]
    expected = bundle.task.metrics()
    known = torch.from_numpy(np.where(letters == N, UNKNOWN_LABEL, labels).astype(np.int64))
    expected.update(torch.from_numpy(values.T.copy()), known)
    assert found["bases"] == 500 - 20 - 30
    assert found["states"]["confusion"] == expected.compute()["states"]["confusion"]


def test_evaluate_has_intervals_by_blocks_of_bases(
    bundle: Bundle, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(bundle, [store], device="cpu").metrics
    assert (whole["intervals"]["blocks"], whole["intervals"]["macro_f1"]) == (2, None)
    monkeypatch.setattr("genoseq.inference.class_figures.block_size", lambda _: 400)
    found = evaluate(bundle, [store], device="cpu").metrics
    intervals = found.pop("intervals")
    assert (intervals["blocks"], intervals["block_bases"]) == (22, 400)
    for row, bare in zip(found["by_genome"], whole["by_genome"], strict=True):
        assert (bare["auprc_low"], bare["auprc_high"]) == (None, None)
        bare |= {name: row[name] for name in ("auprc_low", "auprc_high")}
        assert bare["auprc_low"] <= row["auprc"] <= bare["auprc_high"]
    assert found == {name: figure for name, figure in whole.items() if name != "intervals"}
    classes = found["channels"]["classes"][1:]
    assert [row["name"] for row in intervals["classes"]] == ["CDS+", "CDS-"]
    for row, figures in zip(intervals["classes"], classes, strict=True):
        for name in ("precision", "recall", "f1", "auprc", "lift", "best_f1", "top_k"):
            low, high = row[name]
            assert low <= figures[name] <= high
            assert 0 < high - low < 0.7
    for name in ("macro_f1", "macro_auprc"):
        assert found["channels"][name] == pytest.approx(np.mean(intervals[name]), abs=0.05)
    write_evaluation(tmp_path / "out", evaluate(bundle, [store], device="cpu"))
    assert json.loads((tmp_path / "out/metrics.json").read_text())["intervals"] == intervals


def test_evaluate_says_what_does_not_fit(bundle: Bundle, tmp_path: Path) -> None:
    row = ("c", "train", np.zeros(100, np.uint8), np.zeros(100, np.uint8))
    other = store_of_contigs(tmp_path / "other", stranded_scheme(["CDS"]), [row])
    unlabelled = store_of_contigs(
        tmp_path / "bare", None, [("c", "score", np.zeros(9, np.uint8), None)]
    )
    with pytest.raises(ConfigError) as caught:
        evaluate(bundle, [other, unlabelled], device="cpu")
    assert caught.value.problems == (
        f"{other.path}: its labels (classes none CDS+ CDS-) are not those of the model "
        "(classes none CDS+0 CDS+1 CDS+2 CDS-0 CDS-1 CDS-2): "
        "tokenize it with the scheme and classes of the model",
        f"{unlabelled.path}: has no labels: tokenize with an annotation or a signal",
        "no region of split 'test': the stores have score, train",
    )


def test_write_evaluation_writes_its_files(bundle: Bundle, store: Store, tmp_path: Path) -> None:
    found = evaluate(bundle, [store], device="cpu")
    for _ in range(2):  # an older evaluation is replaced
        write_evaluation(tmp_path / "out", found)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "classes.tsv",
        "confusion.tsv",
        "curves.tsv",
        "metrics.json",
    ]
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == found.metrics
    with (tmp_path / "out" / "confusion.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows[1].keys() == {"level", "true", "predicted", "bases"}
    assert [row["true"] for row in rows[::7]][:7] == [
        "none",
        "CDS+0",
        "CDS+1",
        "CDS+2",
        "CDS-0",
        "CDS-1",
        "CDS-2",
    ]
    assert sum(int(row["bases"]) for row in rows if row["level"] == "channels") == 8401
    with (tmp_path / "out" / "curves.tsv").open() as file:
        points = list(csv.DictReader(file, delimiter="\t"))
    assert {(p["level"], p["name"], p["strand"], p["phase"]) for p in points} >= {
        ("states", "CDS", "+", "0"),
        ("channels", "CDS", "-", "."),
    }
    assert all(0 <= float(point["precision"]) <= 1 for point in points)


def test_write_evaluation_keeps_other_folders(bundle: Bundle, store: Store, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    found = evaluate(bundle, [store], "train", device="cpu")
    with pytest.raises(ConfigError, match=r"is there already and holds thesis.txt: name"):
        write_evaluation(tmp_path, found)
    assert (tmp_path / "thesis.txt").exists()
