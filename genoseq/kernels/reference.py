"""Attention in plain PyTorch, explicit formulas, forward and backward, on any device."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from genoseq.kernels.mask import Mask

_ROWS = 512


def accumulator(dtype: torch.dtype) -> torch.dtype:
    """The type that sums and the log-sum-exp are kept in: float32, float64 for float64."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def _documents(cu_seqlens: Tensor) -> Iterator[slice]:
    bounds = cu_seqlens.tolist()
    for start, end in zip(bounds[:-1], bounds[1:], strict=True):
        if end > start:
            yield slice(start, end)


def forward(
    q: Tensor, k: Tensor, v: Tensor, cu_seqlens: Tensor, mask: Mask, scale: float
) -> tuple[Tensor, Tensor]:
    """Outputs (T, Hq, D) and log-sum-exp (Hq, T)."""
    kept = accumulator(q.dtype)
    out = torch.empty(q.shape, dtype=q.dtype, device=q.device)
    lse = torch.empty((q.shape[1], q.shape[0]), dtype=kept, device=q.device)
    group = q.shape[1] // k.shape[1]
    for document in _documents(cu_seqlens):
        index = torch.arange(document.stop - document.start, device=q.device)
        queries = q[document].transpose(0, 1).to(kept)
        keys = k[document].transpose(0, 1).to(kept).repeat_interleave(group, 0)
        values = v[document].transpose(0, 1).to(kept).repeat_interleave(group, 0)
        for row in range(0, len(index), _ROWS):
            rows = slice(row, row + _ROWS)
            seen = mask.visible(index[rows, None], index[None])
            scores = (queries[:, rows] @ keys.mT).mul_(scale).masked_fill_(~seen, -torch.inf)
            total = torch.logsumexp(scores, -1)
            here = slice(document.start + row, min(document.start + row + _ROWS, document.stop))
            out[here] = ((scores - total[..., None]).exp() @ values).transpose(0, 1).to(q.dtype)
            lse[:, here] = total
    return out, lse


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
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of q, k and v."""
    kept = accumulator(q.dtype)
    group = q.shape[1] // k.shape[1]
    delta = (out.to(kept) * d_out.to(kept)).sum(-1).T
    if d_lse is not None:
        delta = delta - d_lse
    d_q, d_k, d_v = (torch.zeros(t.shape, dtype=kept, device=t.device) for t in (q, k, v))
    for document in _documents(cu_seqlens):
        index = torch.arange(document.stop - document.start, device=q.device)
        keys = k[document].transpose(0, 1).to(kept).repeat_interleave(group, 0)
        values = v[document].transpose(0, 1).to(kept).repeat_interleave(group, 0)
        for row in range(0, len(index), _ROWS):
            here = slice(document.start + row, min(document.start + row + _ROWS, document.stop))
            queries, d_rows = (t[here].transpose(0, 1).to(kept) for t in (q, d_out))
            seen = mask.visible(index[row : row + _ROWS, None], index[None])
            p = (queries @ keys.mT * scale - lse[:, here, None]).exp().masked_fill(~seen, 0)
            d_s = p * (d_rows @ values.mT - delta[:, here, None]) * scale
            d_q[here] = (d_s @ keys).transpose(0, 1)
            d_k[document] += (d_s.mT @ queries).unflatten(0, (-1, group)).sum(1).transpose(0, 1)
            d_v[document] += (p.mT @ d_rows).unflatten(0, (-1, group)).sum(1).transpose(0, 1)
    return d_q.to(q.dtype), d_k.to(k.dtype), d_v.to(v.dtype)
