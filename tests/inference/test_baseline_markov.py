"""Tests of genoseq.inference.baseline_markov."""

from pathlib import Path

import numpy as np
import pytest
from planted import store_of_contigs

from genoseq.genome.sequences import Codes, N, encode, reverse_complement_codes
from genoseq.inference.baseline_markov import fit_markov
from genoseq.store.store import Store


def of_one(path: Path, codes: Codes) -> Store:
    return store_of_contigs(path, None, [("c", "train", codes, None)])


def test_order_0_is_how_often_bases_are_there(tmp_path: Path) -> None:
    store = of_one(tmp_path / "s", encode(b"AAAC"))
    model = fit_markov([store], 0)
    # On both strands A and T three times, C and G once; one more of each.
    assert model.chances[0].tolist() == pytest.approx([4 / 12, 2 / 12, 2 / 12, 4 / 12])
    values = model.values(store, "c", 0, 4)
    bits = -np.log2([4 / 12, 4 / 12, 4 / 12, 2 / 12])
    assert values[0] == pytest.approx(bits / 2)
    assert values[1] == pytest.approx(bits / 2)
    assert (2 * values[2]).tolist() == [1, 1, 1, 0]  # of equal chances the first: A, not T


def test_order_5_tells_a_repeat(tmp_path: Path) -> None:
    store = of_one(tmp_path / "s", np.tile(encode(b"ACGGTCAT"), 500))
    model = fit_markov([store], 5)
    values = model.values(store, "c", 10, 3_000)
    assert model.name == "markov-5"
    assert 2 * values[:2].max() < 0.02
    assert 2 * values[2:].min() == 1


def test_values_have_no_bits_of_n_and_bits_behind_it(tmp_path: Path) -> None:
    codes = np.random.default_rng(1).integers(0, 4, 300, np.uint8)
    codes[100:110] = N
    store = of_one(tmp_path / "s", codes)
    values = fit_markov([store], 5).values(store, "c", 0, 300)
    assert np.isnan(values).all(0).tolist() == (codes == N).tolist()
    assert np.isnan(values).any(0).tolist() == (codes == N).tolist()


def test_values_of_the_reverse_complement_are_mirrored(tmp_path: Path) -> None:
    codes = np.random.default_rng(2).integers(0, 5, 400, np.uint8)
    store = of_one(tmp_path / "s", codes)
    turned = of_one(tmp_path / "t", reverse_complement_codes(codes))
    model = fit_markov([store], 5)
    mirrored = model.values(turned, "c", 0, 400)[[1, 0, 3, 2], ::-1]
    np.testing.assert_array_equal(mirrored, model.values(store, "c", 0, 400))
