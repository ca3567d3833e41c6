"""Which regions of stores are learned from: those with a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genoseq.config.schema import TokenizerSettings
from genoseq.data.gather import cells_of_split, labelled_regions, misfits
from genoseq.errors import StoreError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import UNKNOWN, Scheme, cds_phase_scheme, signal_scheme
from genoseq.store.store import Store, write_store
from genoseq.tokenizers.kmer import KmerTokenizer

TOKENIZER = TokenizerSettings(k=3, stride=1)
CLASSES, SIGNAL = cds_phase_scheme(), signal_scheme([("cage", "."), ("atac", ".")])
LENGTH = 30


def store_of(path: Path, scheme: Scheme, known: dict[str, list[int]]) -> Store:
    """A store with a region for each number of known labels, by split."""
    rows = [(split, count) for split, counts in known.items() for count in counts]
    ids = KmerTokenizer(3, 1).encode(np.zeros(LENGTH, np.uint8))
    pieces = []
    for place, (split, count) in enumerate(rows):
        if scheme.kind == "classes":
            labels = np.full(LENGTH, UNKNOWN, np.uint8)
        else:
            labels = np.full((LENGTH, 2), np.nan, np.float32)
        labels[LENGTH - count :] = 0
        pieces.append((Region(f"c{place}", 0, LENGTH), split, ids, labels))
    return write_store(path, path.name, TOKENIZER, scheme, pieces, {})


@pytest.mark.parametrize("scheme", [CLASSES, SIGNAL])
def test_regions_without_a_known_label_are_left_out(tmp_path: Path, scheme: Scheme) -> None:
    store = store_of(tmp_path / "s", scheme, {"train": [0, 1, 0, LENGTH], "valid": [0]})
    assert labelled_regions(store, "train").tolist() == [1, 3]
    assert cells_of_split([store], "train").offset.tolist() == [LENGTH, 3 * LENGTH]
    assert misfits([store], TOKENIZER, scheme, "m", "train") == []


@pytest.mark.parametrize("scheme", [CLASSES, SIGNAL])
def test_a_split_without_a_known_label_is_refused(tmp_path: Path, scheme: Scheme) -> None:
    store = store_of(tmp_path / "s", scheme, {"train": [1], "valid": [0, 0]})
    said = "no base of split 'valid' has a known label: "
    with pytest.raises(StoreError, match=said):
        cells_of_split([store], "valid")
    (problem,) = misfits([store], TOKENIZER, scheme, "m", "valid")
    assert problem.startswith(said)
