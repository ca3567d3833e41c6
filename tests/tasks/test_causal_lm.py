"""The causal language model: nothing comes from what is ahead, and bits add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from language import NETWORKS, WORDS, bases, bundle_of, causal, tokenizer_of
from planted import planted_store, store_of_contigs

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.data.batch import Batch
from genoseq.errors import ConfigError
from genoseq.genome.sequences import reverse_complement_codes
from genoseq.inference.predict import Predictor
from genoseq.inference.sequence import predict
from genoseq.store.store import Store
from genoseq.tasks.causal_lm import CausalLm
from genoseq.tasks.registry import build_task, task_from_json
from genoseq.tokenizers.vocabulary import BOS

torch.set_num_threads(1)
EACH = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


@EACH
@pytest.mark.parametrize("at", [0, 17, 40, 59])
def test_value_of_a_base_does_not_depend_on_those_after_it(
    network: dict[str, Any], at: int
) -> None:
    model = causal(network)
    task, tokenizer, codes = (
        CausalLm(model.settings.stride),
        tokenizer_of(model.settings),
        bases(2, 60),
    )
    changed = codes.clone()
    changed[:, at] = (codes[:, at] + 1) % 4
    before, after = (task.predicted(model, tokenizer, each) for each in (codes, changed))
    assert torch.equal(before[:, :at], after[:, :at])
    assert (before[:, at, 0] != after[:, at, 0]).all()
    if at < 58:
        assert (before[:, at + 1 :, 0] != after[:, at + 1 :, 0]).any()


@EACH
def test_bits_of_all_words_are_those_of_certainty(network: dict[str, Any]) -> None:
    """Of all sequences of six bases the chances add up to one."""
    model = causal(network)
    step = model.settings.stride
    task, tokenizer = CausalLm(step), tokenizer_of(model.settings)
    length = step * max(1, 4 // step)
    every = torch.cartesian_prod(*[torch.arange(4, dtype=torch.uint8)] * length)
    bits = task.predicted(model, tokenizer, every.view(-1, length))[..., 0].double().sum(1)
    assert float(torch.exp2(-bits).sum()) == pytest.approx(1, abs=1e-5)


@EACH
def test_loss_is_the_mean_of_the_bits_that_are_told(network: dict[str, Any]) -> None:
    model = causal(network)
    task, codes = CausalLm(model.settings.stride), bases(3, 36)
    ids = torch.from_numpy(tokenizer_of(model.settings).encode_rows(codes.numpy()).astype(np.int64))
    shown, targets = task.prepare(Batch(ids, None, codes), np.random.default_rng(1))
    total, weight = task.loss(model(shown), targets)
    values = task.judged(model(shown), targets)
    assert int(weight) == 3 * 36
    assert float(total / weight) == pytest.approx(float(values[..., 0].mean()), abs=1e-5)
    assert (shown[:, 0] == BOS).all()


def test_words_with_n_are_not_learned_and_are_shown_as_the_begin() -> None:
    model = causal(NETWORKS["lstm"])
    task, codes = CausalLm(3), bases(1, 12)
    codes[0, 4] = 4
    ids = torch.from_numpy(tokenizer_of(model.settings).encode_rows(codes.numpy()).astype(np.int64))
    shown, targets = task.prepare(Batch(ids, None, codes), np.random.default_rng(1))
    assert (shown[0] == BOS).tolist() == [True, False, True, False]
    _, weight = task.loss(model(shown), targets)
    assert int(weight) == 9
    values = task.judged(model(shown), targets)[0, :, 0]
    assert values.isnan().nonzero().flatten().tolist() == [4, 5]


def test_predictor_gives_the_values_of_rows_whatever_fills_them_up() -> None:
    model = causal(NETWORKS["registers"])
    predictor, codes = Predictor(bundle_of(model)), bases(4, 60).numpy()
    codes[1, 30:] = 4
    values = predictor(codes, bases=np.array([60, 30, 60, 60]))
    alone = predictor(codes[1:2, :30])
    np.testing.assert_allclose(values[:, 1, :30], alone[:, 0], atol=1e-5)
    with pytest.raises(ConfigError, match=r"a causal-lm has no logits of bases: use values"):
        predictor(codes, told="logits")
    assert predictor(codes, told="hidden").shape == (16, 4, 60)


def test_tracks_are_bits_of_either_strand_and_their_mean() -> None:
    model = causal(NETWORKS["window"])
    letters = bases(1, 400).numpy()[0]
    letters[100] = 4
    found = predict(bundle_of(model), letters)
    mirrored = predict(bundle_of(model), reverse_complement_codes(letters))[::-1]
    np.testing.assert_array_equal(found, mirrored[:, [1, 0, 2]])
    known = ~np.isnan(found).any(1)
    np.testing.assert_allclose(found[known, 2], found[known, :2].mean(1), atol=1e-6)
    # Of a word that holds an N, the bases before it on that strand are told.
    missing = [np.flatnonzero(np.isnan(found[:, channel])).tolist() for channel in range(2)]
    assert all(100 in each and len(each) <= 3 for each in missing)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("bare")
    codes = bases(1, 900).numpy()[0]
    return store_of_contigs(folder / "store", None, [("c", "train", codes, None)])


def test_network_that_sees_ahead_is_refused_with_what_to_write(store: Store) -> None:
    settings = parse_settings(
        RunSettings, {"task": {"name": "causal-lm"}, "model": {"tied_strands": True}}
    )
    with pytest.raises(ConfigError) as error:
        build_task(settings, [store])
    said = " ".join(error.value.problems)
    for words in (
        "tied_strands: a causal-lm reads one strand",
        "k 3 at stride 1 gives the next base away: write k: 3, stride: 3",
        "model.stem sees what comes next: write causal: true, or stem: null",
        "model.encoder sees what comes next (bidirectional lstm, 1 x 64): write bidirectional: f",
    ):
        assert words in said
    wide = NETWORKS["lstm"] | {"tokenizer": {"k": 7, "stride": 7}}
    settings = parse_settings(RunSettings, {"task": {"name": "causal-lm"}, "model": wide})
    with pytest.raises(ConfigError, match=r"^model: a step of 7 bases has 4\^7 words"):
        build_task(settings, [store])


@EACH
def test_networks_of_these_tests_are_accepted(network: dict[str, Any], store: Store) -> None:
    settings = parse_settings(RunSettings, {"task": {"name": "causal-lm"}, "model": network})
    task = build_task(settings, [store])
    assert task == task_from_json(task.to_json()) == CausalLm(settings.model.stride)
    assert task.misfits([store], "the model", "test") == [
        "no region of split 'test': the stores have train"
    ]


def test_values_that_a_language_model_does_not_have_are_refused() -> None:
    task = CausalLm(3)
    with pytest.raises(ConfigError, match=r"log-odds are of classes, and this model is a causal-"):
        task.output("log-odds")
    with pytest.raises(ConfigError, match=r"codon phases are of classes"):
        task.output(by_phase=True)
    with pytest.raises(ConfigError, match=r"not a causal-lm: it has bases, 1 to 6"):
        task_from_json({"name": "causal-lm", "bases": 9})


def test_bundle_of_unlabelled_store_is_trained_and_evaluated(tmp_path: Path) -> None:
    """What repeats is learned: the bits of a repeat fall far below those of noise."""
    import genoseq as gs

    repeat = np.tile(np.array([0, 3, 2, 2, 1, 3, 0], np.uint8), 400)
    rows = [(name, name, repeat, None) for name in ("train", "valid", "test")]
    made = store_of_contigs(tmp_path / "store", None, rows)
    training = {"steps": 80, "window": 120, "batch": 8, "validate_every": 80, "learning_rate": 0.03}
    model = WORDS | {"encoder": {"width": 24, "bidirectional": False}}
    settings = {"task": {"name": "causal-lm"}, "model": model, "training": training}
    bundle = gs.fit([made], settings, tmp_path / "model")
    found = gs.evaluate(bundle, [made])
    assert found.metrics["bits_per_base"] < 1
    assert found.metrics["accuracy"] > 0.7
    assert found.rows[0]["support"] == found.metrics["bases"] == len(repeat)


def test_stores_with_labels_and_without_are_learned_from_together(tmp_path: Path) -> None:
    import genoseq as gs

    labelled = planted_store(tmp_path / "labelled", ("train", 1_500), ("valid", 900))
    bare = store_of_contigs(
        tmp_path / "bare", None, [("c", "train", bases(1, 900).numpy()[0], None)]
    )
    training = {"steps": 3, "window": 120, "batch": 2, "validate_every": 3}
    settings = {"task": {"name": "causal-lm"}, "model": NETWORKS["lstm"], "training": training}
    made = gs.fit([labelled, bare], settings, tmp_path / "model")
    assert made.provenance["inputs"].keys() == {"planted", "bare"}
    assert made.metrics["valid"]["bases"] == 900
    assert made.provenance["task"] == {"name": "causal-lm"}
    with pytest.raises(gs.GenoseqError, match=r"bare.* has no labels"):
        gs.fit([labelled, bare], {"training": training}, tmp_path / "other")
