"""Inputs of gated linear recurrences, and their states and gradients by a backend."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from genoseq.kernels.scan.operator import Asked, scan


class Case(NamedTuple):
    """Steps, directions, units; own steps of each row; whether states go before."""

    steps: int
    directions: int
    width: int
    lengths: list[int]
    goes_on: bool = False


CASES = {
    "rows of other lengths": Case(37, 2, 5, [37, 20, 0, 1]),
    "blocks filled": Case(64, 2, 33, [64, 32, 33, 31]),
    "goes on": Case(70, 1, 40, [70, 70], True),
    "goes on, rows end": Case(35, 1, 8, [35, 3, 0], True),
    "one step": Case(1, 2, 3, [1]),
}


class Inputs(NamedTuple):
    """Of one case, in float64."""

    given: Tensor
    lengths: Tensor
    before: Tensor | None
    d_states: Tensor


def inputs_of(case: Case) -> Inputs:
    """The same numbers each time."""
    torch.manual_seed(case.steps)
    rows, shape = len(case.lengths), (case.directions, 2, case.width)
    given = 2 * torch.randn(case.steps, rows, *shape, dtype=torch.float64)
    before = torch.randn(rows, 1, case.width, dtype=torch.float64) if case.goes_on else None
    d_states = torch.randn(case.steps, rows, case.directions, case.width, dtype=torch.float64)
    return Inputs(given, torch.tensor(case.lengths), before, d_states)


def results(inputs: Inputs, backend: Asked, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """States, and the gradient of what is given."""
    given = inputs.given.to(dtype).requires_grad_()
    states = scan(given, inputs.lengths, inputs.before, backend)
    assert states.dtype == dtype
    states.backward(inputs.d_states.to(dtype))
    assert given.grad is not None
    return states.detach(), given.grad


def step_by_step(inputs: Inputs) -> Tensor:
    """States by the formula, one after the other."""
    given, lengths, before, d_states = inputs
    states = torch.zeros_like(d_states)
    for row, length in enumerate(lengths.tolist()):
        for turn in range(given.shape[2]):
            state = torch.zeros_like(states[0, 0, 0]) if before is None else before[row, turn]
            for step in reversed(range(length)) if turn else range(length):
                kept = given[step, row, turn, 0].sigmoid()
                state = kept * state + (1 - kept) * given[step, row, turn, 1]
                states[step, row, turn] = state
    return states
