"""The operator with Triton's interpreter; needs TRITON_INTERPRET=1 before triton is imported."""

from __future__ import annotations

from typing import Any

import torch
from kernels.dense_attention import documents

from genoseq.kernels.operator import attention
from genoseq.kernels.rotary import Rotary


def operator_figures() -> dict[str, Any]:
    """Largest difference from the reference of each case, and what `opcheck` finds."""
    torch.manual_seed(0)
    cu_seqlens = documents(37, 0, 20)
    inputs = [
        torch.randn(57, heads, 32, dtype=torch.float64, requires_grad=True) for heads in (2, 1, 1)
    ]
    angles = torch.rand(37, 16, dtype=torch.float64)
    rotary = Rotary(angles.cos(), angles.sin())
    cases: dict[str, dict[str, Any]] = {
        "window, global, rotary": {"window": 5, "global_tokens": 2, "rotary": rotary},
        "causal": {"causal": True},
        "window, causal": {"window": 9, "causal": True, "rotary": rotary},
    }
    errors = {}
    for name, options in cases.items():
        found = []
        for backend in ("reference", "triton"):
            out, lse = attention(*inputs, cu_seqlens, backend=backend, **options)
            gradients = torch.autograd.grad(out.sin().sum() + lse.cos().sum(), inputs)
            found.append((out.detach(), lse.detach(), *gradients))
        errors[name] = max(float((a - b).abs().max()) for a, b in zip(*found, strict=True))
    checks = torch.library.opcheck(
        torch.ops.genoseq.attention.default,
        (*inputs, cu_seqlens, *rotary, 0.3, 5, 2, False, "triton"),
    )
    return {"errors": errors, "checks": checks}
