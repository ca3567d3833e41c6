"""Recurrent layers in int8: kernels against PyTorch's twin, bit for bit, and both against fp32."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_sets import chosen, of_int8
from torch import Tensor, nn

from genoseq.kernels.cpu import (
    IntegerLayer,
    Layer,
    integer_layer,
    run_integer_layer,
    states_as_bytes,
    states_by_torch,
)
from genoseq.kernels.cpu.recurrent import Family

MODULES: dict[Family, type[nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
each_set = pytest.mark.parametrize("name", of_int8())
each_family = pytest.mark.parametrize("family", MODULES)


def layer(family: Family, inputs: int, width: int, factor: float = 1.0) -> Layer:
    torch.manual_seed(width)
    made = MODULES[family](inputs, width).requires_grad_(False)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return Layer(*(factor * getattr(made, each) for each in names))


def in_bytes(family: Family, weights: Layer, steps: Tensor) -> IntegerLayer:
    return integer_layer(family, weights, steps.amin((0, 1)), steps.amax((0, 1)))


@each_set
@each_family
@settings(max_examples=6, deadline=None)
@given(
    inputs=st.integers(1, 70),
    width=st.integers(1, 40),
    lengths=st.lists(st.integers(0, 8), min_size=1, max_size=5),
    large=st.booleans(),
)
def test_states_are_the_twins_bit_for_bit_of_each_row_alone(
    name: str, family: Family, inputs: int, width: int, lengths: list[int], large: bool
) -> None:
    weights = layer(family, inputs, width, 8.0 if large else 1.0)
    steps = torch.randn(9, len(lengths), inputs)
    made = in_bytes(family, weights, steps[:5])  # what comes later may be beyond the range
    found = run_integer_layer(chosen(name), family, steps, [made, made], torch.tensor(lengths))
    for row, length in enumerate(lengths):
        alone = steps[:length, row : row + 1]
        both = [states_by_torch(family, alone, made, reverse=turn) for turn in (False, True)]
        assert torch.equal(found[:length, row : row + 1], torch.cat(both, 2))
        assert (found[length:, row] == 0).all()


@each_set
@each_family
@pytest.mark.parametrize("rows", [4, 6, 19])
def test_states_of_many_rows_are_the_twins(name: str, family: Family, rows: int) -> None:
    steps = torch.randn(12, rows, 96)
    made = in_bytes(family, layer(family, 96, 64), steps)
    found = run_integer_layer(chosen(name), family, steps, [made])
    assert torch.equal(found, states_by_torch(family, steps, made))


@each_set
@each_family
@pytest.mark.parametrize("width", [5, 64])
def test_states_and_inputs_may_be_bytes(name: str, family: Family, width: int) -> None:
    steps = torch.randint(0, 256, (12, 5, 96), dtype=torch.uint8)
    made = in_bytes(family, layer(family, 96, width), torch.randn(9, 5, 96))
    found = run_integer_layer(chosen(name), family, steps, [made, made], told=torch.uint8)
    both = [states_by_torch(family, steps, made, reverse=turn) for turn in (False, True)]
    assert torch.equal(found, states_as_bytes(torch.cat(both, 2)))


@each_set
@each_family
def test_states_are_the_same_by_any_number_of_threads(name: str, family: Family) -> None:
    steps = torch.randn(40, 9, 33)
    made = in_bytes(family, layer(family, 33, 24), steps)
    found = run_integer_layer(chosen(name), family, steps, [made])
    torch.set_num_threads(3)
    try:
        assert torch.equal(found, run_integer_layer(chosen(name), family, steps, [made]))
    finally:
        torch.set_num_threads(1)


@each_set
def test_sums_of_the_largest_bytes_are_exact(name: str) -> None:
    # Weights of one sign and inputs at the limit are what sums of 16 bits have least room for.
    weights = layer("lstm", 64, 64)._replace(weight_ih=torch.full((256, 64), 0.5))
    steps = torch.full((3, 4, 64), 2.0)
    made = in_bytes("lstm", weights, steps)
    assert made.weight_ih.max() == 32
    found = run_integer_layer(chosen(name), "lstm", steps, [made])
    assert torch.equal(found, states_by_torch("lstm", steps, made))


@pytest.mark.parametrize("inputs", [1, 7, 13, 96])
def test_no_weights_of_one_sign_that_meet_in_16_bits_are_more_than_128(inputs: int) -> None:
    torch.manual_seed(0)
    weights = Layer(torch.randn(2000, inputs), torch.randn(2000, 500), *torch.zeros(2, 2000))
    made = integer_layer("lstm", weights, -torch.ones(inputs), torch.rand(inputs) * 9)
    for found in (made.weight_ih, made.weight_hh):
        wide = torch.nn.functional.pad(found.int(), (0, -found.shape[1] % 8))
        for first in (0, 2):
            meeting = wide.view(2000, -1, 8)[:, :, [first, first + 1, first + 4, first + 5]]
            assert meeting.clamp(min=0).sum(2).max() <= 128
            assert meeting.clamp(max=0).sum(2).min() >= -128


@each_family
def test_states_are_near_those_of_fp32(family: Family) -> None:
    weights = layer(family, 48, 32)
    steps = torch.randn(100, 4, 48)
    made = in_bytes(family, weights, steps)
    plain = MODULES[family](48, 32).requires_grad_(False)
    for each, value in zip(plain.all_weights[0], weights, strict=True):
        each.copy_(value)
    differ = (states_by_torch(family, steps, made) - plain(steps)[0]).abs()
    assert differ.max() < 0.05
    assert differ.mean() < 0.006


def test_inputs_that_never_vary_and_weights_of_zero_are_taken() -> None:
    weights = Layer(torch.zeros(16, 3), torch.zeros(16, 4), *torch.zeros(2, 16))
    made = integer_layer("lstm", weights, torch.zeros(3), torch.zeros(3))
    assert all(each.float().isfinite().all() for each in made)
    assert states_by_torch("lstm", torch.randn(5, 2, 3), made).abs().max() < 1e-4
