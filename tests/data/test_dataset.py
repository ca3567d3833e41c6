from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from planted import store_of_contigs
from torch.utils.data import DataLoader

from genoseq.config.schema import TokenizerSettings
from genoseq.data.batch import Batch
from genoseq.data.dataset import TrainingWindows, ValidationWindows
from genoseq.data.gather import WindowGather, regions_of_split
from genoseq.errors import ConfigError, StoreError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import (
    ClassScheme,
    Scheme,
    cds_phase_scheme,
    signal_scheme,
    stranded_scheme,
)
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.store.store import Store
from genoseq.store.write import write_store
from genoseq.tokenizers.alignment import left_context
from genoseq.tokenizers.kmer import KmerTokenizer

SCHEME = cds_phase_scheme()
SIGNALS = signal_scheme([("cage", "+"), ("cage", "-"), ("atac", ".")])
K3 = TokenizerSettings(k=3, stride=1)


def bases(length: int, seed: int = 0, letters: int = 4) -> Codes:
    return np.random.default_rng(seed).integers(0, letters, length).astype(np.uint8)


def labels_of(length: int, scheme: Scheme, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if isinstance(scheme, ClassScheme):
        labels = rng.integers(0, len(scheme) + 1, length).astype(np.uint8)
        labels[labels == len(scheme)] = 255
        labels[:1] = 0
        return labels
    return rng.random((length, len(scheme)), np.float32)


def make(
    path: Path,
    sequences: list[Codes],
    splits: list[str] | None = None,
    scheme: Scheme | None = SCHEME,
) -> Store:
    """A store of contigs, each a region, with labels by their number."""
    rows = [
        (f"c{i}", split, codes, None if scheme is None else labels_of(len(codes), scheme, i))
        for i, (codes, split) in enumerate(
            zip(sequences, splits or ["train"] * len(sequences), strict=True)
        )
    ]
    return store_of_contigs(path, scheme, rows)


def make_inside(path: Path, seed: int, scheme: Scheme = SCHEME) -> Store:
    """A store of regions that lie inside contigs, side by side, one of them of a single base."""
    rng = np.random.default_rng(seed)
    contigs, pieces = [], []
    for name in ("a", "b"):
        length = int(rng.integers(120, 200))
        contigs.append((name, [bases(length, seed + length, letters=5)]))
        cuts = np.sort(rng.choice(length, 7, replace=False)).tolist()
        for start, end in pairwise(cuts):
            split = ("train", "train", "valid")[int(rng.integers(3))]
            pieces.append((Region(name, start, end), split, labels_of(end - start, scheme, end)))
    first = min(1, cuts[0])
    pieces.append((Region("b", 0, first), "train", labels_of(first, scheme)))
    return write_store(path, path.name, scheme, contigs, pieces, {})


Window = tuple[list[int], list[float], list[int]]


def reference(
    store: Store,
    index: int,
    tokenizer: TokenizerSettings,
    start: int,
    tokens: int,
    flipped: bool,
) -> Window:
    """Ids, labels and codes of a window: the whole region is tokenized, then cut."""
    scheme, region = store.scheme, store.regions[index]
    assert scheme is not None
    k, stride = tokenizer.k, tokenizer.stride
    kmers = KmerTokenizer(k, stride)
    own = store.codes(region.chrom, region.start, region.end)
    labels = np.asarray(store.region_labels(index), np.float64)
    ids = [*kmers.encode(own).tolist(), *[1] * tokens][start : start + tokens]
    shift = (k - stride) % 2 if flipped else 0
    first, size = start * stride + shift, tokens * stride
    codes = [*own.tolist(), *[N] * (size + shift)][first : first + size]
    empty = np.full((size + shift, *labels.shape[1:]), scheme.unknown)
    rows = np.concatenate([labels, empty])[first : first + size]
    if flipped:
        ids = kmers.reverse_complement(np.array(ids)).tolist()
        codes = [3 - code if code < 4 else N for code in codes[::-1]]
        rows = rows[::-1]
        if isinstance(scheme, ClassScheme):
            mirror = {**dict(enumerate(scheme.reverse_permutation.tolist())), 255: 255}
            rows = np.array([mirror[int(label)] for label in rows], np.float64)
        else:
            rows = rows[:, scheme.reverse_permutation]
    return ids, rows.tolist(), codes


def rows(batches: list[Batch]) -> list[Window]:
    found = []
    for batch in batches:
        assert batch.labels is not None
        assert batch.ids.dtype == torch.int64
        assert batch.codes.dtype == torch.uint8
        for ids, labels, codes in zip(batch.ids, batch.labels, batch.codes, strict=True):
            found.append((ids.tolist(), labels.double().tolist(), codes.tolist()))
    return found


def same(found: list[Window], expected: list[Window]) -> None:
    """That they are equal, NaN included."""
    assert len(found) == len(expected)
    for own, other in zip(found, expected, strict=True):
        assert own[0] == other[0]
        np.testing.assert_array_equal(np.float32(own[1]), np.float32(other[1]))
        assert own[2] == other[2]


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
    data = TrainingWindows(stores, tokenizer, tokens * shape[1], 5, seed, True, 4)

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


def training(
    stores: list[Store], tokenizer: TokenizerSettings = K3, **changes: int
) -> TrainingWindows:
    settings = {"window": 12, "batch": 4, "seed": 1, "reverse_complement": True, "steps": 50}
    return TrainingWindows(stores, tokenizer, **(settings | changes))


def test_training_batch_has_shapes_and_types(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(100)])
    batch = training([store], TokenizerSettings(k=6, stride=3))[0]
    assert batch.labels is not None
    assert (batch.ids.shape, batch.labels.shape, batch.codes.shape) == ((4, 4), (4, 12), (4, 12))
    assert batch.ids.dtype == batch.labels.dtype == torch.int64
    signals = training([make(tmp_path / "t", [bases(100)], scheme=SIGNALS)])[0].labels
    assert signals is not None
    assert (signals.shape, signals.dtype) == ((4, 12, 3), torch.float32)


