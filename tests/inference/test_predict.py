"""Predictions: equivariant, and equal to the plain module on both strands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
import torch
from kernel_sets import COMPILED, of_int8
from number_format import computed_or_refused

from genoseq.config.base import parse_settings
from genoseq.config.context import longest_window
from genoseq.config.schema import ModelSettings
from genoseq.errors import BackendError, ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import Scheme, cds_phase_scheme, signal_scheme, stranded_scheme
from genoseq.genome.sequences import reverse_complement_codes
from genoseq.genome.windows import Window
from genoseq.inference.batches import predict_windows
from genoseq.inference.predict import Predictor
from genoseq.inference.sequence import OneSequence
from genoseq.inference.strands import predict_regions
from genoseq.inference.windows import StrandWindow
from genoseq.kernels.cpu.library import VARIABLE
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.tasks.per_base import PerBase
from genoseq.tokenizers.kmer import KmerTokenizer

NETWORKS: list[dict[str, Any]] = [
    {},
    {"stem": None, "tokenizer": {"k": 3, "stride": 3}},
    {"stem": None, "tokenizer": {"k": 1}, "encoder": {"family": "gru", "layers": 2}},
    {"tokenizer": {"k": 6}, "encoder": {"family": "rnn", "bidirectional": False}},
]
SMALL = {"family": "transformer", "layers": 2, "width": 8, "heads": 2, "window": 5}
TRANSFORMERS: list[dict[str, Any]] = [
    {"encoder": SMALL},
    {"encoder": SMALL | {"registers": 2, "window": None, "key_value_heads": 1}},
    {"encoder": SMALL, "stem": None, "tokenizer": {"k": 3, "stride": 3}},
]


def random_codes(rows: int, bases: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(1).integers(0, 5, (rows, bases)).astype(np.uint8)


def random_bundle(changes: dict[str, Any], scheme: Scheme) -> Bundle:
    settings = parse_settings(ModelSettings, {"embedding": 8, "encoder": {"width": 8}} | changes)
    torch.manual_seed(0)
    task = PerBase(scheme)
    return Bundle(build_model(settings, task).eval(), settings, task, 0)


def both_strands(predictor: Predictor, codes: Any) -> Any:
    """Predictions (S, L) of one window on both strands, joined."""
    forward, reverse = predictor(codes[None]), predictor(reverse_complement_codes(codes)[None])
    return predictor.mean(forward[:, 0], predictor.mirrored(reverse[:, 0]))


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("changes", NETWORKS + TRANSFORMERS)
def test_predictor_is_the_mean_of_both_strands(changes: dict[str, Any], folded: bool) -> None:
    scheme = cds_phase_scheme()
    bundle = random_bundle(changes, scheme)
    settings = bundle.settings
    codes = random_codes(2, 48)

    def one_strand(rows: Any) -> Any:
        tokenizer = KmerTokenizer(settings.tokenizer.k, settings.tokenizer.stride)
        ids = tokenizer.encode_rows(rows).astype(np.int64)
        with torch.inference_mode():
            return bundle.model(torch.from_numpy(ids)).softmax(-1).numpy()

    predictor = Predictor(bundle, "cpu", "fp32", folded)
    reverse = reverse_complement_codes(codes)
    plus, minus = one_strand(codes), one_strand(reverse)
    np.testing.assert_allclose(predictor(codes), plus.transpose(2, 0, 1), atol=1e-6)
    expected = (plus + minus[:, ::-1][..., scheme.reverse_permutation]) / 2
    np.testing.assert_allclose(both_strands(predictor, codes[1]), expected[1].T, atol=1e-6)


def test_predictor_drops_nothing_in_a_head_that_was_left_in_training() -> None:
    bundle = random_bundle({}, cds_phase_scheme())
    bundle.model.head = torch.nn.Sequential(torch.nn.Dropout(0.5), bundle.model.head)
    codes = random_codes(1, 48)
    expected = Predictor(bundle, "cpu", "fp32")(codes)
    bundle.model.train()
    np.testing.assert_array_equal(Predictor(bundle, "cpu", "fp32")(codes), expected)


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("changes", [{}, *TRANSFORMERS])
@pytest.mark.parametrize("scheme", [cds_phase_scheme(), signal_scheme([("r", "+"), ("r", "-")])])
def test_predictor_of_tied_strands_is_the_model(
    scheme: Scheme, changes: dict[str, Any], folded: bool
) -> None:
    bundle = random_bundle(changes | {"tied_strands": True}, scheme)
    codes = random_codes(2, 48)
    tokenizer = KmerTokenizer(3, bundle.settings.tokenizer.stride)
    ids = tokenizer.encode_rows(codes).astype(np.int64)
    with torch.inference_mode():
        expected = bundle.task.values(bundle.model(torch.from_numpy(ids)))
    predictor = Predictor(bundle, "cpu", "fp32", folded)
    for row, told in zip(codes, expected, strict=True):
        np.testing.assert_allclose(both_strands(predictor, row), told.T, atol=3e-6)


@pytest.mark.parametrize("core", [300, 1_500])
def test_windowed_transformer_needs_no_more_than_its_reach(core: int) -> None:
    bundle = random_bundle({"encoder": SMALL}, cds_phase_scheme())
    reach = bundle.settings.reach
    assert reach == 36
    contig = OneSequence(random_codes(1, 3_000)[0])
    whole = [Region("sequence", 0, 3_000)]

    def predicted(bases: int, context: int) -> Any:
        predictor = Predictor(replace(bundle, context=context), "cpu", "fp32")
        pieces = predict_regions(predictor, contig, whole, window_bases=bases, batch_bases=9_000)
        return np.concatenate([piece.values for piece in pieces], axis=1)

    all_seen = predicted(6_000, reach)
    np.testing.assert_allclose(predicted(core + 2 * reach, reach), all_seen, atol=1e-6)
    np.testing.assert_allclose(predicted(core + 600, 300), all_seen, atol=1e-6)
    near = predicted(132, reach - 6)
    assert not np.allclose(near, all_seen, atol=1e-6)


@pytest.mark.parametrize(
    "scheme",
    [cds_phase_scheme(), stranded_scheme(["exon"]), signal_scheme([("r", "+"), ("r", "-")])],
)
def test_predictor_swaps_strands_on_the_reverse_complement(scheme: Scheme) -> None:
    for tied in (False, True):
        predictor = Predictor(random_bundle({"tied_strands": tied}, scheme), "cpu", "fp32")
        codes = random_codes(1, 96)[0]
        forward = both_strands(predictor, codes)
        reverse = both_strands(predictor, reverse_complement_codes(codes))
        np.testing.assert_array_equal(forward, predictor.mirrored(reverse))


@pytest.mark.parametrize("changes", NETWORKS)
def test_predictor_runs_windows_longer_than_a_kernel_takes(changes: dict[str, Any]) -> None:
    bundle = random_bundle(changes, cds_phase_scheme())
    codes = random_codes(2, 480)
    whole = Predictor(bundle, "cpu", "fp32")(codes)
    bundle.model.encoder.chunk = 7
    np.testing.assert_allclose(Predictor(bundle, "cpu", "fp32")(codes), whole, atol=1e-6)


def test_predictor_probabilities_add_up_to_one(bundle: Bundle) -> None:
    predicted = Predictor(bundle, "cpu", "fp32")(random_codes(2, 96))
    np.testing.assert_allclose(predicted.sum(0), 1, atol=1e-6)


def test_predictor_in_bf16_stays_near_fp32(bundle: Bundle) -> None:
    codes = random_codes(4, 384)
    exact = Predictor(bundle, "cpu", "fp32")(codes)
    with computed_or_refused("bf16"):
        rough = Predictor(bundle, "cpu", "bf16")(codes)
        assert not np.array_equal(exact, rough)
        assert np.abs(exact - rough).mean() < 0.01


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("family", ["rnn", "gru", "lstm"])
def test_predictions_are_the_same_bits_by_every_set_of_kernels(
    family: str, precision: Literal["fp32", "int8"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a genome has the same tracks on each processor."""
    bundle = random_bundle({"encoder": {"family": family, "width": 20}}, cds_phase_scheme())
    codes, told = random_codes(5, 960), []
    for name in of_int8() if precision == "int8" else COMPILED:
        if isinstance(name, str):
            monkeypatch.setenv(VARIABLE, name)
            told.append(Predictor(bundle, "cpu", precision)(codes))
    assert all(np.array_equal(each, told[0]) for each in told)


