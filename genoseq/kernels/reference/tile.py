"""The formulas of attention on one tile: queries (X, Q, D) against keys (X, K, D).

Scores are in units of log2, so that exp2 gives the weights.  With s = scale * log2(e) * q.k + bias,
where the bias is 0 or -inf:

    p = exp2(s - lse / ln 2)       out = p v          lse = ln(sum of exp(s ln 2))
    dv = p' dout                   dp = dout v'
    ds = scale * p (dp - delta)    delta = sum(out dout) - dlse
    dq = ds k                      dk = ds' q

Source: Dao 2023, FlashAttention-2, arXiv:2307.08691, section 3.1; dlse enters through
d(lse)/d(scale q.k) = p.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

LOG2E = math.log2(math.e)

CHUNK = 2**19
"""Scores computed at a time: 2 MB of float32 stay in a core's second-level cache.

2**20 and more took 5 to 20% longer for 16 documents of 512 tokens, window 64; one thread, AMD
EPYC of family 26 (Zen 5).
"""


def accumulator(dtype: torch.dtype) -> torch.dtype:
    """The type that sums and the log-sum-exp are kept in: float32, float64 for float64."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def products(first: Tensor, second: Tensor) -> Tensor:
    """``first @ second.mT`` in the accumulator's type, (X, Q, D) and (X, K, D) -> (X, Q, K).

    PyTorch rounds the product of two bf16 matrices to bf16, which is too coarse for an exponent
    (a score of 30 would be off by 6%).  A second product that starts from the first one's negative
    gives what the rounding lost; both together took 3/5 of the float32 product's time where the
    processor has bf16 instructions.
    """
    if first.dtype in (torch.float32, torch.float64):
        return torch.bmm(first, second.mT)
    if first.dtype == torch.float16:  # which a product could overflow
        return torch.bmm(first.float(), second.float().mT)
    rounded = torch.bmm(first, second.mT)
    lost = torch.baddbmm(rounded, first, second.mT, beta=-1)
    return rounded.float().add_(lost)


def softmax_(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Weights, in the memory of the scores, and natural log-sum-exp of each row.

    A row of -inf alone becomes NaN: only padding has one, and is dropped.
    """
    highest = scores.amax(-1, keepdim=True)
    weights = scores.sub_(highest).exp2_()
    total = weights.sum(-1, keepdim=True)
    weights.mul_(total.reciprocal())
    return weights, highest.add_(total.log2_()).squeeze(-1).div_(LOG2E)


class Running(NamedTuple):
    """A softmax over keys that come tile by tile; all of the accumulator's type.

    Source: Milakov and Gimelshein 2018, arXiv:1805.02867, algorithm 3.
    """

    highest: Tensor
    """Largest score so far (X, Q, 1)."""
    total: Tensor
    """Sum of exp2(score - highest) (X, Q, 1)."""
    out: Tensor
    """Values weighted with exp2(score - highest) (X, Q, D)."""

    @classmethod
    def start(cls, queries: Tensor) -> Running:
        """Nothing seen yet."""
        kept = accumulator(queries.dtype)
        column = queries.new_zeros((*queries.shape[:-1], 1), dtype=kept)
        lowest = torch.full_like(column, torch.finfo(kept).min)
        return cls(lowest, column, torch.zeros_like(queries, dtype=kept))

    def add_(self, scores: Tensor, values: Tensor) -> None:
        """One more tile; the scores' memory is used."""
        highest = torch.maximum(self.highest, scores.amax(-1, keepdim=True))
        shrink = (self.highest - highest).exp2_()
        weights = scores.sub_(highest).exp2_()
        self.highest.copy_(highest)
        self.total.mul_(shrink).add_(weights.sum(-1, keepdim=True))
        self.out.mul_(shrink).add_(torch.bmm(weights.to(values.dtype), values))

    def finish(self) -> tuple[Tensor, Tensor]:
        """Outputs (X, Q, D) and log-sum-exp (X, Q)."""
        lse = (self.highest + self.total.log2()).squeeze(-1) / LOG2E
        return self.out / self.total, lse


class Slopes(NamedTuple):
    """Gradients of one tile, to be added up."""

    d_q: Tensor
    d_k: Tensor
    d_v: Tensor


class Rows(NamedTuple):
    """What the gradients need of the queries of a tile."""

    q: Tensor
    """(X, Q, D)."""
    d_out: Tensor
    """(X, Q, D)."""
    delta: Tensor
    """(X, Q, 1)."""


def slopes(rows: Rows, k: Tensor, v: Tensor, weights: Tensor, scale: float) -> Slopes:
    """Gradients of a tile, from the weights p (X, Q, K) of its keys."""
    d_v = torch.bmm(weights.to(v.dtype).mT, rows.d_out)
    d_weights = torch.bmm(rows.d_out, v.mT).to(weights.dtype)
    d_scores = d_weights.sub_(rows.delta).mul_(weights).mul_(scale).to(k.dtype)
    return Slopes(torch.bmm(d_scores, k), torch.bmm(d_scores.mT, rows.q), d_v)
