"""Gated linear recurrences with gradients, by the kernels that suit the device.

Compiled kernels on CPUs (:mod:`genoseq.kernels.cpu.scan`), Triton's on GPUs
(:mod:`genoseq.kernels.scan.triton_kernels`), plain PyTorch (:mod:`genoseq.kernels.scan.reference`)
where neither is there, and in float64.  Numbers are fp32 whatever type is given.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Literal, cast

import torch
from torch import Tensor

from genoseq.kernels.cpu import scan as compiled
from genoseq.kernels.cpu.library import choose
from genoseq.kernels.scan import reference

Asked = Literal["auto", "cpu", "triton", "reference"]


def scan(
    given: Tensor,
    lengths: Tensor | None = None,
    before: Tensor | None = None,
    backend: Asked = "auto",
) -> Tensor:
    """States of all steps, (N, B, K, D), float32 (float64 of float64).

    Parameters
    ----------
    given
        Logits of what a state keeps of itself, and values of which it takes the rest:
        (N, B, K, 2, D).  Of K directions, one or two, the second goes from the last step to the
        first.
    lengths
        Of each row, steps of its own (B,), whose states are those that they have alone; others'
        are 0.  None: all.
    before
        States before the first step (B, 1, D), of one direction only and without a gradient; None:
        zeros.
    backend
        As :func:`backend_of` chooses, or one that the caller knows to run.
    """
    if before is not None and (given.shape[2] != 1 or before.requires_grad):
        raise ValueError("before: of one direction only, and without a gradient")
    given = given if given.dtype == torch.float64 else given.float()
    if lengths is None:
        lengths = torch.full((given.shape[1],), len(given), device=given.device)
    lengths = lengths.to(given.device, torch.int64).contiguous()
    if before is not None:
        before = before.to(given.dtype).contiguous()
    chosen = backend_of(given) if backend == "auto" else backend
    apply = cast(Any, _Scan.apply)
    return cast(Tensor, apply(given.contiguous(), lengths, before, chosen))


def backend_of(given: Tensor) -> Asked:
    """What computes numbers of this type on this device."""
    if given.dtype != torch.float32:
        return "reference"
    if given.device.type == "cpu" and choose().dtypes:
        return "cpu"
    if given.device.type == "cuda" and find_spec("triton") is not None:
        return "triton"
    return "reference"


class _Scan(torch.autograd.Function):
    """States of steps."""

    @staticmethod
    def forward(
        ctx: Any, given: Tensor, lengths: Tensor, before: Tensor | None, backend: Asked
    ) -> Tensor:
        ctx.backend = backend
        if backend == "cpu":
            states = compiled.forward(choose(), given, lengths, before)
        elif backend == "triton":
            from genoseq.kernels.scan import triton_kernels

            states = triton_kernels.forward(given, lengths, before)
        else:
            states = reference.forward(given, lengths, before)
        ctx.save_for_backward(given, states, lengths, before)
        return states

    @staticmethod
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor, None, None, None]:
        given, states, lengths, before = ctx.saved_tensors
        if ctx.backend == "cpu":
            found = compiled.backward(choose(), d_states, given, states, lengths, before)
        elif ctx.backend == "triton":
            from genoseq.kernels.scan import triton_kernels

            found = triton_kernels.backward(d_states, given, states, lengths, before)
        else:
            found = reference.backward(d_states, given, states, lengths, before)
        return found, None, None, None
