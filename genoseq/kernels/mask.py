"""Which keys a query sees: the one rule that every attention kernel and its tests follow.

Query i sees key j of the same document if and only if

    (window is None  or  |i - j| <= window  or  i < global_tokens  or  j < global_tokens)
    and (not causal  or  j <= i)

where i and j count tokens within the document, from 0.  Without ``causal`` the rule is symmetric
in i and j, so that one range of tiles serves the forward pass and both gradients.

Queries and keys may be of different tokens, Lq and Lk to a document.  Then every query sees every
key; or, with ``causal``, the queries are the last tokens of the keys' document, as in a decoder
that keeps its keys: query n stands at i = n + Lk - Lq, and the rule is the one above.  Where there
are more queries than keys, the first Lq - Lk stand at i < 0 and see none.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Mask:
    """Which keys a query sees.

    Parameters
    ----------
    window
        Tokens that a query sees to each side of itself; None: every token of its document.
    global_tokens
        The first tokens of each document see, and are seen by, its every token.  Without a window
        they change nothing.
    causal
        A query sees no key behind itself, global or not.

    Raises
    ------
    ValueError
        If a number is negative.
    """

    window: int | None = None
    global_tokens: int = 0
    causal: bool = False

    def __post_init__(self) -> None:
        if self.window is not None and self.window < 0:
            raise ValueError(
                f"window {self.window}: give tokens per side, 0 or more, or None for all"
            )
        if self.global_tokens < 0:
            raise ValueError(f"global_tokens {self.global_tokens}: give 0 or more")

    def visible(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Whether queries see keys, bool, the shape that the two positions broadcast to.

        Parameters
        ----------
        queries, keys
            Positions within a document, integers; usually (Q, 1) and (1, K).
        """
        distance = queries - keys
        seen = torch.ones_like(distance, dtype=torch.bool)
        if self.window is not None:
            seen &= distance.abs() <= self.window
            if self.global_tokens:
                seen |= (queries < self.global_tokens) | (keys < self.global_tokens)
        if self.causal:
            seen &= distance >= 0
        return seen

    def pairs(self, length: int) -> int:
        """How many (query, key) pairs of a document of `length` tokens see each other.

        The useful work of a forward pass is 4 * pairs * head width operations per query head.
        """
        seen = length * (length + 1) // 2 if self.causal else length * length
        if self.window is None:
            return seen
        # Pairs j < i that the window hides lie between two ordinary tokens, further apart than it.
        far = max(0, length - min(self.global_tokens, length) - 1 - self.window)
        hidden = far * (far + 1) // 2
        return seen - hidden if self.causal else seen - 2 * hidden
