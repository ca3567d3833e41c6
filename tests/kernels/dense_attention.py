"""Attention as one would write it on a page, differentiable by PyTorch: the tests' yardstick."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from genoseq.kernels.mask import Mask


def dense_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    cu_seqlens: Tensor,
    mask: Mask,
    scale: float,
    cu_seqlens_k: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Outputs (T, Hq, D) and log-sum-exp (Hq, T), document after document."""
    outs, sums = [], []
    own = list(pairwise(cu_seqlens.tolist()))
    other = own if cu_seqlens_k is None else pairwise(cu_seqlens_k.tolist())
    for (start, stop), (key, end) in zip(own, other, strict=True):
        places = torch.arange(stop - start) + (end - key) - (stop - start)
        hidden = ~mask.visible(places[:, None], torch.arange(end - key))
        out, lse = attend_document(q[start:stop], k[key:end], v[key:end], hidden, scale)
        outs.append(out)
        sums.append(lse)
    return torch.cat(outs), torch.cat(sums, -1)


def attend_document(
    q: Tensor, k: Tensor, v: Tensor, hidden: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    """Outputs (N, Hq, D) of one document's queries and log-sum-exp (Hq, N) over its keys (M, H, D).

    Softmax of no key is NaN, with NaN for its gradient: what is hidden, (N, M), is put to 0 before
    and after, which does the same to the gradients.
    """
    copies = q.shape[1] // k.shape[1]
    keys, values = (t.transpose(0, 1).repeat_interleave(copies, 0) for t in (k, v))
    scores = (q.transpose(0, 1) @ keys.mT * scale).to(table_type(q))
    scores = scores.masked_fill(hidden, -torch.inf)
    weights = scores.softmax(-1).masked_fill(hidden, 0)
    return (weights.to(q.dtype) @ values).transpose(0, 1), scores.logsumexp(-1)


def table_type(vectors: Tensor) -> torch.dtype:
    """What softmax and rotations are computed in."""
    return torch.float64 if vectors.dtype == torch.float64 else torch.float32


def documents(*lengths: int) -> Tensor:
    """cu_seqlens of documents of these lengths."""
    return torch.tensor([0, *lengths]).cumsum(0).int()
