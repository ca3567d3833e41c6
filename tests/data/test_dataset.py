from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from genoseq.config.schema import TokenizerSettings
from genoseq.data.batch import Batch
from genoseq.data.dataset import TrainingWindows, ValidationWindows
from genoseq.data.gather import WindowGather, Windows
from genoseq.errors import ConfigError, StoreError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import Scheme, cds_phase_scheme, signal_scheme, stranded_scheme
from genoseq.genome.sequences import Codes, reverse_complement_codes
from genoseq.store.store import Store, write_store
from genoseq.tokenizers.alignment import left_context
from genoseq.tokenizers.kmer import KmerTokenizer

SCHEME = cds_phase_scheme()
SIGNALS = signal_scheme([("cage", "+"), ("cage", "-"), ("atac", ".")])


def bases(length: int, seed: int = 0, letters: int = 4) -> Codes:
    return np.random.default_rng(seed).integers(0, letters, length).astype(np.uint8)


def labels_of(length: int, scheme: Scheme, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if scheme.kind == "classes":
        return rng.integers(0, len(scheme), length).astype(np.uint8)
    return rng.random((length, len(scheme)), np.float32)


def make(
    path: Path,
    sequences: list[Codes],
    splits: list[str] | None = None,
    tokenizer: TokenizerSettings | None = None,
    scheme: Scheme = SCHEME,
) -> Store:
    tokenizer = tokenizer or TokenizerSettings(k=3, stride=1)
    kmers = KmerTokenizer(tokenizer.k, tokenizer.stride)
    pieces = (
        (Region(f"c{i}", 0, len(codes)), split, kmers.encode(codes), labels_of(len(codes), scheme))
        for i, (codes, split) in enumerate(
            zip(sequences, splits or ["train"] * len(sequences), strict=True)
        )
    )
    return write_store(path, path.name, tokenizer, scheme, pieces, {})


def window_of_bases(codes: Codes, start: int, size: int, tokenizer: KmerTokenizer) -> list[int]:
    """Tokens of bases [start, start + size) among their true neighbours, N beyond the sequence."""
    margin = np.full(100, 4, np.uint8)
    padded = np.concatenate([margin, codes, margin])
    first = start + 100 - left_context(tokenizer.k, tokenizer.stride)
    stop = first + size - tokenizer.stride + tokenizer.k
    return tokenizer.kmers(padded[first:stop]).tolist()


def window_of_labels(labels: np.ndarray, start: int, size: int, fill: float = 255) -> np.ndarray:
    padded = np.full((len(labels) + 200, *labels.shape[1:]), fill, np.float64)
    padded[: len(labels)] = labels
    return padded[start : start + size]


@given(
    shape=st.integers(1, 8).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, k))),
    length=st.integers(1, 60),
    cells=st.integers(1, 12),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_windows_are_the_tokens_of_their_bases_on_both_strands(
    tmp_path_factory: pytest.TempPathFactory,
    shape: tuple[int, int],
    length: int,
    cells: int,
    seed: int,
    data: st.DataObject,
) -> None:
    k, stride = shape
    kmers = KmerTokenizer(k, stride)
    size = cells * stride
    codes = bases(length, seed, letters=4 if seed % 2 else 5)
    others = [bases(37, seed + 1), codes, bases(41, seed + 2)]
    store = make(
        tmp_path_factory.mktemp("store"), others, tokenizer=TokenizerSettings(k=k, stride=stride)
    )
    tokens = int(store.regions.tokens[1])
    start = data.draw(st.integers(0, max(0, tokens - cells)))
    column = np.array([1, 1])
    windows = Windows(
        column * 0,
        column * store.regions.offset[1],
        column * tokens,
        column * start,
        np.array([False, True]),
    )
    batch = WindowGather([store], size)(windows)

    labels = store.labels(1)
    assert batch.ids[0].tolist() == window_of_bases(codes, start * stride, size, kmers)
    assert batch.labels[0].tolist() == window_of_labels(labels, start * stride, size).tolist()

    # The bases of the reversed window, by the definition: one further right if k - stride is odd.
    moved = start * stride + (k - stride) % 2
    reverse = reverse_complement_codes(np.append(codes, np.full(150, 4, np.uint8)))
    first = len(reverse) - moved - size
    assert batch.ids[1].tolist() == window_of_bases(reverse, first, size, kmers)
    flipped = window_of_labels(labels, moved, size)[::-1].astype(int)
    known = flipped != 255
    flipped[known] = SCHEME.reverse_permutation[flipped[known]]
    assert batch.labels[1].tolist() == flipped.tolist()


