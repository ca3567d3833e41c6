"""Tests of genoseq.inference.baseline_kmers."""

from pathlib import Path

import numpy as np
import pytest
from planted import planted_store, store_of_contigs

from genoseq.genome.schemes import (
    UNKNOWN_LABEL,
    ClassScheme,
    Scheme,
    cds_phase_scheme,
    signal_scheme,
)
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.inference import baseline_kmers as kmers
from genoseq.store.store import Store


def of_one(path: Path, scheme: Scheme, codes: Codes, labels: np.ndarray) -> Store:
    return store_of_contigs(path, scheme, [("c", "train", codes, labels)])


def test_feature_numbers_are_words_by_frame_and_letters_by_offset() -> None:
    window = np.full((1, 2 * kmers.REACH + 1), N, np.uint8)
    window[0, kmers.REACH + 1 : kmers.REACH + 4] = [0, 2, 1]  # AGC, one base behind the base
    found = kmers.feature_numbers(window)[0]
    there = sorted(found[found < kmers._FEATURES].tolist())
    letters = [192 + 4 * (kmers.NEAR + offset) + code for offset, code in ((1, 0), (2, 2), (3, 1))]
    assert there == sorted([64 + 0 * 16 + 2 * 4 + 1, *letters])


def test_mirrored_features_are_those_of_the_reverse_complement() -> None:
    windows = np.random.default_rng(0).integers(0, 5, (20, 2 * kmers.REACH + 1), np.uint8)
    turned = np.array([reverse_complement_codes(row) for row in windows])
    counts, other = kmers._counts(windows), kmers._counts(turned)
    assert counts.sum() > 0
    assert other.tolist() == counts[:, kmers.mirrored_features()].tolist()


def test_state_counts_leave_out_what_has_no_label(tmp_path: Path) -> None:
    codes = np.array([0, 1, 2, 3, N, 0], np.uint8)
    labels = np.array([0, 1, 1, UNKNOWN_LABEL, 6, 6], np.uint8)
    store = of_one(tmp_path / "s", cds_phase_scheme(), codes, labels)
    found = kmers.state_counts(cds_phase_scheme(), [store])
    assert found.tolist() == [1, 2, 0, 0, 0, 0, 1]


def test_fit_words_tells_planted_genes_and_is_the_same_again(tmp_path: Path) -> None:
    store = planted_store(tmp_path / "s", ("train", 20_000), ("test", 3_000))
    scheme = cds_phase_scheme()
    model = kmers.fit_words(scheme, [store])
    values = model.values(store, "test1", 0, 3_000)
    assert values.shape == (7, 3_000)
    assert values.sum(0) == pytest.approx(1, abs=1e-5)
    right = values.argmax(0) == store.labels("test1", 0, 3_000)
    assert right.mean() > 0.9
    again = kmers.fit_words(scheme, [store])
    assert again.weights.equal(model.weights)
    parts = [model.values(store, "test1", at, at + 500) for at in range(0, 3_000, 500)]
    assert np.concatenate(parts, axis=1).tobytes() == values.tobytes()


def test_values_of_the_reverse_complement_are_mirrored(tmp_path: Path) -> None:
    store = planted_store(tmp_path / "s", ("train", 9_000), ("test", 2_000))
    model = kmers.fit_words(cds_phase_scheme(), [store])
    turned = reverse_complement_codes(store.codes("test1", 0, 2_000))
    other = of_one(tmp_path / "o", cds_phase_scheme(), turned, np.zeros(2_000, np.uint8))
    mirrored = model.values(other, "c", 0, 2_000)[cds_phase_scheme().reverse_permutation, ::-1]
    assert mirrored == pytest.approx(model.values(store, "test1", 0, 2_000), abs=1e-4)


def test_a_state_that_is_not_there_gets_next_to_no_chance(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 2_000, np.uint8)
    scheme = ClassScheme(cds_phase_scheme().states)
    store = of_one(tmp_path / "s", scheme, codes, np.zeros(2_000, np.uint8))
    values = kmers.fit_words(scheme, [store]).values(store, "c", 0, 2_000)
    assert values[1:].max() < 1e-3


def test_fit_words_of_signals_is_least_squares(tmp_path: Path) -> None:
    """A signal that is a sum of letters near each base is told to rounding; NaN is left out."""
    scheme = signal_scheme([("a", "+"), ("a", "-")])
    codes = np.random.default_rng(4).integers(0, 4, 6_000, np.uint8)
    plus = np.float32(2) * np.roll(codes == 2, -3) - np.float32(1) * (codes == 0) + 5
    minus = np.float32(2) * np.roll(codes == 1, 3) - np.float32(1) * (codes == 3) + 5
    labels = np.stack([plus, minus], axis=1).astype(np.float32)
    labels[::7, 0] = np.nan
    store = of_one(tmp_path / "s", scheme, codes, labels)
    values = kmers.fit_words(scheme, [store]).values(store, "c", 100, 5_900)
    assert values == pytest.approx(np.stack([plus, minus])[:, 100:5_900], abs=0.05)
