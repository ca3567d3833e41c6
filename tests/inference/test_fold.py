"""The folded stem is the stem."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from kernel_sets import COMPILED, of_bf16, of_int8

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.inference.fold import can_fold, fold_stem
from genoseq.kernels.cpu.library import VARIABLE
from genoseq.models.build import build_model
from genoseq.tasks.per_base import PerBase
from genoseq.tokenizers.kmer import KmerTokenizer

FOLDING: list[dict[str, Any]] = [
    {},
    {"stem": None},
    {"stem": None, "tokenizer": {"k": 6}},
    {"tokenizer": {"k": 4}},
    {"tokenizer": {"k": 1}},
    {"stem": {"stride": 2, "kernel": 8}, "tokenizer": {"k": 3, "stride": 2}},
    {"stem": {"stride": 3, "kernel": 7}, "tokenizer": {"k": 2}},
    {"stem": None, "tokenizer": {"k": 4, "stride": 4}},
    {"stem": {"stride": 6, "kernel": 18}},
    {"stem": {"stride": 6, "kernel": 14}},
    {"stem": {"stride": 12, "kernel": 16}, "tokenizer": {"k": 1}},
]


@pytest.mark.parametrize("kernels", ["torch", *COMPILED])
@pytest.mark.parametrize("changes", FOLDING)
def test_fold_stem_equals_the_modules(
    changes: dict[str, Any], kernels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, kernels)
    settings = parse_settings(ModelSettings, changes)
    torch.manual_seed(0)
    model = build_model(settings, PerBase(cds_phase_scheme())).eval()
    codes = np.random.default_rng(0).integers(0, 5, (3, 24 * settings.stride)).astype(np.uint8)
    tokenizer = KmerTokenizer(settings.tokenizer.k, settings.tokenizer.stride)
    ids = tokenizer.encode_rows(codes).astype(np.int64)
    with torch.inference_mode():
        expected = model.embed(torch.from_numpy(ids)).transpose(0, 1)
        stem = fold_stem(model, settings).to(torch.device("cpu"), torch.float32)
        found = stem(torch.from_numpy(codes))
    assert (stem.compiled is None) == (kernels == "torch")
    torch.testing.assert_close(found, expected, atol=3e-6, rtol=1e-6)


@pytest.mark.parametrize("kernels", of_bf16())
def test_fold_stem_rounds_once_to_bf16(kernels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, kernels)
    stem = fold_stem(build_model(ModelSettings(), PerBase(cds_phase_scheme())), ModelSettings())
    codes = torch.randint(5, (3, 300), dtype=torch.uint8)
    with torch.inference_mode():
        found = stem.to(torch.device("cpu"), torch.bfloat16)(codes)
        assert torch.equal(found, stem.to(torch.device("cpu"), torch.float32)(codes).bfloat16())


@pytest.mark.parametrize("width", [13, 96])
@pytest.mark.parametrize("kernels", of_int8())
def test_fold_stem_tells_bytes(width: int, kernels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, kernels)
    settings = parse_settings(ModelSettings, {"stem": {"width": width}})
    model = build_model(settings, PerBase(cds_phase_scheme()))
    stem = fold_stem(model, settings).to(torch.device("cpu"), torch.float32)
    codes = torch.randint(5, (3, 300), dtype=torch.uint8)
    vectors, zero = stem(codes), torch.randint(100, 150, (width,)).float()
    scale = 160 / vectors.abs().amax((0, 1))  # some are beyond the limits
    told = vectors.double() * scale.double() + zero.double()
    expected = told.float().round().clamp(0, 255)
    assert expected.max() == 255
    assert torch.equal(stem.as_bytes(scale, zero)(codes), expected.to(torch.uint8))


def test_can_fold_refuses_tables_of_long_words() -> None:
    assert can_fold(ModelSettings())
    assert not can_fold(parse_settings(ModelSettings, {"tokenizer": {"k": 5}}))
    assert not can_fold(parse_settings(ModelSettings, {"stem": None, "tokenizer": {"k": 7}}))
    assert not can_fold(parse_settings(ModelSettings, {"stem": {"stride": 7, "kernel": 9}}))