@pytest.mark.parametrize(("k", "shift"), [(3, 0), (4, 1)])
def test_reversed_signals_are_flipped_and_their_strands_swapped(
    tmp_path: Path, k: int, shift: int
) -> None:
    settings = TokenizerSettings(k=k, stride=1)
    store = make(tmp_path / "s", [bases(30)], tokenizer=settings, scheme=SIGNALS)
    one = np.array([0])
    windows = Windows(one, one, one + 30, one + 18, np.array([True]))
    batch = WindowGather([store], 12)(windows)
    expected = window_of_labels(store.labels(0), 18 + shift, 12, np.nan)[::-1][:, [1, 0, 2]]
    assert batch.labels.shape == (1, 12, 3)
    assert batch.labels.dtype == torch.float32
    np.testing.assert_array_equal(batch.labels[0], expected.astype(np.float32))


def training(stores: list[Store], **changes: int) -> TrainingWindows:
    settings = {"window": 12, "batch": 4, "seed": 1, "reverse_complement": True, "steps": 50}
    return TrainingWindows(stores, **(settings | changes))


def rows(batches: list[Batch]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [
        (tuple(ids.tolist()), tuple(labels.tolist()))
        for batch in batches
        for ids, labels in zip(batch.ids, batch.labels, strict=True)
    ]


def test_training_batch_has_shapes_and_types(tmp_path: Path) -> None:
    settings = TokenizerSettings(k=6, stride=3)
    store = make(tmp_path / "s", [bases(100)], tokenizer=settings)
    batch = training([store])[0]
    assert (batch.ids.shape, batch.labels.shape) == ((4, 4), (4, 12))
    assert batch.ids.dtype == batch.labels.dtype == torch.int64


def test_step_n_is_always_the_same_batch_so_a_restart_needs_no_state(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(500), bases(300, 1)])
    data = training([store])
    straight = list(DataLoader(data, batch_size=None))
    resumed = list(DataLoader(training([store]), batch_size=None, sampler=range(20, 50)))
    assert len(straight) == 50
    assert rows(straight[20:]) == rows(resumed)
    assert rows([data[3]]) != rows([data[4]])
    assert rows([data[3]]) != rows([training([store], seed=2)[3]])


def test_steps_bound_the_length(tmp_path: Path) -> None:
    data = training([make(tmp_path / "s", [bases(50)])], steps=3)
    assert len(data) == 3
    with pytest.raises(IndexError, match="step 3 of 3"):
        data[3]


def test_training_draws_every_start_of_train_regions_on_both_strands_and_no_other(
    tmp_path: Path,
) -> None:
    store = make(
        tmp_path / "s", [bases(40), bases(40, 1), bases(20, 2)], ["train", "test", "train"]
    )
    gather = WindowGather([store], 12)
    wanted = set()
    for region, last in ((0, 28), (2, 8)):
        for start in range(last + 1):
            column = np.array([1, 1])
            windows = Windows(
                column * 0,
                column * store.regions.offset[region],
                column * store.regions.tokens[region],
                column * start,
                np.array([False, True]),
            )
            wanted |= set(rows([gather(windows)]))
    seen = rows(list(DataLoader(training([store], steps=500), batch_size=None)))
    assert set(seen) == wanted


def test_training_without_reverse_complement_stays_forward(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(12)])
    seen = rows(list(DataLoader(training([store], reverse_complement=False), batch_size=None)))
    assert set(seen) == {(tuple(store.ids(0).tolist()), tuple(store.labels(0).tolist()))}


def test_half_the_windows_are_reversed(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(12)])
    seen = rows(list(DataLoader(training([store], steps=500), batch_size=None)))
    forward = seen.count((tuple(store.ids(0).tolist()), tuple(store.labels(0).tolist())))
    assert abs(forward / len(seen) - 0.5) < 0.05


