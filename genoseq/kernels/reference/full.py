"""Queries that see their whole document: full attention, and the rows of global tokens.

Shapes: R document-heads (documents x key heads), g query heads to each, Q queries, L keys.  `first`
is the first query's place among the keys, 0 or more; with `causal` a query sees no key behind its
own place.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from genoseq.kernels.reference.tile import CHUNK, LOG2E, Rows, Running, products, slopes

_KEYS = 1024
"""Keys to a tile."""


def forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    causal: bool,
    scale: float,
    out: Tensor,
    lse: Tensor,
    first: int = 0,
) -> None:
    """Fill `out` (R, g, Q, D) and `lse` (R, g, Q), or their first Q rows of more.

    Parameters
    ----------
    q
        (R, g, Q, D).
    k, v
        (R, L, D).
    """
    for some, start, stop in _blocks(q, k):
        queries = q[some, :, start:stop].flatten(1, 2)
        running = Running.start(queries)
        positions = range(first + start, first + stop)
        for keys in _keys(k, causal, positions.stop):
            scores = _scores(queries, k[some, keys], causal, scale, positions, keys.start)
            running.add_(scores, v[some, keys])
        attended, total = running.finish()
        here = out[some, :, start:stop]
        here.copy_(attended.view(here.shape))
        lse[some, :, start:stop] = total.view(here.shape[:-1])


def backward(
    d_out: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    lse2: Tensor,
    delta: Tensor,
    causal: bool,
    scale: float,
    d_q: Tensor,
    d_k: Tensor,
    d_v: Tensor,
    first: int = 0,
) -> None:
    """Add the gradients of Q queries to `d_q` (R, g, Q, D), `d_k` and `d_v` (R, L, D).

    `lse2` and `delta` are (R, g, Q), `d_out` (R, g, Q, D); the gradients are sums in the
    accumulator's type.
    """
    for some, start, stop in _blocks(q, k):
        block = (some, slice(None), slice(start, stop))
        rows = Rows(
            q[block].flatten(1, 2),
            d_out[block].flatten(1, 2),
            delta[block].flatten(1, 2).unsqueeze(-1),
        )
        total = lse2[block].flatten(1, 2).unsqueeze(-1)
        positions = range(first + start, first + stop)
        for keys in _keys(k, causal, positions.stop):
            scores = _scores(rows.q, k[some, keys], causal, scale, positions, keys.start)
            weights = scores.sub_(total).exp2_()
            part = slopes(rows, k[some, keys], v[some, keys], weights, scale)
            d_q[block] += part.d_q.view(d_q[block].shape)
            d_k[some, keys] += part.d_k
            d_v[some, keys] += part.d_v


def _blocks(q: Tensor, k: Tensor) -> Iterator[tuple[slice, int, int]]:
    """Document-heads and queries of each tile, so that its scores fill no more than a chunk."""
    heads, group, queries, _ = q.shape
    keys = min(_KEYS, k.shape[1])
    rows = max(1, min(queries, CHUNK // (keys * group)))
    together = max(1, CHUNK // (keys * group * rows))
    for head in range(0, heads, together):
        for start in range(0, queries, rows):
            yield slice(head, head + together), start, min(start + rows, queries)


def _keys(k: Tensor, causal: bool, stop: int) -> Iterator[slice]:
    """Keys that queries at positions before `stop` see, a tile at a time."""
    length = min(stop, k.shape[1]) if causal else k.shape[1]
    for start in range(0, length, _KEYS):
        yield slice(start, min(start + _KEYS, length))


def _scores(
    queries: Tensor, keys: Tensor, causal: bool, scale: float, positions: range, key: int
) -> Tensor:
    """Scores in log2 of queries at `positions`, of each of g heads, and of keys from `key`."""
    scores = products(queries, keys).mul_(scale * LOG2E)
    if causal and key + keys.shape[1] - 1 > positions.start:
        rows = torch.arange(positions.start, positions.stop, device=keys.device)[:, None]
        hidden = torch.arange(key, key + keys.shape[1], device=keys.device) > rows
        split = scores.view(len(scores), -1, len(positions), keys.shape[1])
        split.masked_fill_(hidden, -torch.inf)
    return scores
