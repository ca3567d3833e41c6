"""Triton kernels of gated linear recurrences, and what launches them.

A program has a row, a direction and some units, and walks over blocks of steps.  In a block all
states come of one associative scan (Martin and Cundy 2018, arXiv:1709.04057), to which is added
what the block before it passes on.  ``turn`` counts steps in the order of the recurrence, which is
backward in time in the second direction.  Sums are in one order: the same bits in every run.
"""

# ruff: noqa: N803 - compile-time constants in capitals, as Triton code has them
# mypy: disable-error-code="untyped-decorator, no-untyped-def, no-untyped-call"

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

STEPS, UNITS, WARPS = 32, 32, 4
"""Of a block: 8 numbers of each array in a thread; never tuned on a GPU."""


@triton.jit
def _follow(factor, term, later_factor, later_term):
    """Two maps x -> factor x + term, one after the other."""
    return factor * later_factor, later_factor * term + later_term


@triton.jit
def _positions(turn, steps, row, rows):
    """Steps of `turn`, whether there are such, and where they stand in units of one direction."""
    direction = tl.program_id(1)
    step = tl.where(direction == 1, steps - 1 - turn, turn)
    position = (step.to(tl.int64) * rows + row) * tl.num_programs(1) + direction
    return step, (turn >= 0) & (turn < steps), position


@triton.jit
def scan_forward(
    given,  # pointer to gates and values, shape (N, B, K, 2, D)
    states,  # pointer to the result, shape (N, B, K, D)
    lengths,  # pointer to rows' own steps, shape (B,)
    before,  # pointer to states before the first, shape (B, K, D), read if GOES_ON
    steps,  # N
    rows,  # B
    width,  # D
    GOES_ON: tl.constexpr,
    STEPS: tl.constexpr,
    UNITS: tl.constexpr,
):
    """h_t = a_t h_{t-1} + (1 - a_t) v_t, a = sigmoid(g)."""
    row = tl.program_id(0).to(tl.int64)
    units = tl.program_id(2) * UNITS + tl.arange(0, UNITS)
    length = tl.load(lengths + row)
    carried = tl.zeros((UNITS,), states.dtype.element_ty)
    if GOES_ON:
        at = (row * tl.num_programs(1) + tl.program_id(1)) * width + units
        carried = tl.load(before + at, mask=units < width, other=0.0)
    block = tl.arange(0, STEPS)
    for first in range(0, steps, STEPS):
        step, there, position = _positions(first + block, steps, row, rows)
        whole = there[:, None] & (units < width)[None, :]
        own = whole & (step < length)[:, None]
        at = position[:, None] * 2 * width + units[None, :]
        gate = tl.load(given + at, mask=own, other=0.0)
        value = tl.load(given + at + width, mask=own, other=0.0)
        kept = 1 / (1 + tl.exp(-gate))
        factor, term = tl.where(own, kept, 0.0), (1 - kept) * value
        product, sums = tl.associative_scan((factor, term), 0, _follow)
        found = sums + product * carried[None, :]
        tl.store(states + position[:, None] * width + units[None, :], found, mask=whole)
        carried = tl.sum(tl.where((block == STEPS - 1)[:, None], found, 0.0), 0)


@triton.jit
def scan_backward(
    d_states,  # pointer to gradients of states, shape (N, B, K, D)
    given,  # pointer to gates and values, shape (N, B, K, 2, D)
    states,  # pointer to states, shape (N, B, K, D)
    lengths,  # pointer to rows' own steps, shape (B,)
    before,  # pointer to states before the first, shape (B, K, D), read if GOES_ON
    d_given,  # pointer to the result, shape (N, B, K, 2, D)
    steps,  # N
    rows,  # B
    width,  # D
    GOES_ON: tl.constexpr,
    STEPS: tl.constexpr,
    UNITS: tl.constexpr,
):
    """e'_t = e_t + a_{t+1} e'_{t+1}, dv_t = (1 - a_t) e'_t, dg_t = a_t (h_{t-1} - v_t) dv_t."""
    row = tl.program_id(0).to(tl.int64)
    units = tl.program_id(2) * UNITS + tl.arange(0, UNITS)
    length = tl.load(lengths + row)
    carried = tl.zeros((UNITS,), states.dtype.element_ty)
    block = tl.arange(0, STEPS)
    for done in range(0, steps, STEPS):
        turn = steps - 1 - done - block
        step, there, position = _positions(turn, steps, row, rows)
        some = (units < width)[None, :]
        whole = there[:, None] & some
        own = whole & (step < length)[:, None]
        at = position[:, None] * 2 * width + units[None, :]
        gate = tl.load(given + at, mask=own, other=0.0)
        value = tl.load(given + at + width, mask=own, other=0.0)
        kept = 1 / (1 + tl.exp(-gate))
        # What the state after a step keeps of it.
        step, there, later = _positions(turn + 1, steps, row, rows)
        passing = (there & (step < length))[:, None] & some
        after = tl.load(
            given + later[:, None] * 2 * width + units[None, :], mask=passing, other=0.0
        )
        factor = tl.where(passing, 1 / (1 + tl.exp(-after)), 0.0)
        grad = tl.load(d_states + position[:, None] * width + units[None, :], mask=own, other=0.0)
        product, sums = tl.associative_scan((factor, grad), 0, _follow)
        found = sums + product * carried[None, :]
        carried = tl.sum(tl.where((block == STEPS - 1)[:, None], found, 0.0), 0)
        _, there, earlier = _positions(turn - 1, steps, row, rows)
        state = tl.load(
            states + earlier[:, None] * width + units[None, :],
            mask=there[:, None] & some,
            other=0.0,
        )
        if GOES_ON:
            begin = (row * tl.num_programs(1) + tl.program_id(1)) * width + units
            start = tl.load(before + begin, mask=units < width, other=0.0)
            state = tl.where((turn == 0)[:, None], start[None, :], state)
        taken = (1 - kept) * found
        tl.store(d_given + at, tl.where(own, kept * taken * (state - value), 0.0), mask=whole)
        tl.store(d_given + at + width, tl.where(own, taken, 0.0), mask=whole)


def forward(given: Tensor, lengths: Tensor, before: Tensor | None) -> Tensor:
    """States (N, B, K, D), see :func:`genoseq.kernels.scan.reference.forward`."""
    states = given.new_empty(given.shape[:3] + given.shape[4:])
    _launch(scan_forward, (given, states), lengths, before, ())
    return states


def backward(
    d_states: Tensor, given: Tensor, states: Tensor, lengths: Tensor, before: Tensor | None
) -> Tensor:
    """Gradients (N, B, K, 2, D), see :func:`genoseq.kernels.scan.reference.backward`."""
    d_given = torch.empty_like(given)
    _launch(scan_backward, (d_states.contiguous(), given, states), lengths, before, (d_given,))
    return d_given


def _launch(
    kernel: triton.JITFunction,
    tensors: tuple[Tensor, ...],
    lengths: Tensor,
    before: Tensor | None,
    results: tuple[Tensor, ...],
) -> None:
    steps, rows, directions, _, width = tensors[-2 if results else 0].shape
    if not steps or not rows:
        return
    grid = (rows, directions, triton.cdiv(width, UNITS))
    begin = lengths if before is None else before
    with torch.cuda.device(lengths.get_device()):  # Triton launches on the current device
        kernel[grid](
            *tensors, lengths, begin, *results, steps, rows, width,
            GOES_ON=before is not None, STEPS=STEPS, UNITS=UNITS, num_warps=WARPS,
        )  # fmt: skip
