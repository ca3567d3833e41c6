"""Compiled linear heads against PyTorch's own, for every set that runs here."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_sets import COMPILED, chosen, of_bf16, of_int8
from torch import Tensor

from genoseq.inference.readers import LinearReader
from genoseq.kernels.cpu import (
    head_of,
    integer_head,
    outputs_by_torch,
    read_head,
    states_as_bytes,
)
from genoseq.tasks.heads import PerBaseHead

each_set = pytest.mark.parametrize("name", COMPILED)


def made(width: int, bases: int, states: int, scale: float = 1.0) -> PerBaseHead:
    torch.manual_seed(width)
    head = PerBaseHead(width, bases, states).requires_grad_(False)
    head.projection.weight *= scale
    return head


def found(name: str, hidden: Tensor, head: PerBaseHead, **asked: object) -> Tensor:
    layer = head.projection
    own = head_of(layer.weight, layer.bias, head.bases, head.states)
    return read_head(chosen(name), hidden, own, **asked)  # type: ignore[arg-type]


@each_set
@pytest.mark.parametrize("softmax", [False, True])
@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 40),
    bases=st.integers(1, 6),
    states=st.integers(1, 20),
    steps=st.integers(0, 40),
    rows=st.integers(1, 37),
)
def test_read_head_equals_its_twin_of_each_row_alone(
    name: str, softmax: bool, width: int, bases: int, states: int, steps: int, rows: int
) -> None:
    head, hidden = made(width, bases, states), torch.randn(steps, rows, width)
    told = found(name, hidden, head, softmax=softmax)
    assert told.shape == (states, rows, steps * bases)
    torch.testing.assert_close(
        told, LinearReader(head)(hidden, softmax=softmax), rtol=1e-5, atol=5e-6
    )
    for row in (0, rows - 1):
        alone = found(name, hidden[:, row : row + 1], head, softmax=softmax)
        assert torch.equal(told[:, row : row + 1], alone), "rows beside it moved it"


@each_set
@pytest.mark.parametrize("wanted", [range(0, 12), range(5, 30), range(9, 20), range(4, 4)])
def test_read_head_tells_of_the_steps_that_are_wanted(name: str, wanted: range) -> None:
    head, hidden = made(8, 3, 7), torch.randn(30, 4, 8)
    inside = slice(wanted.start * 3, wanted.stop * 3)
    every = found(name, hidden, head, softmax=True)
    assert torch.equal(found(name, hidden, head, softmax=True, wanted=wanted)[:, :, inside],
                       every[:, :, inside])  # fmt: skip


@each_set
def test_read_head_gives_the_same_bits_by_any_set_threads_and_strides(name: str) -> None:
    head = made(33, 3, 9)
    hidden = torch.randn(5, 3000, 66)[:, :, ::2].transpose(
        0, 1
    )  # neither side by side nor in order
    told = found(name, hidden, head, softmax=True)
    assert torch.equal(told, found(COMPILED[-1], hidden, head, softmax=True))
    torch.set_num_threads(5)
    try:
        assert torch.equal(told, found(name, hidden, head, softmax=True))
    finally:
        torch.set_num_threads(1)


@each_set
def test_read_head_of_what_is_large_and_of_nan(name: str) -> None:
    head = made(4, 2, 3, scale=1000)
    hidden = torch.randn(6, 3, 4)
    hidden[2, 1] = 1e30
    hidden[3, 2, 0] = torch.nan
    told, twin = (
        each.double()
        for each in (found(name, hidden, head, softmax=True), LinearReader(head)(hidden).softmax(0))
    )
    assert torch.equal(told.isnan(), twin.isnan())
    torch.testing.assert_close(told, twin, rtol=0, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("name", of_bf16())
@pytest.mark.parametrize(("width", "bases", "states"), [(128, 3, 7), (31, 1, 3), (64, 4, 20)])
def test_read_head_in_bf16_is_nearer_to_float64_than_its_twin(
    name: str, width: int, bases: int, states: int
) -> None:
    head = made(width, bases, states).to(torch.bfloat16)
    hidden = torch.randn(100, 5, width).to(torch.bfloat16)
    wanted = LinearReader(head.double())(hidden.double()).double()
    head.to(torch.bfloat16)
    ours, theirs = (
        (each.double() - wanted).square().mean()
        for each in (found(name, hidden, head), LinearReader(head)(hidden))
    )
    assert ours <= theirs
    alone = found(name, hidden[:, 2:3], head)
    assert torch.equal(found(name, hidden, head)[:, 2:3], alone)


@each_set
def test_read_head_takes_nothing(name: str) -> None:
    head = made(4, 3, 2)
    assert found(name, torch.empty(5, 0, 4), head).shape == (2, 0, 15)


@pytest.mark.parametrize("name", of_int8())
@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 140),
    bases=st.integers(1, 6),
    states=st.integers(1, 20),
    steps=st.integers(0, 40),
    rows=st.integers(1, 37),
)
def test_read_head_in_int8_is_its_twin_bit_for_bit(
    name: str, width: int, bases: int, states: int, steps: int, rows: int
) -> None:
    layer = made(width, bases, states).projection
    head = integer_head(layer.weight, layer.bias, bases, states)
    hidden = torch.randint(0, 256, (steps, rows, width), dtype=torch.uint8)
    told = read_head(chosen(name), hidden, head)
    assert told.shape == (states, rows, steps * bases)
    assert torch.equal(told, outputs_by_torch(hidden, head))


@pytest.mark.parametrize("name", of_int8())
def test_sums_of_the_largest_bytes_are_exact(name: str) -> None:
    # Weights of one sign and bytes at the limit are what sums of 16 bits have least room for.
    layer = made(128, 3, 7).projection
    layer.weight.fill_(0.5)
    head = integer_head(layer.weight, layer.bias, 3, 7)
    assert head.weights.max() == 32
    hidden = torch.full((5, 3, 128), 255, dtype=torch.uint8)
    assert torch.equal(read_head(chosen(name), hidden, head), outputs_by_torch(hidden, head))


@pytest.mark.parametrize("name", of_int8())
def test_read_head_in_int8_loses_little_more_than_the_rounding_of_states(name: str) -> None:
    head, hidden = made(128, 3, 7), 2 * torch.rand(200, 4, 128) - 1
    layer, told = head.projection, states_as_bytes(hidden)
    found = read_head(chosen(name), told, integer_head(layer.weight, layer.bias, 3, 7))
    of_rounded = LinearReader(head)((told.float() - 128) / 127)
    lost = (of_rounded - LinearReader(head)(hidden)).abs().mean()
    assert (found - of_rounded).abs().mean() < lost / 20
