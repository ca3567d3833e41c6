"""Compiled recurrent layers against PyTorch's own in float64, for every set that runs here."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_sets import COMPILED, chosen, of_bf16
from torch import Tensor, nn

from genoseq.kernels.cpu import Layer, run_layer
from genoseq.kernels.cpu.recurrent import Family

MODULES: dict[Family, type[nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
each_set = pytest.mark.parametrize("name", COMPILED)
each_family = pytest.mark.parametrize("family", MODULES)


def module(family: Family, inputs: int, width: int, directions: int = 2) -> nn.RNNBase:
    torch.manual_seed(width)
    made = MODULES[family](inputs, width, bidirectional=directions == 2)
    return made.requires_grad_(False)


def layers(twin: nn.RNNBase) -> list[Layer]:
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    suffixes = ("", "_reverse") if twin.bidirectional else ("",)
    return [Layer(*(getattr(twin, each + suffix) for each in names)) for suffix in suffixes]


def expected(twin: nn.RNNBase, steps: Tensor) -> Tensor:
    found: Tensor = twin.double()(steps.double())[0]
    twin.to(steps.dtype)
    return found


@each_set
@each_family
@settings(max_examples=25, deadline=None)
@given(
    inputs=st.integers(1, 40),
    width=st.integers(1, 40),
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=14),
    directions=st.integers(1, 2),
)
def test_run_layer_equals_its_twin_of_each_row_alone(
    name: str, family: Family, inputs: int, width: int, lengths: list[int], directions: int
) -> None:
    twin = module(family, inputs, width, directions)
    steps = torch.randn(31, len(lengths), inputs)
    found = run_layer(chosen(name), family, steps, layers(twin), torch.tensor(lengths))
    assert found.shape == (31, len(lengths), width * directions)
    for row, length in enumerate(lengths):
        assert (found[length:, row] == 0).all()
        if length:
            alone = steps[:length, row : row + 1]
            torch.testing.assert_close(
                found[:length, row : row + 1],
                expected(twin, alone),
                rtol=0,
                atol=5e-6,
                check_dtype=False,
            )
            again = run_layer(chosen(name), family, alone, layers(twin))
            assert torch.equal(found[:length, row : row + 1], again), "rows beside it moved it"


@each_set
@each_family
@pytest.mark.parametrize("wanted", [range(0, 12), range(5, 30), range(9, 20), range(4, 4)])
def test_run_layer_gives_the_steps_that_are_wanted(
    name: str, family: Family, wanted: range
) -> None:
    twin = module(family, 5, 7)
    steps, lengths = torch.randn(30, 4, 5), torch.tensor([30, 8, 17, 0])
    all_steps = run_layer(chosen(name), family, steps, layers(twin), lengths)
    found = run_layer(chosen(name), family, steps, layers(twin), lengths, wanted)
    inside = slice(wanted.start, wanted.stop)
    assert torch.equal(found[inside], all_steps[inside])
    found[inside] = 0
    assert (found == 0).all()


@each_set
@each_family
def test_run_layer_gives_the_same_bits_by_any_set_threads_and_strides(
    name: str, family: Family
) -> None:
    twin = module(family, 33, 24)
    steps = torch.randn(9, 50, 66)[:, :, ::2].transpose(0, 1)  # neither side by side nor in order
    found = run_layer(chosen(name), family, steps, layers(twin))
    assert torch.equal(found, run_layer(chosen(COMPILED[-1]), family, steps, layers(twin)))
    torch.set_num_threads(5)
    try:
        assert torch.equal(found, run_layer(chosen(name), family, steps, layers(twin)))
    finally:
        torch.set_num_threads(1)


@each_set
@each_family
def test_run_layer_keeps_states_over_thousands_of_steps(name: str, family: Family) -> None:
    twin = module(family, 8, 64)
    steps = 3 * torch.randn(4000, 2, 8)
    found = run_layer(chosen(name), family, steps, layers(twin))
    torch.testing.assert_close(found.double(), expected(twin, steps), rtol=0, atol=5e-6)


@each_set
@each_family
def test_run_layer_bounds_what_is_large_and_keeps_nan(name: str, family: Family) -> None:
    twin = module(family, 4, 9)
    steps = torch.randn(6, 3, 4)
    steps[2, 1] = 1e30
    steps[3, 2, 0] = torch.nan
    found = run_layer(chosen(name), family, steps, layers(twin))
    wanted = expected(twin, steps)
    assert torch.equal(found.isnan(), wanted.isnan())
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=5e-6, equal_nan=True)


@pytest.mark.parametrize("name", of_bf16())
@each_family
@pytest.mark.parametrize(("inputs", "width"), [(96, 64), (7, 5), (1, 33)])
def test_run_layer_in_bf16_is_nearer_to_float64_than_its_twin(
    name: str, family: Family, inputs: int, width: int
) -> None:
    twin = module(family, inputs, width).to(torch.bfloat16)
    steps = torch.randn(200, 5, inputs).to(torch.bfloat16)
    found = run_layer(chosen(name), family, steps, layers(twin))
    wanted = expected(twin, steps)
    assert found.dtype == torch.bfloat16
    ours, theirs = (each.double().sub(wanted).square().mean() for each in (found, twin(steps)[0]))
    assert ours <= 1.1 * theirs
    assert (found.double() - wanted).abs().max() < 0.04


@each_set
@pytest.mark.parametrize(("steps", "rows"), [(0, 3), (5, 0)])
def test_run_layer_takes_nothing(name: str, steps: int, rows: int) -> None:
    twin = module("lstm", 4, 6)
    found = run_layer(chosen(name), "lstm", torch.empty(steps, rows, 4), layers(twin))
    assert found.shape == (steps, rows, 12)
