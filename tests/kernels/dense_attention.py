"""Attention as one would write it on a page, differentiable by PyTorch: the tests' yardstick."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from genoseq.kernels.mask import Mask


def dense_attention(
    q: Tensor, k: Tensor, v: Tensor, cu_seqlens: Tensor, mask: Mask, scale: float
) -> tuple[Tensor, Tensor]:
    """Outputs (T, Hq, D) and log-sum-exp (Hq, T), document after document."""
    group = q.shape[1] // k.shape[1]
    outs, sums = [], []
    for start, stop in pairwise(cu_seqlens.tolist()):
        queries, keys, values = (t[start:stop].transpose(0, 1) for t in (q, k, v))
        keys, values = (t.repeat_interleave(group, 0) for t in (keys, values))
        index = torch.arange(stop - start)
        hidden = ~mask.visible(index[:, None], index)
        scores = (queries @ keys.mT * scale).masked_fill(hidden, -torch.inf)
        outs.append((scores.softmax(-1) @ values).transpose(0, 1))
        sums.append(scores.logsumexp(-1))
    return torch.cat(outs), torch.cat(sums, -1)


def documents(*lengths: int) -> Tensor:
    """cu_seqlens of documents of these lengths."""
    return torch.tensor([0, *lengths]).cumsum(0).int()
