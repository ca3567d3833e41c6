"""Packed documents as batches of equal ones, so that few large matrix products do the work."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from genoseq.kernels.mask import Mask
from genoseq.kernels.reference import banded, full
from genoseq.kernels.reference.banded import Band
from genoseq.kernels.reference.tile import LOG2E, accumulator

_TOKENS = 2**16
"""Tokens x key heads worked on at a time, at least one head of one document: what is copied is
bounded, 8 MB for each of q, k, v ... of width 32 in float32."""


@dataclass(frozen=True)
class Part:
    """Some documents of one length, and some of their key heads."""

    tokens: slice | Tensor
    """Their tokens among all T, document after document."""
    documents: int
    length: int
    heads: slice

    def read(self, packed: Tensor, group: int) -> Tensor:
        """(T, heads x group, ...) -> (documents x heads, group, length, ...), contiguous."""
        heads, *width = packed.shape[1:]
        shape = (self.documents, self.length, heads // group, group, *width)
        some = packed[self.tokens].reshape(shape)[:, :, self.heads]
        return some.movedim(1, 3).flatten(0, 1).contiguous()

    def write(self, packed: Tensor, rows: Tensor) -> None:
        """Undo `read`: fill this part of `packed` (T, heads x group, ...)."""
        rows = rows.view(self.documents, -1, *rows.shape[1:]).movedim(3, 1)
        heads, *width = packed.shape[1:]
        split = packed.view(len(packed), heads // rows.shape[3], rows.shape[3], *width)
        split[self.tokens, self.heads] = rows.flatten(0, 1).to(packed.dtype)


def forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    cu_seqlens: Tensor,
    mask: Mask,
    scale: float,
    cu_seqlens_k: Tensor | None = None,
    kept: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Attention of packed documents.

    Parameters
    ----------
    q
        Queries (T, Hq, D), already rotated.
    k, v
        Keys, already rotated, and values (Tk, Hk, D).
    cu_seqlens
        First token of each document, then T: integers (documents + 1,).
    mask
        Which keys a query sees.
    scale
        Factor of the scores.
    cu_seqlens_k
        First key of each document, then Tk: integers (documents + 1,); None: as for the queries.
    kept
        Of :func:`weights_size` numbers of the accumulator's type: filled with the weights of
        windows, for :func:`backward`.

    Returns
    -------
    Outputs (T, Hq, D) of the queries' type, and natural log-sum-exp (Hq, T), float32 (float64 for
    float64).
    """
    group = q.shape[1] // k.shape[1]
    out = torch.empty(q.shape, dtype=q.dtype, device=q.device)
    lse = torch.empty((q.shape[1], q.shape[0]), dtype=accumulator(q.dtype), device=q.device)
    if cu_seqlens_k is not None:  # some queries may see no key
        out.zero_()
        lse.fill_(-torch.inf)
    shelf = _Shelf(kept)
    for part, other in _parts(cu_seqlens, cu_seqlens_k, mask, k.shape[1]):
        queries = part.read(q, group)
        keys, values = (other.read(tensor, 1).squeeze(1) for tensor in (k, v))
        attended, total = torch.empty_like(queries), lse.new_empty(queries.shape[:-1])
        ahead = other.length - part.length
        seeing_all = part.length
        if _banded(mask, other.length):
            seeing_all = max(0, min(mask.global_tokens - ahead, part.length))
            band = Band(mask, part.length, other.length, q.device, lse.dtype)
            weights = shelf.next(band.weights(len(queries), group))
            banded.forward(queries, keys, values, band, scale, attended, total, weights)
            if weights is not None:
                band.clear(weights, group, seeing_all)
        if seeing_all:
            rows = queries[:, :, :seeing_all]
            full.forward(rows, keys, values, mask.causal, scale, attended, total, ahead)
        part.write(out, attended)
        part.write(lse.T, total)
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
    cu_seqlens_k: Tensor | None = None,
    kept: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of :func:`forward` by q, k and v, of their types.

    Parameters
    ----------
    d_out, d_lse
        Gradients by the outputs and by the log-sum-exp; None: nothing depends on that.
    out, lse
        What `forward` gave.
    kept
        The weights that it kept; None: they are computed again, which takes longer.
    """
    kind, group = accumulator(q.dtype), q.shape[1] // k.shape[1]
    d_q, d_k, d_v = (torch.empty(t.shape, dtype=t.dtype, device=t.device) for t in (q, k, v))
    if cu_seqlens_k is not None:  # some queries may see no key, some keys be seen by no query
        for gradient in (d_q, d_k, d_v):
            gradient.zero_()
    shelf = _Shelf(kept)
    for part, other in _parts(cu_seqlens, cu_seqlens_k, mask, k.shape[1]):
        queries, d_rows = part.read(q, group), part.read(d_out, group)
        keys, values = (other.read(tensor, 1).squeeze(1) for tensor in (k, v))
        delta = (part.read(out, group).to(kind) * d_rows).sum(-1)
        if d_lse is not None:
            delta -= part.read(d_lse.T, group)
        lse2 = part.read(lse.T, group) * LOG2E
        rows = (d_rows, queries, keys, values, lse2, delta)
        sums = tuple(torch.zeros_like(t, dtype=kind) for t in (queries, keys, values))
        _add_gradients(rows, mask, scale, sums, shelf)
        part.write(d_q, sums[0])
        other.write(d_k, sums[1].unsqueeze(1))
        other.write(d_v, sums[2].unsqueeze(1))
    return d_q, d_k, d_v


class _Shelf:
    """Weights of all parts, one after the other in one tensor; of none if that is None."""

    def __init__(self, weights: Tensor | None) -> None:
        self._weights, self._at = weights, 0

    def next(self, shape: tuple[int, ...]) -> Tensor | None:
        """Those of the next part."""
        if self._weights is None:
            return None
        start, self._at = self._at, self._at + math.prod(shape)
        return self._weights[start : self._at].view(shape)


def weights_size(
    q: Tensor, k: Tensor, cu_seqlens: Tensor, mask: Mask, cu_seqlens_k: Tensor | None = None
) -> int:
    """How many weights :func:`forward` of the same tensors would keep."""
    heads, kind, size = k.shape[1], accumulator(q.dtype), 0
    for part, other in _parts(cu_seqlens, cu_seqlens_k, mask, heads):
        if _banded(mask, other.length):
            band = Band(mask, part.length, other.length, q.device, kind)
            rows = part.documents * len(range(*part.heads.indices(heads)))
            size += math.prod(band.weights(rows, q.shape[1] // heads))
    return size


def _add_gradients(
    rows: tuple[Tensor, ...], mask: Mask, scale: float, sums: tuple[Tensor, ...], shelf: _Shelf
) -> None:
    d_out, q, k, v, lse2, delta = rows
    d_q, d_k, d_v = sums
    length = seeing_all = q.shape[2]
    ahead = k.shape[1] - length
    if _banded(mask, k.shape[1]):
        seeing_all = max(0, min(mask.global_tokens - ahead, length))
        ordinary = lse2.clone()
        ordinary[:, :, :seeing_all] = torch.inf
        band = Band(mask, length, k.shape[1], q.device, lse2.dtype)
        weights = shelf.next(band.weights(len(q), q.shape[1]))
        banded.backward(d_out, q, k, v, ordinary, delta, band, scale, d_q, d_k, d_v, weights)
    if seeing_all:
        first = (tensor[:, :, :seeing_all] for tensor in (d_out, q, lse2, delta, d_q))
        d_out, q, lse2, delta, d_q = first
        full.backward(d_out, q, k, v, lse2, delta, mask.causal, scale, d_q, d_k, d_v, ahead)


def _banded(mask: Mask, length: int) -> bool:
    """Whether a block's keys are fewer than the document's."""
    return mask.window is not None and mask.window + mask.global_tokens < length - 1


def _parts(
    cu_seqlens: Tensor, cu_seqlens_k: Tensor | None, mask: Mask, heads: int
) -> Iterator[tuple[Part, Part]]:
    """All queries that see a key, and their keys: documents of the same lengths together."""
    spans = list(pairwise(cu_seqlens.tolist()))
    other = spans if cu_seqlens_k is None else list(pairwise(cu_seqlens_k.tolist()))
    found: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for (start, stop), (key, end) in zip(spans, other, strict=True):
        first = max(start, stop - (end - key)) if mask.causal else start
        if stop > first and end > key:
            found[stop - first, end - key].append((first, key))
    for (queries, keys), equal in found.items():
        longest = max(queries, keys)
        together = max(1, _TOKENS // (longest * heads))
        narrow = heads if together > 1 else max(1, min(heads, _TOKENS // longest))
        for number in range(0, len(equal), together):
            some = equal[number : number + together]
            own, theirs = (
                _tokens([starts[side] for starts in some], length, cu_seqlens.device)
                for side, length in enumerate((queries, keys))
            )
            for head in range(0, heads, narrow):
                few = slice(head, min(head + narrow, heads))
                yield Part(own, len(some), queries, few), Part(theirs, len(some), keys, few)


def _tokens(starts: list[int], length: int, device: torch.device) -> slice | Tensor:
    """Tokens of documents of one length; a slice where they follow each other."""
    if starts[-1] - starts[0] == (len(starts) - 1) * length:
        return slice(starts[0], starts[-1] + length)
    first = torch.tensor(starts, device=device)[:, None]
    return (first + torch.arange(length, device=device)).flatten()
