"""What one training step or one validation step sees."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """Windows of tokens and the labels of their bases.

    Attributes
    ----------
    ids
        int64, shape (B, T).
    labels
        int64 states, shape (B, L) with L = T * stride and 255 for unknown; or float32 signals,
        shape (B, L, S), NaN for unknown.
    """

    ids: Tensor
    labels: Tensor
