"""Gated linear recurrences against the formula and finite differences; which backend computes."""

from __future__ import annotations

import pytest
import torch
from kernels.scan.cases import CASES, Case, inputs_of, step_by_step

from genoseq.kernels.cpu.library import VARIABLE, runnable
from genoseq.kernels.scan.operator import backend_of, scan

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each_case
def test_reference_follows_the_formula(case: Case) -> None:
    inputs = inputs_of(case)
    found = scan(inputs.given, inputs.lengths, inputs.before)
    torch.testing.assert_close(found, step_by_step(inputs), rtol=0, atol=1e-13)


@each_case
def test_gradcheck(case: Case) -> None:
    given, lengths, before, _ = inputs_of(case)
    assert torch.autograd.gradcheck(
        lambda x: scan(x, lengths, before), given.requires_grad_(), fast_mode=True
    )


def test_states_are_averages_however_long_and_steep() -> None:
    given = 100 * torch.randn(3000, 1, 2, 2, 4)
    states = scan(given)
    assert states.isfinite().all()
    assert states.abs().max() <= given[:, :, :, 1].abs().max()
    kept = scan(torch.tensor([1000.0, 3.0]).expand(2000, 1, 1, 4, 2).mT, before=torch.ones(1, 1, 4))
    assert (kept == 1).all()


def test_nothing_comes_of_nothing() -> None:
    for steps, rows in ((0, 3), (5, 0)):
        assert scan(torch.zeros(steps, rows, 2, 2, 4)).shape == (steps, rows, 2, 4)


def test_states_before_are_of_one_direction_and_without_gradient() -> None:
    given = torch.zeros(4, 1, 2, 2, 3)
    with pytest.raises(ValueError, match="one direction"):
        scan(given, before=torch.zeros(1, 2, 3))
    with pytest.raises(ValueError, match="without a gradient"):
        scan(given[:, :, :1], before=torch.zeros(1, 1, 3, requires_grad=True))


def test_backend_is_compiled_for_fp32_where_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backend_of(torch.zeros(1)) == ("cpu" if runnable() else "reference")
    assert backend_of(torch.zeros(1, dtype=torch.float64)) == "reference"
    monkeypatch.setenv(VARIABLE, "torch")
    assert backend_of(torch.zeros(1)) == "reference"
