"""Compiled gated linear recurrences against plain PyTorch, for every set that runs here."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_sets import COMPILED, chosen
from kernels.scan.cases import CASES, Case, inputs_of, results
from torch import Tensor

from genoseq.kernels.cpu import scan
from genoseq.kernels.cpu.library import VARIABLE

each_set = pytest.mark.parametrize("name", COMPILED)


@each_set
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_states_and_gradients_equal_the_reference(
    name: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, name)
    inputs = inputs_of(case)
    ours, exact = results(inputs, "cpu", torch.float32), results(inputs, "reference", torch.float64)
    for found, wanted in zip(ours, exact, strict=True):
        torch.testing.assert_close(found.double(), wanted, rtol=0, atol=5e-6)


def both(name: str, numbers: Tensor, lengths: Tensor, d_states: Tensor) -> tuple[Tensor, Tensor]:
    states = scan.forward(chosen(name), numbers, lengths, None)
    return states, scan.backward(chosen(name), d_states, numbers, states, lengths, None)


@each_set
@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 40),
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    directions=st.integers(1, 2),
)
def test_a_row_has_the_same_bits_by_any_set_threads_and_rows_beside_it(
    name: str, width: int, lengths: list[int], directions: int
) -> None:
    torch.manual_seed(width)
    numbers = torch.randn(30, len(lengths), directions, 2, width)
    d_states = torch.randn(30, len(lengths), directions, width)
    states, d_given = both(name, numbers, torch.tensor(lengths), d_states)
    again = both(COMPILED[-1], numbers, torch.tensor(lengths), d_states)
    assert torch.equal(states, again[0])
    assert torch.equal(d_given, again[1])
    torch.set_num_threads(3)
    try:
        assert torch.equal(states, both(name, numbers, torch.tensor(lengths), d_states)[0])
    finally:
        torch.set_num_threads(1)
    for row, length in enumerate(lengths):
        assert (states[length:, row] == 0).all()
        assert (d_given[length:, row] == 0).all()
        if length:
            alone, whole = numbers[:length, row : row + 1].contiguous(), torch.tensor([length])
            d_alone = d_states[:length, row : row + 1].contiguous()
            found = both(name, alone, whole, d_alone)
            assert torch.equal(found[0], states[:length, row : row + 1])
            assert torch.equal(found[1], d_given[:length, row : row + 1])


@each_set
def test_what_is_large_is_bounded_and_nan_stays(name: str) -> None:
    numbers = torch.randn(6, 3, 1, 2, 9)
    numbers[2, 1, :, 0] = 1e30
    numbers[3, 2, 0, 1, 0] = torch.nan
    states = scan.forward(chosen(name), numbers, torch.full((3,), 6), None)
    torch.testing.assert_close(states[2, 1], states[1, 1], rtol=0, atol=1e-6)
    assert states.isnan().nonzero().tolist() == [[step, 2, 0, 0] for step in (3, 4, 5)]
