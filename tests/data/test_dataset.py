from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from labelled import K3, SCHEME, SIGNALS, bases, make, reference, rows, same
from planted import store_of_contigs
from torch.utils.data import DataLoader

from genoseq.config.base import parse_settings
from genoseq.config.schema import TokenizerSettings
from genoseq.config.training import TrainingSettings
from genoseq.data.dataset import TrainingWindows, ValidationWindows
from genoseq.errors import ConfigError, StoreError
from genoseq.genome.schemes import (
    stranded_scheme,
)
from genoseq.genome.sequences import N
from genoseq.store.store import Store
from genoseq.tokenizers.kmer import KmerTokenizer


def training(
    stores: list[Store], tokenizer: TokenizerSettings = K3, **changes: int
) -> TrainingWindows:
    settings = {"batch": 4, "seed": 1, "reverse_complement": True, "steps": 50}
    return TrainingWindows(
        stores, tokenizer, 12, parse_settings(TrainingSettings, settings | changes)
    )


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
    with pytest.raises(IndexError, match="batch 3 of 3"):
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
