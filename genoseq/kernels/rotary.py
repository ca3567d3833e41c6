"""Rotary position embedding: turn pairs of a head's dimensions by an angle of the position.

Pair d is made of dimensions d and d + D/2 (the half-split layout of GPT-NeoX and Llama):

    y[d]       = x[d] cos - x[d + D/2] sin
    y[d + D/2] = x[d + D/2] cos + x[d] sin

so that the product of a query at i and a key at j depends on i - j alone.  A pair whose angle is 0
(cos 1, sin 0) is not turned: tables choose the fraction of a head that rotates.

Source: Su et al. 2021, RoFormer, arXiv:2104.09864, equation 34.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Rotary(NamedTuple):
    """Tables of the rotation, both (positions, D/2), float32 (float64 for float64 queries).

    Row p belongs to token p of every document.  No gradient goes to them.
    """

    cos: Tensor
    sin: Tensor


def positions(cu_seqlens: Tensor, tokens: int) -> Tensor:
    """Index of every token within its document, int64 (tokens,); a GPU does not wait for it.

    Parameters
    ----------
    cu_seqlens
        First token of each document, then `tokens`: integers (documents + 1,).
    tokens
        Tokens of all documents, T.
    """
    index = torch.arange(tokens, device=cu_seqlens.device)
    document = torch.searchsorted(cu_seqlens[1:].contiguous(), index, right=True)
    return index - cu_seqlens[document]


def rotate(vectors: Tensor, rotary: Rotary, position: Tensor, *, back: bool = False) -> Tensor:
    """Vectors turned by the angles of their positions, or back; contiguous, of the same type.

    Parameters
    ----------
    vectors
        (T, H, D), D even.
    rotary
        The tables.
    position
        Row of the tables for each token, integers (T,).
    back
        Turn by the opposite angle, which undoes a rotation, and is its gradient.
    """
    cos, sin = (table[position].unsqueeze(1) for table in rotary)
    if back:
        sin = -sin
    half = vectors.shape[-1] // 2
    first, second = vectors[..., :half], vectors[..., half:]
    turned = torch.empty(vectors.shape, dtype=vectors.dtype, device=vectors.device)
    turned[..., :half] = first * cos - second * sin
    turned[..., half:] = second * cos + first * sin
    return turned