def test_stores_without_labels_give_tokens_and_bases(tmp_path: Path) -> None:
    bare = make(tmp_path / "bare", [bases(50)], scheme=None)
    full = make(tmp_path / "full", [bases(50)], scheme=SIGNALS)
    for step in range(5):
        batch, other = training([bare])[step], training([full])[step]
        assert batch.labels is None
        assert torch.equal(batch.ids, other.ids)
        assert torch.equal(batch.codes, other.codes)


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
    wanted = [
        reference(store, region, K3, start, 12, flipped)
        for region, last in ((0, 28), (2, 8))
        for start in range(last + 1)
        for flipped in (False, True)
    ]
    seen = rows(list(DataLoader(training([store], steps=500), batch_size=None)))
    assert {tuple(ids) for ids, _, _ in seen} == {tuple(ids) for ids, _, _ in wanted}


def test_training_without_reverse_complement_stays_forward(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(12)])
    seen = rows(list(DataLoader(training([store], reverse_complement=False), batch_size=None)))
    same(seen, [reference(store, 0, K3, 0, 12, False)] * len(seen))


def test_half_the_windows_are_reversed(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(12)])
    seen = rows(list(DataLoader(training([store], steps=500), batch_size=None)))
    forward = seen.count(reference(store, 0, K3, 0, 12, False))
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
    same(rows([batch]), [reference(store, 0, K3, 0, 12, False)])
    assert batch.ids[0, 4:].tolist() == [1] * 8
    assert batch.codes[0, 5:].tolist() == [N] * 7


def test_validation_windows_cover_the_split_once_in_order(tmp_path: Path) -> None:
    lengths = (30, 12, 50, 7)
    store = make(
        tmp_path / "s", [bases(n, n) for n in lengths], ["valid", "valid", "train", "valid"]
    )
    data = ValidationWindows([store, store], K3, "valid", 12, 3)
    batches = [data[step] for step in range(len(data))]
    assert [len(batch.ids) for batch in batches] == [3, 3, 3, 1]
    seen = torch.cat([batch.codes.flatten() for batch in batches])
    once = np.concatenate([bases(n, n) for n in (30, 12, 7)])
    assert seen[seen != N].tolist() == np.concatenate([once, once]).tolist()
    assert int((seen == N).sum()) == 2 * (6 + 0 + 5)


def test_validation_count_spreads_evenly_and_is_fixed(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(1200)], ["valid"])
    every = rows([ValidationWindows([store], K3, "valid", 12, 100)[0]])
    some = ValidationWindows([store], K3, "valid", 12, 2, count=5)
    assert len(some) == 3
    assert rows([some[n] for n in range(3)]) == [every[n] for n in (10, 30, 50, 70, 90)]
    assert rows([ValidationWindows([store], K3, "valid", 12, 100, count=999)[0]]) == every
    with pytest.raises(IndexError, match="batch 3 of 3"):
        some[3]


def test_no_region_of_the_split_says_which_there_are(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(50), bases(50)], ["test", "valid"])
    told = r"no region with split 'train' in store 's': the splits there are test, valid; choose"
    with pytest.raises(StoreError, match=told):
        training([store])
    with pytest.raises(StoreError, match="no region with split 'score'"):
        ValidationWindows([store], K3, "score", 12, 4)


@pytest.mark.parametrize("build", [training, lambda s: ValidationWindows(s, K3, "train", 12, 4)])
def test_stores_that_differ_are_refused_by_name(
    tmp_path: Path, build: Callable[[list[Store]], object]
) -> None:
    first = make(tmp_path / "one", [bases(50)])
    labelled = make(tmp_path / "three", [bases(50)], scheme=stranded_scheme(["CDS"]))
    with pytest.raises(StoreError, match=r"'one' and 'three' \(.*\) have different labels"):
        build([first, labelled])


def test_training_needs_a_store_and_a_known_label(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store given"):
        training([])
    unknown = ("c", "train", bases(50), np.full(50, 255, np.uint8))
    store = store_of_contigs(tmp_path / "s", SCHEME, [unknown])
    with pytest.raises(StoreError, match="no base of split 'train' has a known label"):
        training([store])


def test_window_must_be_whole_tokens(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(50)])
    with pytest.raises(ConfigError, match="window 12: use a positive multiple of the tokenizer's"):
        training([store], TokenizerSettings(k=6, stride=5))


def test_workers_open_the_store_themselves(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(500)])
    data = training([store], steps=6)
    loader = DataLoader(data, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    assert rows(list(loader)) == rows([data[n] for n in range(6)])
