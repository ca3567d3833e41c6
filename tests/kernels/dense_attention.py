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
    """Outputs (T, Hq, D) and log-sum-exp (Hq, T), document after document.

    Softmax of no key is NaN, with NaN for its gradient: what is hidden is put to 0 before and
    after, which does the same to the gradients.
    """
    group = q.shape[1] // k.shape[1]
    outs, sums = [], []
    own = list(pairwise(cu_seqlens.tolist()))
    other = own if cu_seqlens_k is None else pairwise(cu_seqlens_k.tolist())
    for (start, stop), (key, end) in zip(own, other, strict=True):
        queries = q[start:stop].transpose(0, 1)
        keys, values = (t[key:end].transpose(0, 1).repeat_interleave(group, 0) for t in (k, v))
        places = torch.arange(stop - start) + (end - key) - (stop - start)
        hidden = ~mask.visible(places[:, None], torch.arange(end - key))
        scores = (queries @ keys.mT * scale).masked_fill(hidden, -torch.inf)
        outs.append((scores.softmax(-1).masked_fill(hidden, 0) @ values).transpose(0, 1))
        sums.append(scores.logsumexp(-1))
    return torch.cat(outs), torch.cat(sums, -1)


def documents(*lengths: int) -> Tensor:
    """cu_seqlens of documents of these lengths."""
    return torch.tensor([0, *lengths]).cumsum(0).int()
