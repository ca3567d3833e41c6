"""What the regions of a genome have of each signal, told when labels are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEW = 0.9
"""Share of bases with a value below which a file without a 0 seems to leave zeros out."""


class SignalCounts:
    """Bases with a value, zeros, sum, least and largest value of each signal."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self.bases = 0
        self._known = np.zeros(len(names), np.int64)
        self._zeros = np.zeros(len(names), np.int64)
        self._sums = np.zeros(len(names))
        self._least = np.full(len(names), np.inf)
        self._most = np.full(len(names), -np.inf)

    def add(self, labels: NDArray[np.float32]) -> None:
        """Count labels (L, S or more)."""
        own = labels[:, : len(self._names)]
        self.bases += len(own)
        self._known += (~np.isnan(own)).sum(0)
        self._zeros += (own == 0).sum(0)
        self._sums += np.nansum(own, 0, dtype=np.float64)
        if len(own):
            self._least = np.fmin(self._least, np.fmin.reduce(own, 0))
            self._most = np.fmax(self._most, np.fmax.reduce(own, 0))

    def none(self) -> SignalCounts:
        """Of the same signals, nothing counted yet."""
        return SignalCounts(self._names)

    def join(self, other: SignalCounts) -> None:
        """Add what was counted elsewhere."""
        self.bases += other.bases
        self._known += other._known
        self._zeros += other._zeros
        self._sums += other._sums
        self._least = np.fmin(self._least, other._least)
        self._most = np.fmax(self._most, other._most)

    def to_json(self) -> list[dict[str, Any]]:
        """A mapping for each signal: bases, zeros, mean, least and largest value."""
        return [
            {
                "name": name,
                "known": int(known),
                "zeros": int(zeros),
                "mean": float(total / known) if known else None,
                "least": float(least) if known else None,
                "most": float(most) if known else None,
            }
            for name, known, zeros, total, least, most in zip(
                self._names, self._known, self._zeros, self._sums, self._least, self._most,
                strict=True,
            )
        ]  # fmt: skip

    def notes(self, filled: bool) -> list[str]:
        """Signals whose zeros seem to be left out of their files, and such as have no value.

        Parameters
        ----------
        filled
            Whether gaps are 0 already.
        """
        found = []
        for row in self.to_json():
            share = row["known"] / max(self.bases, 1)
            if not row["known"]:
                found.append(f"{row['name']}: no base of the regions has a value")
            elif not filled and share < _FEW and row["least"] > 0:
                found.append(
                    f"{row['name']}: {share:.0%} of the bases have a value and none of these is 0, "
                    f"so the others are learned as unknown; if they are bases without coverage, "
                    f"say --gaps zero (labels.signals.gaps)"
                )
        return found
