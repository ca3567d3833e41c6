"""What benchmarks/attention.py compares: ours, PyTorch's own, FlexAttention, flash-attn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from genoseq.kernels.mask import Mask
from genoseq.kernels.operator import attention

BACKWARD = 2.5
"""Operations of the backward pass for one of the forward pass."""

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    mask: str
    width: int
    tokens: int
    direction: str
    heads: int
    window: int
    global_tokens: int
    dtype: str
    device: str
    clock: str

    def seen(self) -> Mask:
        """Which keys a query sees."""
        if self.mask == "full":
            return Mask()
        return Mask(self.window, 0 if self.mask == "window" else self.global_tokens)

    def operations(self) -> float:
        """Useful ones of a call."""
        once = 4 * self.seen().pairs(self.tokens) * self.width * self.heads
        return once * (1 if self.direction == "forward" else 1 + BACKWARD)


def ours(case: Case) -> Attend:
    """genoseq, on (T, H, D)."""
    mask = case.seen()
    return lambda q, k, v: (
        attention(q, k, v, window=mask.window, global_tokens=mask.global_tokens).out
    )


def flex(case: Case) -> Attend:
    """FlexAttention, compiled, with its BlockMask; full attention has none."""
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    torch.compiler.reset()  # each case is compiled anew: more than 8 would be refused
    window, first = case.window, case.global_tokens

    def sees(_b: Tensor, _h: Tensor, i: Tensor, j: Tensor) -> Tensor:
        return ((i - j).abs() <= window) | (i < first) | (j < first)

    size = case.tokens
    blocks = None
    if case.mask != "full":
        blocks = create_block_mask(sees, None, None, size, size, device=case.device, _compile=True)
    compiled = torch.compile(flex_attention, fullgraph=True)
    return lambda q, k, v: compiled(*map(heads_first, (q, k, v)), block_mask=blocks)


def flash(case: Case) -> Attend:
    """flash-attn: a window, no global tokens."""
    from flash_attn import flash_attn_func  # type: ignore[import-not-found]

    reach = (-1, -1) if case.mask == "full" else (case.window, case.window)
    return lambda q, k, v: flash_attn_func(q[None], k[None], v[None], window_size=reach)


def dense(case: Case) -> Attend:
    """PyTorch's own with an L x L mask."""
    index = torch.arange(case.tokens, device=case.device)
    seen = case.seen().visible(index[:, None], index)
    return lambda q, k, v: functional.scaled_dot_product_attention(
        *map(heads_first, (q, k, v)), attn_mask=seen
    )


def fused(backend: SDPBackend) -> Callable[[Case], Attend]:
    """PyTorch's own full attention by one of its backends."""

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        with sdpa_kernel(backend):
            return functional.scaled_dot_product_attention(*map(heads_first, (q, k, v)))

    return lambda _: attend


def heads_first(packed: Tensor) -> Tensor:
    """(T, H, D) -> (1, H, T, D)."""
    return packed.transpose(0, 1)[None]


BUILD = {
    "genoseq": ours,
    "FlexAttention": flex,
    "flash-attn": flash,
    "SDPA flash": fused(SDPBackend.FLASH_ATTENTION),
    "SDPA cuDNN": fused(SDPBackend.CUDNN_ATTENTION),
    "SDPA dense mask": dense,
}
BOTH = "window+global"
ON_GPU = {BOTH: ["genoseq", "FlexAttention"], "window": ["flash-attn"]}
ON_GPU["full"] = ["genoseq", "SDPA flash", "SDPA cuDNN", "FlexAttention", "flash-attn"]
ON_CPU = {BOTH: ["genoseq", "SDPA dense mask", "FlexAttention"]}
