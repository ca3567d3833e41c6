"""Where tokens lie on bases: own bases, spans, and what the reverse complement does to both.

A token has two intervals on its sequence, 0-based and half-open.  Its *own bases* are the
``stride`` bases it stands for: those of consecutive tokens follow one another without gap or
overlap, and labels belong to them.  Its *span* is the k bases it is made of, which begin
``(k - stride) // 2`` bases before its own::

    k=6, stride 1, token 4           k=6, stride 4, token 1
    base  0 1 2 3 4 5 6 7 8          base  0 1 2 3 4 5 6 7 8 9
    own           #                  own           # # # #
    span      = = = = = =            span        = = = = = =

The first of these has two bases before its own and three after.  Whenever ``k - stride`` is odd
(even k at stride 1) a span cannot be centred, and reads one base further to the right.  On the
reverse complement it then reads one base further to the left, so the tokens of the reversed
sequence are not simply the reversed tokens: token t of the flipped ids has the *span* that the
reversed sequence gives it, but stands for bases one further right on the forward strand.
:func:`reverse_shift` is that one base.  Fetch labels that much further right and both agree,
without an approximation; for odd ``k`` at stride 1 and for stride k the shift is 0.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Counts = TypeVar("Counts", int, NDArray[np.int64])


def left_context(k: int, stride: int) -> int:
    """Bases of a span before the token's own; ``k - stride`` minus this many lie after them."""
    return (k - stride) // 2


def reverse_shift(k: int, stride: int) -> int:
    """0 where spans are centred on the own bases, 1 where they reach one base further to the right.

    Flipped and complemented, tokens ``[u, v)`` are exactly the tokens that the reverse complement
    of bases ``[u * stride + shift, v * stride + shift)`` has among its true neighbours.
    """
    return (k - stride) % 2


def token_count(length: Counts, stride: int) -> Counts:
    """Tokens that cover ``length`` bases (of each sequence); the last may reach past the end."""
    return -(-length // stride)


def token_bases(token: int, stride: int) -> tuple[int, int]:
    """Start and end of the bases that the token stands for."""
    return token * stride, (token + 1) * stride


def span(token: int, k: int, stride: int) -> tuple[int, int]:
    """Start and end of the bases that the token is made of; may lie outside the sequence."""
    start = token * stride - left_context(k, stride)
    return start, start + k


def token_of_base(base: int, stride: int) -> int:
    """The token that has the base as its own."""
    return base // stride


def tokens_of_bases(start: int, end: int, stride: int) -> tuple[int, int]:
    """First and one past the last token whose own bases touch ``[start, end)``."""
    return (start // stride, -(-end // stride)) if start < end else (start // stride,) * 2


def tokens_reading_base(base: int, k: int, stride: int) -> tuple[int, int]:
    """First and one past the last token whose spans hold the base, within no sequence's bounds.

    These are the tokens that change with the base, and that give it away if one of them is masked
    and the others are not.
    """
    shifted = base + left_context(k, stride)
    return -((k - 1 - shifted) // stride), shifted // stride + 1
