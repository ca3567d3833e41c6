"""How well bases are told: bits per base, and how often the most probable base is the right one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from genoseq.errors import BundleError
from genoseq.metrics.level import Confusion, CurvePoint

LANGUAGE_FIGURES = ("bits_per_base", "perplexity", "accuracy")


class LanguageMetrics:
    """Means over bases; those without a value are left out.

    Values of a base are four: bits on its own strand and on the other, whether the most probable
    base was right on its own strand and on the other.  Of one strand the others are 0; of both,
    each is half of what it is, and the sums are the strands' means.
    """

    def __init__(self) -> None:
        self._bases = 0
        self._bits = self._right = 0.0

    def update(self, values: Tensor, targets: Tensor) -> None:
        """Count values (..., 4), NaN where there is none.

        Raises
        ------
        BundleError
            If one is infinite.
        """
        del targets  # they are in the values
        flat = values.detach().flatten(0, -2).double()
        known = flat[~flat.isnan().any(1)]
        bits, right = known[:, :2].sum(), known[:, 2:].sum()
        if not bool(torch.isfinite(bits)):
            raise BundleError(
                "the network gives values that are not finite: train again with a lower learning "
                "rate"
            )
        self._bases += len(known)
        self._bits += float(bits)
        self._right += float(right)

    def compute(self) -> dict[str, Any]:
        """``kind``, ``bases``, ``bits_per_base``, ``perplexity`` (2 to that power), ``accuracy``;
        None of no base."""
        figures: Mapping[str, float | None] = dict.fromkeys(LANGUAGE_FIGURES)
        if self._bases:
            bits = self._bits / self._bases
            told = (bits, math.exp2(min(bits, 1000.0)), self._right / self._bases)
            figures = dict(zip(LANGUAGE_FIGURES, told, strict=True))
        return {"kind": "bases", "bases": self._bases, **figures}

    def curves(self) -> list[CurvePoint]:
        """None: there are no thresholds."""
        return []

    def confusions(self) -> list[Confusion]:
        """None: there are no classes."""
        return []
