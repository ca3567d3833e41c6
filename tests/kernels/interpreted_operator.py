"""The operator with Triton's interpreter; needs TRITON_INTERPRET=1 before triton is imported."""

from __future__ import annotations

from typing import Any

import torch
from kernels.dense_attention import documents
from torch import Tensor

from genoseq.kernels.operator import attention
from genoseq.kernels.rotary import Rotary

OWN, OTHER = documents(37, 0, 20), documents(23, 9, 31)


def random_inputs(keys: int) -> list[Tensor]:
    """q of 57 tokens, k and v."""
    torch.manual_seed(0)
    shapes = ((57, 2), (keys, 1), (keys, 1))
    return [torch.randn(*shape, 32, dtype=torch.float64, requires_grad=True) for shape in shapes]


def operator_figures() -> dict[str, Any]:
    """Largest difference from the reference of each case, and what `opcheck` finds."""
    angles = torch.rand(37, 16, dtype=torch.float64)
    rotary = Rotary(angles.cos(), angles.sin())
    cases: dict[str, dict[str, Any]] = {
        "window, global, rotary": {"window": 5, "global_tokens": 2, "rotary": rotary},
        "causal": {"causal": True},
        "window, causal": {"window": 9, "causal": True, "rotary": rotary},
        "other keys": {"cu_seqlens_k": OTHER},
        "other keys, window, causal": {"cu_seqlens_k": OTHER, "window": 9, "causal": True},
    }
    errors = {}
    for name, options in cases.items():
        inputs = random_inputs(63 if "cu_seqlens_k" in options else 57)
        found = []
        for backend in ("reference", "triton"):
            out, lse = attention(*inputs, OWN, backend=backend, **options)
            sums = lse[lse > -torch.inf]
            gradients = torch.autograd.grad(out.sin().sum() + sums.cos().sum(), inputs)
            found.append((out.detach(), sums.detach(), *gradients))
        errors[name] = max(float((a - b).abs().max()) for a, b in zip(*found, strict=True))
    operator = torch.ops.genoseq.attention.default
    checks = [
        torch.library.opcheck(operator, (*inputs, OWN, *settings, "triton"))
        for inputs, settings in (
            (random_inputs(57), (None, *rotary, 0.3, 5, 2, False)),
            (random_inputs(63), (OTHER, None, None, 0.3, 5, 2, True)),
        )
    ]
    return {"errors": errors, "checks": checks}
