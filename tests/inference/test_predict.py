"""Predictions: equivariant, and equal to the plain module on both strands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
import torch
from number_format import computed_or_refused

from genoseq.config.base import parse_settings
from genoseq.config.context import core_length
from genoseq.config.schema import ModelSettings
from genoseq.errors import BackendError, ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import Scheme, cds_phase_scheme, signal_scheme, stranded_scheme
from genoseq.genome.sequences import reverse_complement_codes
from genoseq.genome.windows import tile
from genoseq.inference.predict import Predictor, predict_windows
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


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("changes", NETWORKS + TRANSFORMERS)
def test_predictor_is_the_mean_of_both_strands(changes: dict[str, Any], folded: bool) -> None:
    scheme = cds_phase_scheme()
    bundle = random_bundle(changes, scheme)
    settings = bundle.settings
    codes = random_codes(2, 48)

    def one_strand(rows: Any) -> Any:
        tokenizer = KmerTokenizer(settings.tokenizer.k, settings.tokenizer.stride)
        ids = np.stack([tokenizer.encode(row) for row in rows]).astype(np.int64)
        with torch.inference_mode():
            return bundle.model(torch.from_numpy(ids)).softmax(-1).numpy()

    plus = one_strand(codes)
    minus = one_strand(reverse_complement_codes(codes))[:, ::-1][..., scheme.reverse_permutation]
    expected = ((plus + minus) / 2).transpose(2, 0, 1)[:, :, 12:36]
    found = Predictor(bundle, "cpu", "fp32", folded)(codes, 12)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_predictor_drops_nothing_in_a_head_that_was_left_in_training() -> None:
    bundle = random_bundle({}, cds_phase_scheme())
    bundle.model.head = torch.nn.Sequential(torch.nn.Dropout(0.5), bundle.model.head)
    codes = random_codes(1, 48)
    expected = Predictor(bundle, "cpu", "fp32")(codes, 12)
    bundle.model.train()
    np.testing.assert_array_equal(Predictor(bundle, "cpu", "fp32")(codes, 12), expected)


@pytest.mark.parametrize("folded", [True, False])
@pytest.mark.parametrize("changes", [{}, *TRANSFORMERS])
@pytest.mark.parametrize("scheme", [cds_phase_scheme(), signal_scheme([("r", "+"), ("r", "-")])])
def test_predictor_of_tied_strands_is_the_model(
    scheme: Scheme, changes: dict[str, Any], folded: bool
) -> None:
    bundle = random_bundle(changes | {"tied_strands": True}, scheme)
    codes = random_codes(2, 48)
    tokenizer = KmerTokenizer(3, bundle.settings.tokenizer.stride)
    ids = np.stack([tokenizer.encode(row) for row in codes]).astype(np.int64)
    with torch.inference_mode():
        expected = bundle.task.values(bundle.model(torch.from_numpy(ids)))
    found = Predictor(bundle, "cpu", "fp32", folded)(codes, 12)
    np.testing.assert_allclose(found, expected.permute(2, 0, 1)[:, :, 12:36], atol=3e-6)


@pytest.mark.parametrize("core", [300, 1_500])
def test_windowed_transformer_needs_no_more_than_its_reach(core: int) -> None:
    bundle = random_bundle({"encoder": SMALL}, cds_phase_scheme())
    reach = bundle.settings.reach
    assert reach == 36
    predictor = Predictor(bundle, "cpu", "fp32")
    contig = random_codes(1, 3_000)[0]

    def predicted(core: int, context: int) -> Any:
        windows = tile(Region("c", 0, 3_000), core, context, 3)
        around = np.pad(contig, 3_000, constant_values=4)
        given = ((w, w, around[w.start + 3_000 : w.end + 3_000]) for w in windows)
        found = predict_windows(predictor, given, context, 9_000)
        return np.concatenate([values for _, _, values in found], axis=1)

    whole = predicted(3_000, reach)
    np.testing.assert_allclose(predicted(core, reach), whole, atol=1e-6)
    np.testing.assert_allclose(predicted(core, 300), whole, atol=1e-6)
    assert not np.allclose(predicted(core, reach - 6), whole, atol=1e-6)


@pytest.mark.parametrize(
    "scheme",
    [cds_phase_scheme(), stranded_scheme(["exon"]), signal_scheme([("r", "+"), ("r", "-")])],
)
def test_predictor_swaps_strands_on_the_reverse_complement(scheme: Scheme) -> None:
    predict = Predictor(random_bundle({}, scheme), "cpu", "fp32")
    codes = random_codes(3, 96)
    forward = predict(codes, 12)
    reverse = predict(reverse_complement_codes(codes), 12)
    mirrored = reverse[:, :, ::-1][scheme.reverse_permutation]
    np.testing.assert_allclose(forward, mirrored, atol=1e-6)


@pytest.mark.parametrize("changes", NETWORKS)
def test_predictor_runs_windows_longer_than_a_kernel_takes(changes: dict[str, Any]) -> None:
    bundle = random_bundle(changes, cds_phase_scheme())
    codes = random_codes(2, 480)
    whole = Predictor(bundle, "cpu", "fp32")(codes, 0)
    bundle.model.encoder.chunk = 7
    np.testing.assert_allclose(Predictor(bundle, "cpu", "fp32")(codes, 0), whole, atol=1e-6)


def test_predictor_probabilities_add_up_to_one(bundle: Bundle) -> None:
    predicted = Predictor(bundle, "cpu", "fp32")(random_codes(2, 96), 0)
    np.testing.assert_allclose(predicted.sum(0), 1, atol=1e-6)


def test_predictor_in_bf16_stays_near_fp32(bundle: Bundle) -> None:
    codes = random_codes(4, 384)
    exact = Predictor(bundle, "cpu", "fp32")(codes, 0)
    with computed_or_refused("bf16"):
        rough = Predictor(bundle, "cpu", "bf16")(codes, 0)
        assert not np.array_equal(exact, rough)
        assert np.abs(exact - rough).mean() < 0.01


def test_predictor_reads_signals_in_fp32() -> None:
    bundle = random_bundle({}, signal_scheme([("cage", ".")]))
    with computed_or_refused("bf16"):
        values = Predictor(bundle, "cpu", "bf16")(random_codes(1, 3_000), 0)
        assert len(np.unique(values)) > 2_500  # bf16 has 300 numbers in their range


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_predictor_leaves_the_bundle_as_it_was(
    bundle: Bundle, precision: Literal["fp32", "bf16"]
) -> None:
    before = {name: tensor.clone() for name, tensor in bundle.model.state_dict().items()}
    with computed_or_refused(precision):
        Predictor(bundle, "cpu", precision)(random_codes(1, 96), 0)
    assert bundle.model.encoder.recurrent.batch_first
    for name, tensor in bundle.model.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_predictor_says_when_there_is_no_such_device(bundle: Bundle) -> None:
    with pytest.raises(BackendError, match="device 'tpu': use cpu, cuda"):
        Predictor(bundle, "tpu")


def core_bases(bundle: Bundle, length: int, window_bases: int | None = None) -> int:
    return core_length(bundle.settings, bundle.context, length, window_bases)


@pytest.mark.parametrize(
    ("length", "core"),
    [
        (0, 6),
        (1, 3),
        (3, 3),
        (4, 6),
        (500, 768),
        (768, 768),
        (769, 1536),
        (9024, 9024),
        (1 << 40, 9024),
    ],
)
def test_core_bases_follow_the_contig_up_to_the_window(
    bundle: Bundle, length: int, core: int
) -> None:
    assert core_bases(bundle, length, 9216) == core_bases(bundle, length) == core


def test_core_bases_leave_room_for_the_context(bundle: Bundle) -> None:
    assert core_bases(replace(bundle, context=6_000), 1 << 40) == 12_000
    with pytest.raises(ConfigError, match=r"a window of 194 bp has no room .*: use 387 or more"):
        core_bases(bundle, 1 << 40, 2 * bundle.context + 2)


def test_core_bases_of_a_model_that_sees_all_are_half_of_what_it_was_trained_on() -> None:
    full = random_bundle({"encoder": SMALL | {"window": None}}, cds_phase_scheme())
    assert core_bases(replace(full, context=768), 1 << 40) == 1_536
    assert core_bases(replace(full, context=6_000), 1 << 40) == 12_000
    windowed = random_bundle({"encoder": SMALL}, cds_phase_scheme())
    assert core_bases(replace(windowed, context=768), 1 << 40) == 9_216 - 2 * 768


@pytest.mark.parametrize("batch_bases", [1, 100, 1000])
def test_predict_windows_keeps_the_order_of_windows_of_all_sizes(
    bundle: Bundle, batch_bases: int
) -> None:
    predictor = Predictor(bundle, "cpu", "fp32")
    sizes = [12, 48, 12, 12, 96, 48] * 9 + [96] + [12] * 40
    windows = [next(tile(Region(f"c{n}", 1, size - 1), size, 6, 3)) for n, size in enumerate(sizes)]
    codes = [random_codes(1, size + 12)[0] for size in sizes]
    given = zip(range(len(sizes)), windows, codes, strict=True)
    found = list(predict_windows(predictor, given, 6, batch_bases))
    assert [number for number, _, _ in found] == list(range(len(sizes)))
    for number, letters, values in found:
        np.testing.assert_array_equal(letters, codes[number][7:-7])
        alone = predictor(codes[number][None], 6)[:, 0, 1:-1]
        np.testing.assert_allclose(values, alone, atol=1e-6)
