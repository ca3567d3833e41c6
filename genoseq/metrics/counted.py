"""Counts of classes that are added and taken off: of them follow figures of a genome or contig."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.schemes import State
from genoseq.metrics.independent import IndependentMetrics, independent_row
from genoseq.metrics.level import class_row
from genoseq.metrics.per_base import ClassMetrics


@dataclass(frozen=True)
class Counted:
    """Bases of K classes, as people see them.

    Attributes
    ----------
    states
        The K classes, of those that exclude one another the background first.
    called, right
        All bases, and those of the class, by bin of probability, (K, BINS).
    confusion
        True class, predicted class, (K, K); None where classes do not exclude one another.
    """

    states: tuple[State, ...]
    called: NDArray[np.int64]
    right: NDArray[np.int64]
    confusion: NDArray[np.int64] | None

    def plus(self, other: Counted, sign: int = 1) -> Counted:
        """Both together, or without the other."""
        pairs = None
        if self.confusion is not None and other.confusion is not None:
            pairs = self.confusion + sign * other.confusion
        called, right = self.called + sign * other.called, self.right + sign * other.right
        return Counted(self.states, called, right, pairs)

    @property
    def bases(self) -> int:
        """With a known label: of one class at least."""
        return int(self.called.sum(1).max())

    def rows(self) -> list[dict[str, Any]]:
        """Figures of each class, as :meth:`ClassMetrics.compute` and those of independent ones."""
        own = enumerate(zip(self.states, self.called, self.right, strict=True))
        if self.confusion is None:
            return [independent_row(*each) for _, each in own]
        return [class_row(*each, self.confusion, index) for index, each in own]


@singledispatch
def counted(metrics: object) -> Counted | None:
    """What metrics have counted so far; None of those without classes."""
    del metrics
    return None


@counted.register
def _of_classes(metrics: ClassMetrics) -> Counted:
    level = metrics.channels
    return Counted(level.classes, level.called.copy(), level.right.copy(), level.confusion.copy())


@counted.register
def _of_independent(metrics: IndependentMetrics) -> Counted:
    return Counted(metrics.states, metrics.called.copy(), metrics.right.copy(), None)
