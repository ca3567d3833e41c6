"""Launch the attention kernels: allocate results, choose blocks, pass strides.

Shapes are not validated here; the operator does it.  Queries and keys arrive rotated.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton import knobs
from triton.runtime import driver

from genoseq.kernels.attention.configurations import (
    Architecture,
    Blocks,
    Case,
    Configuration,
    configuration,
    nvidia_architecture,
)
from genoseq.kernels.attention.delta import attention_delta
from genoseq.kernels.attention.dkv import attention_dkv
from genoseq.kernels.attention.dq import attention_dq
from genoseq.kernels.attention.forward import attention_forward
from genoseq.kernels.attention.tiles import tile_map
from genoseq.kernels.mask import Mask
from genoseq.kernels.rotary import Rotary

_LOG2_E = 1.4426950408889634
_DELTA_BLOCK = 64
_MOST_LEADING = 4
"""Blocks of global tokens of a document that are started before all others, at most."""

NARROW_OFFSETS = 2**31
"""Tensors of this many elements or more, along T, take 64-bit offsets within a document."""

_MOST_TOKENS = 2**30
"""Sums of a position, a window and a block must fit 32 bits."""


def forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    cu_seqlens: Tensor,
    mask: Mask,
    scale: float,
    *,
    cu_seqlens_k: Tensor | None = None,
    blocks: Configuration | None = None,
) -> tuple[Tensor, Tensor]:
    """Outputs (T, Hq, D) and log-sum-exp (Hq, T), natural logarithm.

    Parameters
    ----------
    q
        Queries (T, Hq, D); with a rotary embedding already rotated, like the keys.
    k, v
        Keys and values (Tk, Hk, D).
    cu_seqlens
        First token of each document, then T, int32 (documents + 1,).
    mask
        Which keys a query sees.
    scale
        Factor of the scores.
    cu_seqlens_k
        First key of each document, then Tk, int32 (documents + 1,); None: as for the queries.
    blocks
        Instead of the table's configuration.

    Raises
    ------
    ValueError
        If there are 2**30 tokens or more, of queries or keys.
    BackendError
        If there is no configuration for the device and the head width.
    """
    tokens, heads, width = q.shape
    q, k, v = (_dense_heads(t) for t in (q, k, v))
    out = torch.empty(q.shape, dtype=q.dtype, device=q.device)
    log_sums = torch.empty((heads, tokens), dtype=_accumulator(q), device=q.device)
    if tokens == 0:
        return out, log_sums
    with torch.cuda.device(q.get_device()):  # Triton launches on the current device
        chosen = (blocks or _configuration(q, k, mask)).forward
        tiles = _tiles(cu_seqlens, tokens, chosen.queries, mask, keys=False)
        attention_forward[(tiles.shape[0] * heads,)](
            q, k, v, out, log_sums, cu_seqlens, cu_seqlens_k, tiles,
            scale * _LOG2_E, tokens, *_reach(mask, q, k), heads,
            *_strides(q, k, v, out),
            GROUP=heads // k.shape[1],
            WIDTH=width,
            **_constants(q, mask, chosen, (q, k, v, out)),
        )  # fmt: skip
    return out, log_sums


def backward(
    d_out: Tensor,
    d_lse: Tensor | None,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    out: Tensor,
    lse: Tensor,
    cu_seqlens: Tensor,
    mask: Mask,
    scale: float,
    rotary: Rotary | None = None,
    *,
    cu_seqlens_k: Tensor | None = None,
    blocks: Configuration | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of queries (T, Hq, D), keys and values (Tk, Hk, D).

    Parameters
    ----------
    d_out
        Gradient of the outputs (T, Hq, D).
    d_lse
        Gradient of the log-sum-exp (Hq, T); None: zeros.
    q, k, v, cu_seqlens, mask, scale, cu_seqlens_k, blocks
        As for :func:`forward`.
    out, lse
        What :func:`forward` gave back.
    rotary
        Tables of the rotation that `q` and `k` went through: their gradients are turned back to
        those of the unrotated ones.  None: they were not rotated.

    Raises
    ------
    ValueError, BackendError
        As :func:`forward`.
    """
    q, k, v, out, d_out = (_dense_heads(t) for t in (q, k, v, out, d_out))
    d_q, d_k, d_v = (torch.empty(t.shape, dtype=t.dtype, device=t.device) for t in (q, k, v))
    tokens, heads, width = q.shape
    if tokens == 0:
        return d_q, d_k.zero_(), d_v.zero_()
    with torch.cuda.device(q.get_device()):  # Triton launches on the current device
        chosen = blocks or _configuration(q, k, mask)
        log_sums = lse.contiguous()
        if cu_seqlens_k is not None and d_lse is not None:
            # Of queries that see no key: what depends on -inf may have the gradient NaN.
            d_lse = d_lse.masked_fill(lse == -torch.inf, 0)
        delta = _delta(out, d_out, d_lse)
        cos, sin = (delta, delta) if rotary is None else (t.contiguous() for t in rotary)
        settings = {
            "GROUP": heads // k.shape[1],
            "WIDTH": width,
            "ROTATED": rotary is not None,
        }
        tiles = _tiles(cu_seqlens, tokens, chosen.dq.queries, mask, keys=False)
        attention_dq[(tiles.shape[0] * heads,)](
            q, k, v, d_out, d_q, log_sums, delta, cos, sin, cu_seqlens, cu_seqlens_k, tiles,
            scale, scale * _LOG2_E, tokens, *_reach(mask, q, k), heads,
            *_strides(q, k, v, d_out, d_q),
            **settings, **_constants(q, mask, chosen.dq, (q, k, v, d_out, d_q)),
        )  # fmt: skip
        held, walked = (cu_seqlens, None) if cu_seqlens_k is None else (cu_seqlens_k, cu_seqlens)
        tiles = _tiles(held, len(k), chosen.dkv.keys, mask, keys=True)
        attention_dkv[(tiles.shape[0] * k.shape[1],)](
            q, k, v, d_out, d_k, d_v, log_sums, delta, cos, sin, held, walked, tiles,
            scale, scale * _LOG2_E, tokens, *_reach(mask, q, k), k.shape[1],
            *_strides(q, k, v, d_out, d_k),
            **settings, **_constants(q, mask, chosen.dkv, (q, k, v, d_out, d_k)),
        )  # fmt: skip
    return d_q, d_k, d_v