def test_predictor_reads_signals_in_fp32() -> None:
    bundle = random_bundle({}, signal_scheme([("cage", ".")]))
    with computed_or_refused("bf16"):
        values = Predictor(bundle, "cpu", "bf16")(random_codes(1, 3_000))
        assert len(np.unique(values)) > 2_500  # bf16 has 300 numbers in their range


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_predictor_leaves_the_bundle_as_it_was(
    bundle: Bundle, precision: Literal["fp32", "bf16"]
) -> None:
    before = {name: tensor.clone() for name, tensor in bundle.model.state_dict().items()}
    with computed_or_refused(precision):
        Predictor(bundle, "cpu", precision)(random_codes(1, 96))
    assert bundle.model.encoder.recurrent.batch_first
    for name, tensor in bundle.model.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_predictor_says_when_there_is_no_such_device(bundle: Bundle) -> None:
    with pytest.raises(BackendError, match="device 'tpu': use cpu, cuda"):
        Predictor(bundle, "tpu")


def longest(bundle: Bundle, asked: int | None = None) -> int:
    return longest_window(bundle.settings, bundle.context, asked)


def test_longest_window_is_the_model_s_own_where_its_reach_has_no_bound(bundle: Bundle) -> None:
    assert longest(bundle) == longest(bundle, 4_000) == longest(bundle, 50_000) == 15_360
    assert longest(replace(bundle, context=1_536)) == 15_360
    assert (
        longest(replace(bundle, context=3_072)) == longest(replace(bundle, context=6_000)) == 30_720
    )
    assert longest(replace(bundle, context=9_000)) == 36_000
    full = random_bundle({"encoder": SMALL | {"window": None}}, cds_phase_scheme())
    assert longest(replace(full, context=768), 9_000) == 4 * 768


