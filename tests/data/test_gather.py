"""Windows are cut from regions as if each were tokenized whole, on both strands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled import SCHEME, SIGNALS, bases, make, make_inside, reference, rows, same

from genoseq.config.augment import AugmentSettings
from genoseq.config.schema import TokenizerSettings
from genoseq.config.training import TrainingSettings
from genoseq.data.dataset import TrainingWindows, ValidationWindows
from genoseq.data.gather import WindowGather, regions_of_split
from genoseq.errors import StoreError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import (
    Scheme,
)
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.store.files import CONTROLS
from genoseq.store.store import open_store, verify_store
from genoseq.store.write import write_store
from genoseq.tokenizers.alignment import left_context
from genoseq.tokenizers.kmer import KmerTokenizer

DAMAGE = {"substitutions": 0.1, "indels": 0.1, "begin": 0, "full": 0, "share": 1}
DAMAGE |= {"shortest": 40, "longest": 60}
SHAPES = st.integers(1, 8).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, k)))


@given(
    shape=SHAPES,
    tokens=st.integers(1, 12),
    seed=st.integers(0, 999),
    scheme=st.sampled_from((SCHEME, SIGNALS)),
)
def test_training_draws_the_windows_of_whole_tokenized_regions(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, int],
    tokens: int,
    seed: int,
    scheme: Scheme,
) -> None:
    tokenizer = TokenizerSettings(k=shape[0], stride=shape[1])
    folder = tmp_path_factory.mktemp("stores")
    stores = [make_inside(folder / name, seed + i, scheme) for i, name in enumerate("xy")]
    training = TrainingSettings(batch=5, seed=seed, steps=2, accumulate=2)
    data = TrainingWindows(stores, tokenizer, tokens * shape[1], training)

    pool = [(store, int(i)) for store in stores for i in store.regions.of_split("train")]
    pool = [(store, i) for store, i in pool if scheme.known(store.region_labels(i)).any()]
    counts = np.array([-(-len(store.regions[i]) // shape[1]) for store, i in pool])
    for step in range(4):
        rng = np.random.Generator(np.random.Philox(key=np.array([seed, step], np.uint64)))
        drawn = np.searchsorted(np.cumsum(counts), rng.integers(counts.sum(), size=5), "right")
        starts = rng.integers(np.maximum(counts[drawn] - tokens, 0) + 1)
        flipped = rng.integers(2, size=5)
        same(
            rows([data[step]]),
            [
                reference(*pool[row], tokenizer, int(start), tokens, bool(flip))
                for row, start, flip in zip(drawn, starts, flipped, strict=True)
            ],
        )


@given(shape=SHAPES, tokens=st.integers(1, 12), seed=st.integers(0, 999))
def test_validation_cuts_whole_tokenized_regions(
    tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, int], tokens: int, seed: int
) -> None:
    tokenizer = TokenizerSettings(k=shape[0], stride=shape[1])
    store = make_inside(tmp_path_factory.mktemp("stores") / "x", seed)
    split = "valid" if len(store.regions.of_split("valid")) else "train"
    data = ValidationWindows([store], tokenizer, split, tokens * shape[1], 5)
    expected = [
        reference(store, index, tokenizer, start, tokens, False)
        for index in map(int, store.regions.of_split(split))
        if SCHEME.known(store.region_labels(index)).any()
        for start in range(0, -(-len(store.regions[index]) // shape[1]), tokens)
    ]
    same(rows([data[step] for step in range(len(data))]), expected)


def window_of_bases(codes: Codes, start: int, size: int, tokenizer: KmerTokenizer) -> list[int]:
    """Tokens of bases [start, start + size) among their true neighbours, N beyond the sequence."""
    margin = np.full(100, N, np.uint8)
    padded = np.concatenate([margin, codes, margin])
    first = start + 100 - left_context(tokenizer.k, tokenizer.stride)
    stop = first + size - tokenizer.stride + tokenizer.k
    return tokenizer.kmers(padded[first:stop]).tolist()


@given(
    shape=SHAPES,
    length=st.integers(1, 60),
    tokens=st.integers(1, 12),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_reversed_tokens_are_those_of_the_reversed_bases(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, int],
    length: int,
    tokens: int,
    seed: int,
    data: st.DataObject,
) -> None:
    k, stride = shape
    kmers, size = KmerTokenizer(k, stride), tokens * stride
    codes = bases(length, seed, letters=4 if seed % 2 else 5)
    store = make(tmp_path_factory.mktemp("store"), [bases(37), codes, bases(41)])
    start = data.draw(st.integers(0, max(0, -(-length // stride) - tokens)))
    pool = regions_of_split([store], "train").pick(np.array([1]))
    gather = WindowGather([store], TokenizerSettings(k=k, stride=stride), size)
    batch = gather(pool, np.array([start]), np.array([True]))
    # By the definition the window's bases lie one further right if k - stride is odd.
    moved = start * stride + (k - stride) % 2
    reverse = reverse_complement_codes(np.append(codes, np.full(150, N, np.uint8)))
    first = len(reverse) - moved - size
    assert batch.ids[0].tolist() == window_of_bases(reverse, first, size, kmers)
    assert batch.codes[0].tolist() == reverse[first : first + size].tolist()


@pytest.mark.parametrize("augment", [None, DAMAGE])
def test_controls_go_the_way_of_labels(tmp_path: Path, augment: dict[str, Any] | None) -> None:
    rng = np.random.default_rng(1)
    values = rng.random((900, 3), np.float32)
    values[100:200] = np.nan
    pieces = [(Region("c", 50, 950), "train", np.concatenate([values, values], axis=1))]
    more = ({}, None, {CONTROLS: 3}, lambda: {"controls": 3})
    store = write_store(tmp_path / "s", "s", SIGNALS, [("c", [bases(1_000)])], pieces, *more)
    assert verify_store(store).columns_beside == {CONTROLS: 3}
    training = TrainingSettings(batch=6, steps=4, augment=augment and AugmentSettings(**augment))
    data = TrainingWindows([store], TokenizerSettings(k=4, stride=1), 120, training)
    for number in range(len(data)):
        batch = data[number]
        assert batch.labels is not None
        assert batch.controls is not None
        np.testing.assert_array_equal(batch.labels.numpy(), batch.controls.numpy())
    (tmp_path / "s/controls.bin").write_bytes(b"12")
    with pytest.raises(StoreError, match=r"controls.bin: the store is damaged .* \(2 bytes, its"):
        open_store(tmp_path / "s")