def architecture() -> Architecture:
    """The table's name for what Triton compiles for: the chip of the current device.

    Raises
    ------
    BackendError
        If it is an NVIDIA GPU below compute capability 8.0.
    """
    if knobs.runtime.interpret:
        return "interpreter"
    target = driver.active.get_current_target()
    if target.backend == "hip":
        return "gfx942"
    return nvidia_architecture(target.arch // 10, target.arch % 10)


def _configuration(q: Tensor, k: Tensor, mask: Mask) -> Configuration:
    tokens = max(len(q), len(k))
    if tokens >= _MOST_TOKENS:
        raise ValueError(f"{tokens:,} tokens: the kernels take fewer than {_MOST_TOKENS:,}")
    windowed = mask.window is not None
    return configuration(Case(architecture(), q.shape[2], windowed, q.element_size() >= 4))


def _delta(out: Tensor, d_out: Tensor, d_lse: Tensor | None) -> Tensor:
    """rowsum(dO * O) - dL, (Hq, T)."""
    tokens, heads, width = out.shape
    delta = torch.empty((heads, tokens), dtype=_accumulator(out), device=out.device)
    attention_delta[(triton.cdiv(tokens, _DELTA_BLOCK), heads)](
        out, d_out, delta if d_lse is None else d_lse.contiguous(), delta,
        tokens, *_strides(out, d_out),
        WIDTH=width,
        BLOCK=_DELTA_BLOCK,
        SHIFTED=d_lse is not None,
        ACCUMULATE=_triton_accumulator(out),
        num_warps=4,
        enable_fp_fusion=True,
    )  # fmt: skip
    return delta


def _tiles(cu_seqlens: Tensor, tokens: int, block: int, mask: Mask, *, keys: bool) -> Tensor:
    """The tile map with the longest tiles first, as far as that is known on the host.

    Global tokens work on whole documents; under a causal mask only as keys do they, and without a
    window late queries and early keys have most to do.
    """
    leading = 0
    if mask.window is not None and (keys or not mask.causal):
        leading = min(triton.cdiv(min(mask.global_tokens, tokens), block), _MOST_LEADING)
    late = mask.causal and mask.window is None and not keys
    return tile_map(cu_seqlens, tokens, block, leading, reverse=late)


def _constants(
    q: Tensor, mask: Mask, blocks: Blocks, touched: tuple[Tensor, ...]
) -> dict[str, Any]:
    """Compile-time constants that every kernel that walks over blocks takes."""
    single_on_nvidia = q.dtype == torch.float32 and architecture().startswith("sm_")
    return {
        "BLOCK_Q": blocks.queries,
        "BLOCK_K": blocks.keys,
        "WINDOWED": mask.window is not None,
        "CAUSAL": mask.causal,
        "WIDE": any(t.shape[0] * t.stride(0) >= NARROW_OFFSETS for t in touched),
        # Three products of tf32 are as exact as one of float32, on the matrix units.
        "PRECISION": "tf32x3" if single_on_nvidia else "ieee",
        "ACCUMULATE": _triton_accumulator(q),
        "num_warps": blocks.warps,
        "num_stages": blocks.stages,
        "enable_fp_fusion": True,  # Triton's default will change, and with it the last bits
    }


def _reach(mask: Mask, q: Tensor, k: Tensor) -> tuple[int, int]:
    """Window and global tokens, no larger than they matter."""
    tokens = max(len(q), len(k))
    return min(mask.window or 0, tokens), min(mask.global_tokens, tokens)


def _dense_heads(vectors: Tensor) -> Tensor:
    """The same (T, H, D) with neighbouring dimensions of a head side by side."""
    return vectors if vectors.stride(2) == 1 else vectors.contiguous()


def _strides(*tensors: Tensor) -> tuple[int, ...]:
    """Strides of each along T and H, in elements."""
    return tuple(stride for t in tensors for stride in t.stride()[:2])


def _accumulator(tensor: Tensor) -> torch.dtype:
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32


def _triton_accumulator(tensor: Tensor) -> tl.dtype:
    return tl.float64 if tensor.dtype == torch.float64 else tl.float32
