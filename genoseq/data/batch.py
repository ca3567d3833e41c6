"""What one training step or one validation step sees."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Batch(NamedTuple):
    """Windows of tokens, the labels of their bases, the bases, and controls.

    Attributes
    ----------
    ids
        int64, shape (B, T).
    labels
        int64 states, shape (B, L) with L = T * stride and 255 for unknown; or float32, shape
        (B, L, S): signals, NaN for unknown, or whether each class is there, 255 for unknown; None
        where the stores have no labels.
    codes
        Base codes on the window's strand, uint8, shape (B, L): A 0, C 1, G 2, T 3, and N 4 also
        beyond the region's ends.
    controls
        Of signals whose control is learned: it, float32, shape (B, L, S), NaN where unknown.
    """

    ids: Tensor
    labels: Tensor | None
    codes: Tensor
    controls: Tensor | None = None
