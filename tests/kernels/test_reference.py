"""The plain PyTorch attention against dense attention, and what has to hold of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels.dense_attention import dense_attention, documents
from torch import Tensor

from genoseq.kernels import reference
from genoseq.kernels.mask import Mask
from genoseq.kernels.reference import banded, full
from genoseq.kernels.reference import documents as batches

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


def random_inputs(tokens: int, heads: tuple[int, int] = (4, 2), width: int = 8) -> list[Tensor]:
    torch.manual_seed(tokens)
    sizes = (heads[0], heads[1], heads[1])
    return [torch.randn(tokens, size, width, dtype=torch.float64) for size in sizes]


def results(inputs: list[Tensor], cu_seqlens: Tensor, mask: Mask) -> list[Tensor]:
    """Outputs, log-sum-exp and three gradients of the reference."""
    out, lse = reference.forward(*inputs, cu_seqlens, mask, 0.3)
    d_out, d_lse = slopes_of(out), slopes_of(lse)
    return [
        out,
        lse,
        *reference.backward(d_out, d_lse, *inputs, out, lse, cu_seqlens, mask, 0.3),
    ]


def expected(inputs: list[Tensor], cu_seqlens: Tensor, mask: Mask) -> list[Tensor]:
    leaves = [tensor.clone().requires_grad_() for tensor in inputs]
    given_back = dense_attention(*leaves, cu_seqlens, mask, 0.3)
    gradients = torch.autograd.grad(given_back, leaves, [slopes_of(t) for t in given_back])
    return [tensor.detach() for tensor in (*given_back, *gradients)]


def slopes_of(tensor: Tensor) -> Tensor:
    """A gradient for every element that depends on its place in its row alone."""
    if tensor.dim() == 2:
        return torch.arange(len(tensor)).to(tensor)[:, None].expand_as(tensor) / 3 - 0.5
    return (
        torch.linspace(-1, 1, tensor[0].numel()).to(tensor).view(tensor[0].shape).expand_as(tensor)
    )


def distance(found: list[Tensor], true: list[Tensor]) -> float:
    return max(float((a.double() - b).abs().max()) for a, b in zip(found, true, strict=True))


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
