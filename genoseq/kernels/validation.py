"""What attention refuses: shapes, types and documents that do not fit together."""

from __future__ import annotations

import torch
from torch import Tensor

from genoseq.kernels.mask import Mask

_MOST_TOKENS = 2**31 - 1


def check_tensors(
    q: Tensor, k: Tensor, v: Tensor, cu_seqlens: Tensor, cu_seqlens_k: Tensor | None = None
) -> None:
    """Check shapes, types and devices, and on a CPU what `cu_seqlens` and `cu_seqlens_k` say.

    Parameters
    ----------
    q, k, v, cu_seqlens, cu_seqlens_k
        As :func:`genoseq.kernels.operator.attention` takes them.

    Raises
    ------
    ValueError
        With what was found.
    """
    shapes = f"q {tuple(q.shape)}, k {tuple(k.shape)}, v {tuple(v.shape)}"
    if not q.dim() == k.dim() == v.dim() == 3:
        raise ValueError(f"attention takes (tokens, heads, width), found {shapes}")
    if k.shape != v.shape or q.shape[2] != k.shape[2]:
        raise ValueError(f"q, k and v must agree in width, k and v in tokens and heads: {shapes}")
    if cu_seqlens_k is None and q.shape[0] != k.shape[0]:
        raise ValueError(
            f"q and k must agree in tokens, or cu_seqlens_k must say where keys' documents end: "
            f"{shapes}"
        )
    if not q.shape[1] or not k.shape[1] or q.shape[1] % k.shape[1] or not q.shape[2]:
        raise ValueError(f"query heads must be a multiple of key heads, none of them 0: {shapes}")
    if not q.dtype == k.dtype == v.dtype or not q.is_floating_point():
        raise ValueError(
            f"q, k and v must be of one floating type, found {q.dtype}, {k.dtype}, {v.dtype}"
        )
    ends = [cu_seqlens] if cu_seqlens_k is None else [cu_seqlens, cu_seqlens_k]
    devices = [str(tensor.device) for tensor in (q, k, v, *ends)]
    if len(set(devices)) > 1:
        raise ValueError(
            f"q, k, v and cu_seqlens must be on one device, found {', '.join(devices)}"
        )
    _check_documents(cu_seqlens, q.shape[0], "cu_seqlens")
    if cu_seqlens_k is None:
        return
    _check_documents(cu_seqlens_k, k.shape[0], "cu_seqlens_k")
    if len(cu_seqlens) != len(cu_seqlens_k):
        raise ValueError(
            f"queries and keys must be of as many documents, found {len(cu_seqlens) - 1} in "
            f"cu_seqlens and {len(cu_seqlens_k) - 1} in cu_seqlens_k"
        )


def check_unequal(mask: Mask, *, rotated: bool) -> None:
    """Check that a mask and a rotation make sense where keys are other tokens than the queries.

    Raises
    ------
    ValueError
        If they do not.
    """
    if rotated:
        raise ValueError(
            "rotary with cu_seqlens_k: queries and keys are of different tokens; turn what has to "
            "be turned before, by genoseq.kernels.rotary.rotate"
        )
    if not mask.causal and (mask.window is not None or mask.global_tokens):
        raise ValueError(
            "window and global_tokens with cu_seqlens_k need causal, by which the queries are the "
            "last tokens of the keys' document; without it every query sees every key"
        )


def _check_documents(cu_seqlens: Tensor, tokens: int, name: str) -> None:
    if cu_seqlens.dim() != 1 or len(cu_seqlens) < 2 or cu_seqlens.dtype != torch.int32:
        raise ValueError(
            f"{name} must be int32 (documents + 1,), at least one document, found "
            f"{cu_seqlens.dtype} {tuple(cu_seqlens.shape)}"
        )
    if tokens > _MOST_TOKENS:
        raise ValueError(f"{tokens:,} tokens: {name}, int32, reaches {_MOST_TOKENS:,}")
    if cu_seqlens.device.type != "cpu":
        return
    first, last = int(cu_seqlens[0]), int(cu_seqlens[-1])
    if first != 0 or last != tokens:
        raise ValueError(
            f"{name} must go from 0 to the number of tokens, {tokens}; found {first} to {last}"
        )
    if bool((cu_seqlens.diff() < 0).any()):
        raise ValueError(f"{name} must not fall: each entry is the end of a document")


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
