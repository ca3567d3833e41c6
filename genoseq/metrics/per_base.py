"""Metrics of per-base predictions, gathered batch by batch in memory that does not grow.

Classes are measured on two levels: *states*, the model's own outputs, and *channels*, what people
see, where the codon phases of a class and strand are added up and the largest sum is the
prediction.  ``compute`` returns plain JSON data; a figure that is not defined (a precision with
nothing predicted) is None, never NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genoseq.errors import BundleError
from genoseq.genome.schemes import BACKGROUND, UNKNOWN_LABEL, Scheme, State
from genoseq.genome.tracks import Kind
from genoseq.metrics.correlation import Moments, Sample, log1p
from genoseq.metrics.independent import IndependentMetrics
from genoseq.metrics.level import Confusion, CurvePoint, Level

CLASS_FIGURES = ("precision", "recall", "f1", "mcc", "auprc")
SIGNAL_FIGURES = ("pearson", "pearson_log1p", "spearman", "mse")
CHUNK_BASES = 1 << 17  # bases counted at once: stays in the processor's cache


class ClassMetrics:
    """Streaming metrics of classes.

    Parameters
    ----------
    scheme
        The model's outputs, kind ``classes``.
    """

    def __init__(self, scheme: Scheme) -> None:
        channels = (State(BACKGROUND), *(State(c.name, c.strand) for c in scheme.channels))
        self.scheme = scheme
        self._states = Level("states", scheme.states)
        self._channels = Level("channels", channels)
        self._level_of = torch.from_numpy(scheme.channel_of_state + 1)  # background first

    @property
    def channels(self) -> Level:
        """What was counted of what people see: codon phases together, the background first."""
        return self._channels

    def update(self, values: Tensor, labels: Tensor) -> None:
        """Count probabilities (..., S) with labels int64 (...); UNKNOWN_LABEL bases are left out.

        Raises
        ------
        BundleError
            If a probability is not finite.
        """
        flat, truth = values.detach().flatten(0, -2), labels.flatten()
        level_of = self._level_of.to(truth.device)
        for piece, true in zip(
            torch.split(flat, CHUNK_BASES), torch.split(truth, CHUNK_BASES), strict=True
        ):
            known = true != UNKNOWN_LABEL
            states, true = piece[known].T.contiguous(), true[known].long()
            _check_finite(states)
            self._states.update(states, true)
            sums = states.new_zeros(len(self._channels.classes), len(true))
            # Not a matrix product: its rounding would depend on the size of the batch.
            self._channels.update(sums.index_add_(0, level_of, states), level_of[true])

    def compute(self) -> dict[str, Any]:
        """Everything so far.

        Returns
        -------
        dict
            ``kind``, ``bases`` (known ones), and for ``states`` and for ``channels``: ``classes``
            (name, strand, phase, support, precision, recall, f1, mcc, and those of
            :func:`genoseq.metrics.level.rare_figures`), ``macro_f1``, ``macro_auprc`` and
            ``micro_f1`` without the background, and ``confusion`` (row true, column predicted);
            for ``channels`` also ``calibration``, see :meth:`Level.calibration`.
        """
        return {
            "kind": "classes",
            "bases": int(self._states.confusion.sum()),
            "states": self._states.compute(),
            "channels": self._channels.compute() | {"calibration": self._channels.calibration()},
        }

    def curves(self) -> list[CurvePoint]:
        """Precision-recall points of every class, the states first, thresholds falling."""
        return [*self._states.curves(), *self._channels.curves()]

    def confusions(self) -> list[Confusion]:
        """Bases of each pair of classes, the states first."""
        return [*self._states.confusions(), *self._channels.confusions()]


class SignalMetrics:
    """Streaming Pearson and Spearman correlation, and mean squared error, of signals.

    Pearson is exact: on the signal as it is, and on its log1p.  Spearman is exact up to SAMPLE
    known bases of a signal; beyond, it is that of an even sample of every 2nd, 4th, ... base.

    Parameters
    ----------
    scheme
        The model's outputs, kind ``signal``.
    """

    def __init__(self, scheme: Scheme) -> None:
        self._states = scheme.states
        self._plain = [Moments() for _ in scheme.states]
        self._logged = [Moments() for _ in scheme.states]
        self._samples = [Sample() for _ in scheme.states]

    def update(self, values: Tensor, labels: Tensor) -> None:
        """Count predicted signals (..., S) with labels (..., S); NaN labels are left out.

        Raises
        ------
        BundleError
            If a predicted value is not finite.
        """
        _check_finite(values)
        predicted = values.detach().cpu().flatten(0, -2).numpy()
        truth = labels.cpu().flatten(0, -2).numpy()
        for index in range(len(self._states)):
            known = ~np.isnan(truth[:, index])
            x, y = predicted[known, index], truth[known, index]
            self._plain[index].update(x, y)
            self._logged[index].update(log1p(x), log1p(y))
            self._samples[index].update(x, y)

    def compute(self) -> dict[str, Any]:
        """Everything so far: ``kind`` and ``signals``.

        Each signal has name, strand, support (known bases), pearson, pearson_log1p, spearman and
        mse.
        """
        return {
            "kind": "signal",
            "signals": [
                {
                    "name": state.name,
                    "strand": state.strand,
                    "support": plain.count,
                    "pearson": plain.pearson(),
                    "pearson_log1p": logged.pearson(),
                    "spearman": sample.spearman(),
                    "mse": plain.squares / plain.count if plain.count else None,
                }
                for state, plain, logged, sample in zip(
                    self._states, self._plain, self._logged, self._samples, strict=True
                )
            ],
        }

    def curves(self) -> list[CurvePoint]:
        """None: signals have no thresholds."""
        return []

    def confusions(self) -> list[Confusion]:
        """None: signals have no classes."""
        return []


_METRICS: dict[Kind, Callable[[Scheme], ClassMetrics | SignalMetrics | IndependentMetrics]] = {
    "classes": ClassMetrics,
    "signal": SignalMetrics,
    "independent": IndependentMetrics,
}


def build_metrics(scheme: Scheme) -> ClassMetrics | SignalMetrics | IndependentMetrics:
    """The metrics that suit a scheme."""
    return _METRICS[scheme.kind](scheme)


def _check_finite(values: Tensor) -> None:
    if not bool(values.sum().isfinite()):
        raise BundleError(
            "the network gives values that are not finite: train again with a lower learning rate"
        )
