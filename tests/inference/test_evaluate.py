"""Tests of genoseq.inference.evaluate."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from planted import planted_store

from genoseq.config.schema import TokenizerSettings
from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import UNKNOWN, cds_phase_scheme
from genoseq.genome.sequences import N
from genoseq.inference.evaluate import bases_of_split, evaluate, write_evaluation
from genoseq.inference.predict import Predictor
from genoseq.metrics.per_base import build_metrics
from genoseq.models.bundle import Bundle
from genoseq.store.store import Store, write_store
from genoseq.tokenizers.kmer import KmerTokenizer


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("planted")
    return planted_store(folder / "store", ("train", 1000), ("test", 8000), ("test", 401))


def store_of(path: Path, letters: np.ndarray, labels: np.ndarray, start: int = 0) -> Store:
    ids = KmerTokenizer(3, 1).encode(letters)
    piece = (Region("c", start, start + len(letters)), "test", ids, labels)
    return write_store(path, "one", TokenizerSettings(), cds_phase_scheme(), [piece], {})


def test_evaluate_counts_each_known_base_once(bundle: Bundle, store: Store) -> None:
    done: list[int] = []
    found = evaluate(bundle, [store], device="cpu", report=done.append).metrics
    assert found["split"] == "test"
    assert found["stores"] == {"planted": store.checksums["ids.bin"]}
    assert found["bases"] == sum(done) == bases_of_split([store], "test") == 8401
    assert np.sum(found["states"]["confusion"]) == 8401


@pytest.mark.parametrize("start", [0, 100, 9024 * 3 - 7])
def test_evaluate_agrees_with_predictions_of_the_bases(
    bundle: Bundle, tmp_path: Path, start: int
) -> None:
    rng = np.random.default_rng(start)
    letters = rng.integers(0, 4, 500, np.uint8)
    letters[200:230] = N
    labels = rng.integers(0, 7, 500, np.uint8)
    labels[:20] = UNKNOWN
    one = store_of(tmp_path / "store", letters, labels, start)
    found = evaluate(bundle, [one], device="cpu").metrics

    # One window over all of it, its grid of three bases where the contig's is.
    before = bundle.context + start % 3
    after = bundle.context + -(500 + start) % 3
    codes = np.full(before + 500 + after, N, np.uint8)
    codes[before : before + 500] = letters
    values = Predictor(bundle, "cpu")(codes[None], 0)[:, 0, before : before + 500]
    expected = build_metrics(bundle.scheme, "softmax")
    known = torch.from_numpy(np.where(letters == N, UNKNOWN, labels).astype(np.int64))
    expected.update_values(torch.from_numpy(values.T.copy()), known)
    assert found["bases"] == 500 - 20 - 30
    assert found["states"]["confusion"] == expected.compute()["states"]["confusion"]


def test_evaluate_says_what_does_not_fit(bundle: Bundle, tmp_path: Path) -> None:
    other = planted_store(tmp_path / "other", ("train", 1000), k=6)
    unlabelled = write_store(
        tmp_path / "bare",
        "bare",
        TokenizerSettings(),
        None,
        [(Region("c", 0, 9), "score", np.full(9, 5), None)],
        {},
    )
    with pytest.raises(ConfigError) as caught:
        evaluate(bundle, [other, unlabelled], device="cpu")
    assert caught.value.problems == (
        f"{other.path}: holds k6s1 tokens, the model reads k3s1: tokenize again",
        f"{unlabelled.path}: has no labels: tokenize with an annotation or a signal",
        "no region of split 'test': the stores have score, train",
    )


def test_write_evaluation_writes_three_files(bundle: Bundle, store: Store, tmp_path: Path) -> None:
    found = evaluate(bundle, [store], device="cpu")
    for _ in range(2):  # an older evaluation is replaced
        write_evaluation(tmp_path / "out", found)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
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
