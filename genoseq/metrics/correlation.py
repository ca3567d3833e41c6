"""Correlation of pairs that arrive batch by batch, in memory that does not grow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE = 1 << 18  # most pairs kept for Spearman: its standard error is then 0.002
ROUNDING = 1e-12


class Moments:
    """Means and co-moments of pairs, merged batch by batch (Chan, Golub and LeVeque 1979)."""

    def __init__(self) -> None:
        self.count = 0
        self.squares = 0.0  # sum of squared differences
        self._mean: NDArray[np.float64] = np.zeros(2)
        self._moments: NDArray[np.float64] = np.zeros((2, 2))

    def update(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> None:
        """Add pairs (x[i], y[i]), both of shape (N,)."""
        if not x.size:
            return
        pairs = np.stack([x, y]).astype(np.float64)
        mean = pairs.mean(1)
        pairs -= mean[:, None]
        shift, total = mean - self._mean, self.count + x.size
        self._moments += pairs @ pairs.T + np.outer(shift, shift) * (self.count * x.size / total)
        self._mean += shift * (x.size / total)
        differences = pairs[0] - pairs[1] + (mean[0] - mean[1])
        self.squares += float(differences @ differences)
        self.count = total

    def pearson(self) -> float | None:
        """Pearson's r; None if either side is constant."""
        squares = self._moments.diagonal()
        # A constant's mean is rounded, so that its squares are not quite 0.
        if np.any(squares <= self.count * (ROUNDING * self._mean) ** 2):
            return None
        return float(np.clip(self._moments[0, 1] / math.sqrt(squares[0] * squares[1]), -1, 1))


class Sample:
    """Every `step`-th pair; the step doubles when there are more than SAMPLE.

    Attributes
    ----------
    kept
        Shape (2, <= SAMPLE), float32.
    """

    def __init__(self) -> None:
        self.step = 1
        self._seen = 0
        self.kept: NDArray[np.float32] = np.empty((2, 0), np.float32)

    def update(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> None:
        """Add pairs (x[i], y[i]), both of shape (N,)."""
        first = -self._seen % self.step
        new = np.stack([x, y])[:, first :: self.step].astype(np.float32)
        self._seen += x.size
        self.kept = np.concatenate([self.kept, new], axis=1)
        while self.kept.shape[1] > SAMPLE:
            self.kept = self.kept[:, ::2].copy()
            self.step *= 2

    def spearman(self) -> float | None:
        """Spearman's rank correlation of the pairs kept; None if either side is constant."""
        ranks = Moments()
        ranks.update(_ranks(self.kept[0]), _ranks(self.kept[1]))
        return ranks.pearson()


def log1p(values: NDArray[Any]) -> NDArray[Any]:
    """log1p of the size, with the sign."""
    logged: NDArray[Any] = np.copysign(np.log1p(np.abs(values)), values)
    return logged


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rank of each value; equal ones share the mean of their ranks."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    means: NDArray[np.float64] = (2 * ends - counts - 1) / 2
    return means[group]