def test_regions_are_drawn_by_their_bases_whatever_their_store(tmp_path: Path) -> None:
    big = make(tmp_path / "big", [np.zeros(900, np.uint8)])
    small = make(tmp_path / "small", [np.ones(10, np.uint8)] * 10)
    data = training([big, small], steps=500, reverse_complement=False)
    seen = torch.stack([batch.ids[:, 5] for batch in DataLoader(data, batch_size=None)])
    assert abs((seen == KmerTokenizer(3).vocabulary.id("CCC")).double().mean() - 0.1) < 0.03


def test_a_short_region_is_filled_with_unknown(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(5), bases(3, 1)], ["train", "test"])
    batch = training([store], reverse_complement=False, batch=1)[0]
    assert batch.ids[0].tolist() == store.ids(0).tolist() + [1] * 7
    assert batch.labels[0].tolist() == store.labels(0).tolist() + [255] * 7


def test_validation_windows_cover_the_split_once_in_order(tmp_path: Path) -> None:
    lengths = (30, 12, 50, 7)
    store = make(
        tmp_path / "s", [bases(n, n) for n in lengths], ["valid", "valid", "train", "valid"]
    )
    data = ValidationWindows([store, store], "valid", 12, 3)
    batches = [data[step] for step in range(len(data))]
    assert [len(batch.ids) for batch in batches] == [3, 3, 3, 1]
    labels = torch.cat([batch.labels.flatten() for batch in batches])
    once = np.concatenate([store.labels(index) for index in (0, 1, 3)])
    assert labels[labels != 255].tolist() == np.concatenate([once, once]).tolist()
    assert int((labels == 255).sum()) == 2 * (6 + 0 + 5)


def test_validation_count_spreads_evenly_and_is_fixed(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(1200)], ["valid"])
    every = rows([ValidationWindows([store], "valid", 12, 100)[0]])
    some = ValidationWindows([store], "valid", 12, 2, count=5)
    assert len(some) == 3
    assert rows([some[n] for n in range(3)]) == [every[n] for n in (10, 30, 50, 70, 90)]
    assert rows([ValidationWindows([store], "valid", 12, 100, count=999)[0]]) == every
    with pytest.raises(IndexError, match="batch 3 of 3"):
        some[3]


def test_no_region_of_the_split_says_which_there_are(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(50), bases(50)], ["test", "valid"])
    told = r"no region with split 'train' in store 's': the splits there are test, valid; choose"
    with pytest.raises(StoreError, match=told):
        training([store])
    with pytest.raises(StoreError, match="no region with split 'score'"):
        ValidationWindows([store], "score", 12, 4)


@pytest.mark.parametrize("build", [training, lambda s: ValidationWindows(s, "train", 12, 4)])
def test_stores_that_differ_are_refused_by_name(
    tmp_path: Path, build: Callable[[list[Store]], object]
) -> None:
    first = make(tmp_path / "one", [bases(50)])
    other = make(tmp_path / "two", [bases(50)], tokenizer=TokenizerSettings(k=6, stride=1))
    with pytest.raises(
        StoreError, match=r"stores 'one' and 'two' \(.*\) differ in their tokenizer, k3s1 and k6s1"
    ):
        build([first, other])
    labelled = make(tmp_path / "three", [bases(50)], scheme=stranded_scheme(["CDS"]))
    with pytest.raises(StoreError, match=r"'one' and 'three' \(.*\) differ in their label scheme"):
        build([first, labelled])


def test_training_needs_a_store_with_labels(tmp_path: Path) -> None:
    settings = TokenizerSettings(k=3, stride=1)
    piece = (Region("c", 0, 50), "train", KmerTokenizer(3).encode(bases(50)), None)
    bare = write_store(tmp_path / "bare", "bare", settings, None, [piece], {})
    with pytest.raises(StoreError, match="store 'bare' has no labels to train or evaluate on"):
        training([bare])
    with pytest.raises(StoreError, match="no store given"):
        training([])


def test_window_must_be_whole_cells(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(50)], tokenizer=TokenizerSettings(k=6, stride=5))
    with pytest.raises(ConfigError, match="window 12: use a positive multiple of the tokenizer's"):
        training([store])


def test_workers_open_the_store_themselves(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(500)])
    data = training([store], steps=6)
    loader = DataLoader(data, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    assert rows(list(loader)) == rows([data[n] for n in range(6)])
