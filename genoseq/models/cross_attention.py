"""Attention of some sequences to others: of a target's letters to its source's steps."""

from __future__ import annotations

import torch
from torch import Tensor

from genoseq.kernels import Rotary
from genoseq.kernels.operator import attention
from genoseq.kernels.rotary import rotate


def attend(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor) -> Tensor:
    """Softmax attention of each row's queries to all of its own keys.

    Parameters
    ----------
    q
        Queries (B, M, H, D).
    k, v
        Keys and values (B, N, H, D).
    lengths
        Keys of each row that are its own, the first ones, (B,); at least one.

    Returns
    -------
    Shape (B, M, H, D).
    """
    if q.shape[1] == 1:
        return _of_one(q, k, v, lengths)
    # What is behind a row's own keys is a document of its own, which no query looks at.
    queries, keys = _ends(q, q.shape[1]), _ends(k, lengths)
    packed_q, packed_k, packed_v = (each.flatten(0, 1) for each in (q, k, v))
    return attention(packed_q, packed_k, packed_v, queries, keys).out.view_as(q)


def _ends(rows: Tensor, own: Tensor | int) -> Tensor:
    """Ends of the documents of packed rows (B, N, ...), two of each: its own, and the rest."""
    batch, length = rows.shape[:2]
    first = torch.arange(batch, dtype=torch.int32, device=rows.device) * length
    ends = torch.stack([first + own, first + length], dim=1).flatten()
    return torch.cat([first[:1], ends]).to(torch.int32)


def _of_one(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor) -> Tensor:
    """The same of one query a row, as a decoder steps: tiles would be empty but for one row."""
    hidden = torch.arange(k.shape[1], device=k.device) >= lengths[:, None]
    scores = torch.einsum("bmhd,bnhd->bhmn", q, k) * q.shape[-1] ** -0.5
    scores = scores.masked_fill(hidden[:, None, None], torch.finfo(scores.dtype).min)
    wide = scores if scores.dtype == torch.float64 else scores.float()
    return torch.einsum("bhmn,bnhd->bmhd", wide.softmax(-1).to(v.dtype), v)


def turn(vectors: Tensor, rotary: Rotary, positions: Tensor) -> Tensor:
    """Queries or keys (B, N, H, D) turned by the angles of their positions (B, N)."""
    return rotate(vectors.flatten(0, 1), rotary, positions.flatten()).view_as(vectors)


def turn_both_ways(keys: Tensor, rotary: Rotary, lengths: Tensor) -> Tensor:
    """Keys (B, N, H, D): of the first half of the heads turned by their position from the source's
    start, of the others by that from its end, so that either order of reading is near."""
    position = torch.arange(keys.shape[1], device=keys.device).expand(len(keys), -1)
    back = (lengths[:, None] - 1 - position).clamp(min=0)
    half = (keys.shape[2] + 1) // 2
    turned = turn(keys[:, :, :half], rotary, position), turn(keys[:, :, half:], rotary, back)
    return torch.cat(turned, 2)
