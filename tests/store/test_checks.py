"""Which stores and regions can be learned from: those with a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from planted import store_of_contigs

from genoseq.errors import StoreError
from genoseq.genome.schemes import Scheme, cds_phase_scheme, signal_scheme, stranded_scheme
from genoseq.store.checks import common_scheme, count_labels, labelled_regions, misfits
from genoseq.store.store import Store

CLASSES, SIGNAL = cds_phase_scheme(), signal_scheme([("cage", "."), ("atac", ".")])
LENGTH = 30


def store_of(path: Path, scheme: Scheme | None, known: dict[str, list[int]]) -> Store:
    """A store with a region for each number of known labels, by split."""
    rows = []
    for split, counts in known.items():
        for count in counts:
            labels = None
            if scheme is not None:
                labels = np.full(scheme.label_shape(LENGTH), scheme.unknown, scheme.dtype)
                labels[LENGTH - count :] = 0
            rows.append((f"c{len(rows)}", split, np.zeros(LENGTH, np.uint8), labels))
    return store_of_contigs(path, scheme, rows)


@pytest.mark.parametrize("scheme", [CLASSES, SIGNAL])
def test_labelled_regions_leaves_out_those_without_a_known_label(
    tmp_path: Path, scheme: Scheme
) -> None:
    store = store_of(tmp_path / "s", scheme, {"train": [0, 1, 0, LENGTH], "valid": [0]})
    assert labelled_regions(store, "train").tolist() == [1, 3]
    assert misfits([store], scheme, "m", "train") == []


def test_labelled_regions_finds_a_label_beyond_the_first_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genoseq.store.checks._CHUNK_BASES", LENGTH // 3)
    store = store_of(tmp_path / "s", CLASSES, {"train": [0, 1, LENGTH // 2]})
    assert labelled_regions(store, "train").tolist() == [1, 2]


def test_labelled_regions_without_labels_is_all_of_the_split(tmp_path: Path) -> None:
    store = store_of(tmp_path / "s", None, {"train": [0, 0], "valid": [0]})
    assert labelled_regions(store, "train").tolist() == [0, 1]


@pytest.mark.parametrize("scheme", [CLASSES, SIGNAL])
def test_misfits_refuses_a_split_without_a_known_label(tmp_path: Path, scheme: Scheme) -> None:
    store = store_of(tmp_path / "s", scheme, {"train": [1], "valid": [0, 0]})
    (problem,) = misfits([store], scheme, "m", "valid")
    assert problem.startswith("no base of split 'valid' has a known label: ")


def test_misfits_lists_every_problem(tmp_path: Path) -> None:
    bare = store_of(tmp_path / "bare", None, {"score": [0]})
    other = store_of(tmp_path / "other", SIGNAL, {"train": [3]})
    assert misfits([bare, other], CLASSES, "m", "test") == [
        f"{bare.path}: has no labels: tokenize with an annotation or a signal",
        f"{other.path}: its labels (signal cage atac) are not those of m (classes none CDS+0 CDS+1 "
        "CDS+2 CDS-0 CDS-1 CDS-2): tokenize it with the scheme and classes of m",
        "no region of split 'test': the stores have score, train",
    ]


def test_common_scheme_is_that_of_all_or_none(tmp_path: Path) -> None:
    one = store_of(tmp_path / "one", CLASSES, {"train": [3]})
    two = store_of(tmp_path / "two", stranded_scheme(["CDS"]), {"train": [3]})
    bare = store_of(tmp_path / "bare", None, {"train": [0]})
    assert common_scheme([one, one]) == CLASSES
    assert common_scheme([bare, bare]) is None
    with pytest.raises(StoreError, match=r"'one' and 'two' \(.*\) have different labels"):
        common_scheme([one, two])
    for stores in ([bare, one], [one, bare]):
        with pytest.raises(StoreError, match="'bare' has no labels to train or evaluate on, but"):
            common_scheme(stores)
    with pytest.raises(StoreError, match="no store given"):
        common_scheme([])


def test_count_labels_counts_every_region(tmp_path: Path) -> None:
    counts = count_labels(store_of(tmp_path / "s", CLASSES, {"train": [10, 2], "test": [1]}))
    assert counts is not None
    assert counts.named() == {"none": 13, "CDS.plus": 0, "CDS.minus": 0, "unknown": 77}
    signals = count_labels(store_of(tmp_path / "t", SIGNAL, {"train": [4]}))
    assert signals is not None
    assert signals.named() == {"with signal": 4, "unknown": 26}
    assert count_labels(store_of(tmp_path / "u", None, {"train": [0]})) is None
