"""Metrics of classes of which a base may have several: of each by itself, by its probabilities.

The most probable class means nothing here, and 1/2 is no threshold for what is rare: figures are
over all thresholds, or at the best one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.errors import BundleError
from genoseq.genome.schemes import UNKNOWN_LABEL, Scheme, State
from genoseq.metrics.level import (
    BINS,
    Confusion,
    CurvePoint,
    count,
    curve,
    mean_known,
    rare_figures,
    reliability,
    slots_of,
)

INDEPENDENT_FIGURES = ("prevalence", "auprc", "best_f1", "threshold")
_CHUNK_BASES = 1 << 17  # stays in the processor's cache


class IndependentMetrics:
    """Streaming metrics of each state by itself.

    Parameters
    ----------
    scheme
        The model's outputs, kind ``independent``.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.scheme, self.states = scheme, scheme.states
        size = len(scheme)
        self.called: NDArray[np.int64] = np.zeros((size, BINS), np.int64)  # all bases by bin
        self.right: NDArray[np.int64] = np.zeros((size, BINS), np.int64)  # those of the state

    def update(self, values: Tensor, labels: Tensor) -> None:
        """Count probabilities (..., S) with labels (..., S): 0, 1 or UNKNOWN_LABEL.

        Raises
        ------
        BundleError
            If a probability of a base that has a label is not finite.
        """
        flat, truth = values.detach().flatten(0, -2), labels.flatten(0, -2)
        for piece, true in zip(
            torch.split(flat, _CHUNK_BASES), torch.split(truth, _CHUNK_BASES), strict=True
        ):
            for index in range(len(self.states)):
                known = true[:, index] != UNKNOWN_LABEL
                own, there = piece[known, index], true[known, index] == 1
                if not bool(own.sum().isfinite()):
                    raise BundleError(
                        "the network gives values that are not finite: train again with a lower "
                        "learning rate"
                    )
                slots = slots_of(own)
                self.called[index] += count(slots, BINS)
                self.right[index] += count(slots[there], BINS)

    def compute(self) -> dict[str, Any]:
        """Everything so far: ``kind``, ``classes``, ``macro_auprc`` and ``calibration``.

        Each class has name, strand, support (bases of it), bases (of which that is known), and
        those of :func:`genoseq.metrics.level.rare_figures`; calibration is as of
        :meth:`genoseq.metrics.level.Level.calibration`.
        """
        own = zip(self.states, self.called, self.right, strict=True)
        rows = [independent_row(*each) for each in own]
        told = [
            {"name": state.name, "strand": state.strand, **reliability(called, right)}
            for state, called, right in zip(self.states, self.called, self.right, strict=True)
        ]
        return {
            "kind": "independent",
            "classes": rows,
            "macro_auprc": mean_known([row["auprc"] for row in rows]),
            "calibration": {"classes": told},
        }

    def curves(self) -> list[CurvePoint]:
        """Precision-recall points of every class, thresholds falling."""
        rows = zip(self.states, self.called, self.right, strict=True)
        return [point for row in rows for point in curve("channels", *row)]

    def confusions(self) -> list[Confusion]:
        """None: classes are not taken for one another."""
        return []


def independent_row(
    state: State, called: NDArray[np.int64], right: NDArray[np.int64]
) -> dict[str, Any]:
    """Figures of a class by its counts, see :meth:`IndependentMetrics.compute`."""
    return {
        "name": state.name,
        "strand": state.strand,
        "support": int(right.sum()),
        "bases": int(called.sum()),
        **rare_figures(called, right),
    }
