"""Batches of pairs: the same for the same number, rows of one length, shared by processes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pairs import LONGEST, toy_store

from genoseq.config.schema import ModelSettings, TrainingSettings
from genoseq.data.dataset import Share
from genoseq.data.pairs import TrainingPairs, ValidationPairs, check_lengths
from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.store.pairs import PairStore
from genoseq.tokenizers.vocabulary import FIRST_KMER

BASES = ModelSettings.model_validate({"tokenizer": {"k": 1}, "stem": None})
STEMMED = ModelSettings()
TRAINING = TrainingSettings(window=12, batch=16, steps=400)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> PairStore:
    return toy_store(tmp_path_factory.mktemp("pairs"))


def test_training_pairs_depend_on_the_number_alone(store: PairStore) -> None:
    one, two = (TrainingPairs([store], BASES, TRAINING) for _ in range(2))
    _ = one[3]
    for ours, theirs in zip(one[7], two[7], strict=True):
        assert torch.equal(ours, theirs)
    assert one[7].ids.shape != one[8].ids.shape or not torch.equal(one[7].ids, one[8].ids)
    with pytest.raises(IndexError):
        _ = one[400]


def test_training_pairs_are_pairs_of_the_store(store: PairStore) -> None:
    known = {
        store.source(number).tobytes(): store.alphabet.encode(store.target(number)).tobytes()
        for number in store.of_split("train")
    }
    batch = TrainingPairs([store], BASES, TRAINING)[0]
    for ids, length, letters in zip(*batch, strict=True):
        own = (ids[: int(length)] - FIRST_KMER).numpy().astype(np.uint8)
        target = letters[letters != UNKNOWN_LABEL].numpy().astype(np.uint8)
        assert known[own.tobytes()] == target.tobytes()


def test_training_pairs_are_of_about_one_length_and_fill_the_batch(store: PairStore) -> None:
    data = TrainingPairs([store], BASES, TRAINING)
    seen = np.zeros(LONGEST + 1)
    for number in range(200):
        lengths = data[number].lengths.numpy()
        assert lengths.max() - lengths.min() <= 1
        assert len(lengths) == 16 * 12 // lengths.max()
        seen += np.bincount(lengths, minlength=LONGEST + 1)
    real = store.lengths[store.of_split("train"), 0]
    wanted = np.bincount(real, minlength=LONGEST + 1) / len(real)
    assert np.abs(seen / seen.sum() - wanted).max() < 0.05


@pytest.mark.parametrize("of", [2, 3])
def test_processes_share_a_batch(store: PairStore, of: int) -> None:
    for kind in ("train", "valid"):
        shares = [Share(rank, of) for rank in range(of)]
        if kind == "train":
            whole = TrainingPairs([store], STEMMED, TRAINING)[5]
            parts = [TrainingPairs([store], STEMMED, TRAINING, share=s)[5] for s in shares]
        else:
            whole = ValidationPairs([store], STEMMED, TRAINING, "valid")[2]
            parts = [
                ValidationPairs([store], STEMMED, TRAINING, "valid", None, each)[2]
                for each in shares
            ]
        for field in whole._fields:
            joined = torch.cat([getattr(part, field) for part in parts])
            assert torch.equal(joined, getattr(whole, field))


def test_validation_pairs_are_each_once(store: PairStore) -> None:
    data = ValidationPairs([store], STEMMED, TRAINING, "valid")
    batches = [data[number] for number in range(len(data))]
    assert sum(len(batch.ids) for batch in batches) == len(store.of_split("valid"))
    assert all(batch.ids.shape[1] % 3 == 0 for batch in batches)
    assert all(len(batch.ids) * int(batch.lengths.max()) <= 16 * 12 for batch in batches)
    few = ValidationPairs([store], STEMMED, TRAINING, "valid", 5)
    assert sum(len(few[number].ids) for number in range(len(few))) == 5


def test_damage_comes_as_asked(store: PairStore) -> None:
    augment = {"indels": 0.3, "substitutions": 0.3, "shortest": None, "begin": 0, "full": 0}
    training = TrainingSettings.model_validate({**TRAINING.model_dump(), "augment": augment})
    damaged = TrainingPairs([store], BASES, training)
    assert sum(
        not torch.equal(damaged[number].lengths, TrainingPairs([store], BASES, TRAINING)[number][1])
        for number in range(20)
    )
    assert torch.equal(damaged[3].ids, TrainingPairs([store], BASES, training)[3].ids)


def test_check_lengths_names_what_is_too_short(store: PairStore) -> None:
    check_lengths([store], LONGEST, LONGEST)
    with pytest.raises(ConfigError) as caught:
        check_lengths([store], 8, 7)
    first, second = caught.value.problems
    assert first.startswith("training.window 8: the longest sequence of a pair has 9 letters")
    assert second == "task.longest 7: the longest target has 9 letters: raise it"
