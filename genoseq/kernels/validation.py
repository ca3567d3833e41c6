"""What attention refuses: shapes, types and documents that do not fit together."""

from __future__ import annotations

import torch
from torch import Tensor

_MOST_TOKENS = 2**31 - 1


def check_tensors(q: Tensor, k: Tensor, v: Tensor, cu_seqlens: Tensor) -> None:
    """Check shapes, types and devices, and on a CPU what `cu_seqlens` says.

    Parameters
    ----------
    q, k, v, cu_seqlens
        As :func:`genoseq.kernels.operator.attention` takes them.

    Raises
    ------
    ValueError
        With what was found.
    """
    shapes = f"q {tuple(q.shape)}, k {tuple(k.shape)}, v {tuple(v.shape)}"
    if not q.dim() == k.dim() == v.dim() == 3:
        raise ValueError(f"attention takes (tokens, heads, width), found {shapes}")
    if k.shape != v.shape or q.shape[0] != k.shape[0] or q.shape[2] != k.shape[2]:
        raise ValueError(f"q, k and v must agree in tokens and width, k and v in heads: {shapes}")
    if not q.shape[1] or not k.shape[1] or q.shape[1] % k.shape[1] or not q.shape[2]:
        raise ValueError(f"query heads must be a multiple of key heads, none of them 0: {shapes}")
    if not q.dtype == k.dtype == v.dtype or not q.is_floating_point():
        raise ValueError(
            f"q, k and v must be of one floating type, found {q.dtype}, {k.dtype}, {v.dtype}"
        )
    if not q.device == k.device == v.device == cu_seqlens.device:
        found = ", ".join(str(tensor.device) for tensor in (q, k, v, cu_seqlens))
        raise ValueError(f"q, k, v and cu_seqlens must be on one device, found {found}")
    _check_documents(cu_seqlens, q.shape[0])


def _check_documents(cu_seqlens: Tensor, tokens: int) -> None:
    if cu_seqlens.dim() != 1 or len(cu_seqlens) < 2 or cu_seqlens.dtype != torch.int32:
        raise ValueError(
            f"cu_seqlens must be int32 (documents + 1,), at least one document, found "
            f"{cu_seqlens.dtype} {tuple(cu_seqlens.shape)}"
        )
    if tokens > _MOST_TOKENS:
        raise ValueError(f"{tokens:,} tokens: cu_seqlens, int32, reaches {_MOST_TOKENS:,}")
    if cu_seqlens.device.type != "cpu":
        return
    first, last = int(cu_seqlens[0]), int(cu_seqlens[-1])
    if first != 0 or last != tokens:
        raise ValueError(
            f"cu_seqlens must go from 0 to the number of tokens, {tokens}; found {first} to {last}"
        )
    if bool((cu_seqlens.diff() < 0).any()):
        raise ValueError("cu_seqlens must not fall: each entry is the end of a document")


def check_tables(cos: Tensor, sin: Tensor, q: Tensor, cu_seqlens: Tensor) -> None:
    """Check the tables of a rotation against the queries.

    Raises
    ------
    ValueError
        With what was found; that a document is longer than the tables only on a CPU.
    """
    kind = torch.float64 if q.dtype == torch.float64 else torch.float32
    if cos.shape != sin.shape or cos.dim() != 2 or 2 * cos.shape[1] != q.shape[2]:
        raise ValueError(
            f"rotary tables must both be (positions, {q.shape[2] / 2:g}) for head width "
            f"{q.shape[2]}, found {tuple(cos.shape)} and {tuple(sin.shape)}"
        )
    if cos.dtype != kind or sin.dtype != kind or cos.device != q.device or sin.device != q.device:
        raise ValueError(
            f"rotary tables must be {kind} on {q.device}, found {cos.dtype} on {cos.device} and "
            f"{sin.dtype} on {sin.device}"
        )
    if q.device.type != "cpu":
        return
    longest = int(cu_seqlens.diff().max())
    if longest > cos.shape[0]:
        raise ValueError(
            f"rotary tables have {cos.shape[0]} positions, the longest document {longest} tokens"
        )
