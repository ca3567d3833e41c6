"""What is told of hidden states: each reader the same, whoever computes."""

from __future__ import annotations

import pytest
import torch
from kernel_sets import COMPILED

from genoseq.inference.readers import (
    AnyReader,
    CompiledReader,
    LinearReader,
    difference_from_torch,
    reader_of,
)
from genoseq.kernels.cpu.library import VARIABLE
from genoseq.tasks.heads import BinnedHead, PerBaseHead


@pytest.mark.parametrize("softmax", [False, True])
@pytest.mark.parametrize("kernels", ["torch", *COMPILED])
def test_readers_of_a_linear_head_tell_the_same(
    kernels: str, softmax: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, kernels)
    head = PerBaseHead(12, 3, 5).requires_grad_(False)
    reader, hidden = reader_of(head), torch.randn(20, 4, 12)
    assert isinstance(reader, LinearReader if kernels == "torch" else CompiledReader)
    told = reader(hidden, softmax=softmax)
    assert told.shape == (5, 4, 60)
    for other in (LinearReader(head), AnyReader(head)):
        torch.testing.assert_close(other(hidden, softmax=softmax), told, rtol=1e-5, atol=2e-6)


def test_reader_of_any_other_head_is_its_forward_pass() -> None:
    head = BinnedHead(12, 6, 2, 3).requires_grad_(False)
    hidden = torch.randn(20, 4, 12)
    told = reader_of(head)(hidden)
    assert torch.equal(told, head(hidden.transpose(0, 1)).permute(2, 0, 1))


@pytest.mark.parametrize("kernels", ["torch", *COMPILED])
def test_difference_from_torch_is_that_of_roundings(
    kernels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, kernels)
    before = torch.random.get_rng_state()
    assert difference_from_torch() < 2e-6
    assert torch.equal(torch.random.get_rng_state(), before)
