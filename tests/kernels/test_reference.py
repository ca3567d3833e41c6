"""The plain PyTorch attention against dense attention, and what has to hold of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels.dense_attention import dense_attention, documents
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from genoseq.kernels import reference
from genoseq.kernels.mask import Mask
from genoseq.kernels.reference import banded, full
from genoseq.kernels.reference import documents as batches
from genoseq.kernels.reference.tile import CHUNK

MASKS = [
    Mask(),
    Mask(causal=True),
    Mask(0),
    Mask(9),
    Mask(64, 5),
    Mask(70, 70, causal=True),
    Mask(9, 3, causal=True),
    Mask(400, 1),
]


LAST = [
    Mask(),
    Mask(causal=True),
    Mask(0, causal=True),
    Mask(9, 3, causal=True),
    Mask(64, causal=True),
    Mask(30, 70, causal=True),
]
"""Masks of queries whose keys are of other tokens."""


def random_inputs(
    tokens: int, heads: tuple[int, int] = (4, 2), width: int = 8, keys: int | None = None
) -> list[Tensor]:
    torch.manual_seed(tokens)
    keys = tokens if keys is None else keys
    shapes = ((tokens, heads[0]), (keys, heads[1]), (keys, heads[1]))
    return [torch.randn(*shape, width, dtype=torch.float64) for shape in shapes]


def results(
    inputs: list[Tensor], cu_seqlens: Tensor, mask: Mask, keys: Tensor | None = None
) -> list[Tensor]:
    """Outputs, log-sum-exp and three gradients of the reference; `keys`: their documents."""
    size = reference.weights_size(*inputs[:2], cu_seqlens, mask, keys)
    kept = torch.full((size,), torch.nan, dtype=reference.accumulator(inputs[0].dtype))
    settings = (cu_seqlens, mask, 0.3, keys)
    out, lse = reference.forward(*inputs, *settings, kept)
    assert kept.isfinite().all() or not all(tensor.isfinite().all() for tensor in inputs)
    given_back = (slopes_of(out), slopes_of(lse), *inputs, out, lse, *settings)
    gradients = reference.backward(*given_back)
    again = reference.backward(*given_back, kept)
    numbers = torch.cat([torch.zeros(1), *(each.nan_to_num(0).flatten() for each in gradients)])
    bound = 1e4 * float(numbers.abs().max()) * torch.finfo(inputs[0].dtype).eps
    torch.testing.assert_close(again, gradients, rtol=0, atol=bound, equal_nan=True)
    return [out, lse, *gradients]


def expected(
    inputs: list[Tensor], cu_seqlens: Tensor, mask: Mask, keys: Tensor | None = None
) -> list[Tensor]:
    leaves = [tensor.clone().requires_grad_() for tensor in inputs]
    given_back = dense_attention(*leaves, cu_seqlens, mask, 0.3, keys)
    gradients = torch.autograd.grad(given_back, leaves, [slopes_of(t) for t in given_back])
    return [tensor.detach() for tensor in (*given_back, *gradients)]


def slopes_of(tensor: Tensor) -> Tensor:
    """A gradient for every element that depends on its place in its row alone."""
    if tensor.dim() == 2:
        return torch.arange(len(tensor)).to(tensor)[:, None].expand_as(tensor) / 3 - 0.5
    row = tensor.shape[1:]
    return torch.linspace(-1, 1, row.numel()).to(tensor).view(row).expand_as(tensor)


def distance(found: list[Tensor], true: list[Tensor]) -> float:
    """Largest difference; -inf is no distance from -inf."""
    pairs = [(a.double(), b) for a, b in zip(found, true, strict=True) if a.numel()]
    return max((float((a - b).masked_fill(a == b, 0).abs().max()) for a, b in pairs), default=0.0)


@pytest.mark.parametrize("mask", MASKS, ids=str)
@pytest.mark.parametrize(
    "lengths", [(300,), (1, 17, 64, 0, 65, 130, 64, 17), (128, 128), (1023, 5)]
)
def test_results_are_those_of_dense_attention(lengths: tuple[int, ...], mask: Mask) -> None:
    inputs, cu_seqlens = random_inputs(sum(lengths)), documents(*lengths)
    assert distance(results(inputs, cu_seqlens, mask), expected(inputs, cu_seqlens, mask)) < 1e-12


@pytest.mark.parametrize("mask", MASKS, ids=str)
def test_small_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, mask: Mask) -> None:
    for module in (banded, full):
        monkeypatch.setattr(module, "CHUNK", 5000)
    monkeypatch.setattr(batches, "_TOKENS", 300)
    monkeypatch.setattr(full, "_KEYS", 16)
    inputs, cu_seqlens = random_inputs(460, (6, 2)), documents(300, 80, 80)
    assert distance(results(inputs, cu_seqlens, mask), expected(inputs, cu_seqlens, mask)) < 1e-12


@pytest.mark.parametrize("mask", LAST, ids=str)
@pytest.mark.parametrize(
    ("lengths", "keys"),
    [
        ((300,), (200,)),
        ((150,), (400,)),
        ((1, 17, 0, 64, 9, 130, 0), (40, 17, 33, 200, 0, 64, 0)),
        ((70, 1, 70, 70), (260, 260, 260, 9)),
    ],
)
def test_results_with_other_keys_are_those_of_dense_attention(
    lengths: tuple[int, ...], keys: tuple[int, ...], mask: Mask
) -> None:
    inputs = random_inputs(sum(lengths), keys=sum(keys))
    given_with = (inputs, documents(*lengths), mask, documents(*keys))
    assert distance(results(*given_with), expected(*given_with)) < 1e-12


@pytest.mark.parametrize("mask", LAST, ids=str)
def test_small_chunks_change_nothing_with_other_keys(
    monkeypatch: pytest.MonkeyPatch, mask: Mask
) -> None:
    for module in (banded, full):
        monkeypatch.setattr(module, "CHUNK", 3000)
    monkeypatch.setattr(batches, "_TOKENS", 300)
    monkeypatch.setattr(full, "_KEYS", 16)
    inputs = random_inputs(420, (6, 2), keys=600)
    given_with = (inputs, documents(260, 80, 80), mask, documents(400, 100, 100))
    assert distance(results(*given_with), expected(*given_with)) < 1e-12


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=1, max_size=5),
    st.builds(Mask, st.none() | st.integers(0, 100), st.integers(0, 100), st.just(True))
    | st.just(Mask()),
    st.sampled_from([(4, 2), (3, 1), (2, 2)]),
)
def test_any_documents_of_other_keys(
    sides: list[tuple[int, int]], mask: Mask, heads: tuple[int, int]
) -> None:
    lengths, keys = zip(*sides, strict=True)
    inputs = random_inputs(sum(lengths), heads, keys=sum(keys))
    given_with = (inputs, documents(*lengths), mask, documents(*keys))
    assert distance(results(*given_with), expected(*given_with)) < 1e-12


@pytest.mark.parametrize("mask", LAST, ids=str)
def test_last_queries_get_what_they_get_among_all(mask: Mask) -> None:
    """A decoder that keeps its keys asks for a few queries at a time."""
    inputs, whole = random_inputs(200), documents(200)
    out, lse, *_ = results(inputs, whole, mask)
    start = 0
    for stop in (130, 131, 132, 200):
        queries, keys = documents(stop - start), documents(stop if mask.causal else 200)
        seen = [tensor[: int(keys[-1])] for tensor in inputs[1:]]
        few = reference.forward(inputs[0][start:stop], *seen, queries, mask, 0.3, keys)
        assert distance(list(few), [out[start:stop], lse[:, start:stop]]) < 1e-12
        start = stop


class Largest(TorchDispatchMode):
    """Notes the most elements of any tensor that PyTorch gives back."""

    elements = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(found):
            if isinstance(tensor, Tensor):
                # What an expanded tensor holds in memory.
                self.elements = max(self.elements, tensor.untyped_storage().nbytes() // 8)
        return found


@pytest.mark.parametrize("mask", [Mask(), Mask(causal=True), Mask(30, 4, causal=True)], ids=str)
def test_memory_is_linear_with_other_keys(mask: Mask) -> None:
    """No tensor has a place for every pair: the largest holds a chunk of scores or a row each."""
    inputs = random_inputs(3000, (1, 1), 4, keys=4000)
    with Largest() as largest:
        results(inputs, documents(3000), mask, documents(4000))
    assert 4000 * 4 <= largest.elements <= CHUNK < 3000 * 4000 / 20


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 90), min_size=1, max_size=6).filter(any),
    st.builds(Mask, st.none() | st.integers(0, 100), st.integers(0, 100), st.booleans()),
)
def test_any_documents_and_mask(lengths: list[int], mask: Mask) -> None:
    inputs, cu_seqlens = random_inputs(sum(lengths)), documents(*lengths)
    assert distance(results(inputs, cu_seqlens, mask), expected(inputs, cu_seqlens, mask)) < 1e-12


@pytest.mark.parametrize("mask", [Mask(), Mask(16), Mask(16, 4), Mask(16, causal=True)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_packed_documents_give_the_bits_of_separate_ones(mask: Mask, dtype: torch.dtype) -> None:
    cu_seqlens = documents(128, 37, 128, 200, 128)
    inputs = [tensor.to(dtype) for tensor in random_inputs(int(cu_seqlens[-1]), width=32)]
    packed = results(inputs, cu_seqlens, mask)
    for start, stop in pairwise(cu_seqlens.tolist()):
        alone = results([t[start:stop] for t in inputs], documents(stop - start), mask)
        for name, whole, part in zip(("out", "lse", "dq", "dk", "dv"), packed, alone, strict=True):
            here = whole[:, start:stop] if name == "lse" else whole[start:stop]
            assert torch.equal(here, part), name


@pytest.mark.parametrize("mask", [Mask(), Mask(causal=True), Mask(16, causal=True)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_packed_documents_give_the_bits_of_separate_ones_with_other_keys(
    mask: Mask, dtype: torch.dtype
) -> None:
    own, other = documents(128, 37, 128, 60, 128), documents(90, 200, 90, 0, 90)
    shape = (int(own[-1]), (4, 2), 32, int(other[-1]))
    inputs = [tensor.to(dtype) for tensor in random_inputs(*shape)]
    out, lse, *gradients = results(inputs, own, mask, other)
    for place, seen in zip(map(slice, own, own[1:]), map(slice, other, other[1:]), strict=True):
        sides = (place, seen, seen)
        alone = [tensor[side] for tensor, side in zip(inputs, sides, strict=True)]
        lengths = [documents(len(tensor)) for tensor in alone[:2]]
        parts = [tensor[side] for tensor, side in zip(gradients, sides, strict=True)]
        packed = (out[place], lse[:, place], *parts)
        assert all(map(torch.equal, packed, results(alone, lengths[0], mask, lengths[1])))


@pytest.mark.parametrize("mask", [Mask(), Mask(16, 4, causal=True)], ids=str)
def test_nan_stays_in_its_document_with_other_keys(mask: Mask) -> None:
    inputs = random_inputs(180, keys=240)
    inputs[0][60:120] = torch.nan
    for tensor in inputs[1:]:
        tensor[80:160] = torch.nan
    found = results(inputs, documents(60, 60, 60), mask, documents(80, 80, 80))
    out, lse, *gradients = found
    for tensor, size in zip((out, lse.T, *gradients), (60, 60, 60, 80, 80), strict=True):
        assert tensor[:size].isfinite().all()
        assert tensor[2 * size :].isfinite().all()
        assert tensor[size : 2 * size].isnan().all()


@pytest.mark.parametrize("mask", [Mask(), Mask(16, 4)], ids=str)
def test_nan_stays_in_its_document(mask: Mask) -> None:
    inputs, cu_seqlens = random_inputs(180), documents(60, 60, 60)
    for tensor in inputs:
        tensor[60:120] = torch.nan
    out, lse, *gradients = results(inputs, cu_seqlens, mask)
    for tensor in (out, lse.T, *gradients):
        assert tensor[:60].isfinite().all()
        assert tensor[120:].isfinite().all()
        assert tensor[60:120].isnan().all()


def test_wide_windows_are_full_attention() -> None:
    inputs, cu_seqlens = random_inputs(100), documents(100)
    wide, whole = (results(inputs, cu_seqlens, mask) for mask in (Mask(99), Mask()))
    assert all(map(torch.equal, wide, whole))


def test_large_scores_stay_finite() -> None:
    inputs, cu_seqlens = random_inputs(200), documents(200)
    for mask in (Mask(), Mask(9, 2)):
        found = results([30 * tensor for tensor in inputs], cu_seqlens, mask)
        assert all(tensor.isfinite().all() for tensor in found)


@pytest.mark.parametrize("mask", [Mask(), Mask(64, 4)], ids=str)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_rounds_less_than_plain_pytorch(mask: Mask, dtype: torch.dtype) -> None:
    cu_seqlens = documents(512)
    rounded = [tensor.to(dtype) for tensor in random_inputs(512, width=32)]
    true = expected([tensor.double() for tensor in rounded], cu_seqlens, mask)
    plain = expected(rounded, cu_seqlens, mask)
    for found, simple, exact in zip(results(rounded, cu_seqlens, mask), plain, true, strict=True):
        spacing = float((exact.to(dtype) + 0.3 - 0.3 - exact).abs().max())
        assert distance([found], [exact]) <= 2 * distance([simple], [exact]) + 2 * spacing


def test_inputs_are_left_as_they_are() -> None:
    inputs, cu_seqlens = random_inputs(64, (2, 2)), documents(64)
    out, lse = reference.forward(*inputs, cu_seqlens, Mask(9), 0.3)
    given_in = [*inputs, out, lse, slopes_of(out).clone(), slopes_of(lse).clone()]
    before = [tensor.clone() for tensor in given_in]
    reference.backward(*given_in[5:], *given_in[:5], cu_seqlens, Mask(9), 0.3)
    assert all(map(torch.equal, given_in, before))