def test_longest_window_is_free_where_the_reach_has_a_bound() -> None:
    windowed = replace(random_bundle({"encoder": SMALL}, cds_phase_scheme()), context=768)
    assert longest(windowed) == 15_360
    assert longest(windowed, 4_000) == 3_999
    with pytest.raises(ConfigError, match=r"a window of 1538 bp has no room .*: use 3075 or more"):
        longest(windowed, 1_538)


@pytest.mark.parametrize("any_lengths", [True, False])
@pytest.mark.parametrize("batch_bases", [1, 100, 1000])
def test_predict_windows_keeps_the_order_of_windows_of_all_sizes(
    bundle: Bundle, batch_bases: int, any_lengths: bool
) -> None:
    predictor = Predictor(bundle, "cpu", "fp32")
    sizes = [12, 48, 12, 12, 96, 48] * 9 + [96] + [12] * 40
    codes = [random_codes(1, size + 12)[0] for size in sizes]
    given = [
        StrandWindow("c", "+", Window(0, len(row), 7, len(row) - 7), number, number + 1, row, 112)
        for number, row in enumerate(codes)
    ]

    def predict(codes: Any, bases: Any, wanted: range) -> Any:
        assert 0 < len(wanted) <= codes.shape[1] - 14
        return predictor(codes, "values", bases, wanted)

    found = list(predict_windows(predict, given, batch_bases, any_lengths))
    assert [window.start for window, _ in found] == list(range(len(sizes)))
    for window, values in found:
        alone = predictor(window.codes[None])[:, 0, 7:-7]
        np.testing.assert_allclose(values, alone, atol=1e-6)


@pytest.mark.parametrize("kernels", ["torch", *COMPILED])
@pytest.mark.parametrize("changes", NETWORKS + TRANSFORMERS)
def test_predictor_gives_the_bases_that_are_wanted(
    changes: dict[str, Any], kernels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, kernels)
    predictor = Predictor(random_bundle(changes, cds_phase_scheme()), "cpu", "fp32")
    codes, bases = random_codes(4, 144), np.array([144, 72, 144, 24])
    found = predictor(codes, "values", bases, range(17, 65))
    whole = predictor(codes, "values", bases)
    for row, end in enumerate(np.minimum(bases, 65)):
        assert np.array_equal(found[:, row, 17:end], whole[:, row, 17:end])
