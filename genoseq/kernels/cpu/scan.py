"""Gated linear recurrences on CPUs, by the compiled kernels of scan.cpp: states and gradients."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from genoseq.kernels.cpu.library import INT, LONG, POINTER, Chosen, kernel
from genoseq.kernels.cpu.threads import run_all, shares


class _Run(ctypes.Structure):
    """GenoseqScan of scan.cpp."""

    _fields_ = (
        ("given", POINTER),
        ("states", POINTER),
        ("lengths", POINTER),
        ("before", POINTER),
        ("d_states", POINTER),
        ("d_given", POINTER),
        ("given_step", LONG),
        ("given_row", LONG),
        ("states_step", LONG),
        ("states_row", LONG),
        ("before_row", LONG),
        ("steps", LONG),
        ("rows", LONG),
        ("width", INT),
        ("reverse", INT),
    )


def forward(chosen: Chosen, given: Tensor, lengths: Tensor, before: Tensor | None) -> Tensor:
    """States (N, B, K, D) in float32, see :func:`genoseq.kernels.scan.reference.forward`."""
    states = given.new_empty(given.shape[:3] + given.shape[4:])
    _run(chosen, "scan", (given, states, lengths, before, None, None))
    return states


def backward(
    chosen: Chosen,
    d_states: Tensor,
    given: Tensor,
    states: Tensor,
    lengths: Tensor,
    before: Tensor | None,
) -> Tensor:
    """Gradients (N, B, K, 2, D), see :func:`genoseq.kernels.scan.reference.backward`."""
    d_given = torch.empty_like(given)
    _run(chosen, "scan_back", (given, states, lengths, before, d_states.contiguous(), d_given))
    return d_given


_Tensors = tuple[Tensor, Tensor, Tensor, Tensor | None, Tensor | None, Tensor | None]


def _run(chosen: Chosen, name: str, tensors: _Tensors) -> None:
    """One run for each direction and each thread's rows."""
    given, states, lengths, before, d_states, d_given = tensors
    steps, rows, directions, _, width = given.shape
    assert given.is_contiguous()
    assert given.dtype == torch.float32
    runs = []
    for turn in range(directions):
        for some in shares(rows, 1, directions):
            parts = (
                given[:, some, turn], states[:, some, turn], lengths[some],
                None if before is None else before[some, turn],
                None if d_states is None else d_states[:, some, turn],
                None if d_given is None else d_given[:, some, turn],
            )  # fmt: skip
            run = _Run(
                *(0 if part is None else part.data_ptr() for part in parts),
                *given.stride()[:2], *states.stride()[:2], directions * width,
                steps, some.stop - some.start, width, turn,
            )  # fmt: skip
            runs.append(run)
    run_all(kernel(chosen, name, torch.float32), runs)
