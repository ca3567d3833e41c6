"""Metrics of per-base predictions, gathered batch by batch in memory that does not grow.

Classes are measured on two levels: *states*, the model's own outputs, and *channels*, what people
see, where the codon phases of a class and strand are added up and the largest sum is the
prediction.  ``compute`` returns plain JSON data; a figure that is not defined (a precision with
nothing predicted) is None, never NaN.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.errors import BundleError
from genoseq.genome.schemes import BACKGROUND, UNKNOWN_LABEL, Scheme, State
from genoseq.metrics.correlation import Moments, Sample

# Thresholds are evenly spaced in log-odds, because trained probabilities crowd at 0 and 1: bins of
# 1/512 nat from -16 to 16.  AUPRC was 6e-5 from the exact one where that was measured (with 1/32
# nat, 1e-3); no bound follows, because all bases of a bin count as tied.  5 Mb of 7 classes take
# 2 s on one core.
BINS = 1 << 14
LOG_ODDS = 16.0
CURVE_STEP = 128  # bins between two points of a written curve: a quarter of a nat
CLASS_FIGURES = ("precision", "recall", "f1", "mcc", "auprc")
SIGNAL_FIGURES = ("pearson", "pearson_log1p", "spearman", "mse")

CHUNK_BASES = 1 << 17  # bases counted at once: stays in the processor's cache


class CurvePoint(NamedTuple):
    """Precision and recall of calling a class wherever its probability is >= threshold."""

    level: str
    name: str
    strand: str
    phase: int | None
    threshold: float
    precision: float
    recall: float


class Confusion(NamedTuple):
    """Bases of one class that were taken for another; a name such as ``CDS+1``."""

    level: str
    true: str
    predicted: str
    bases: int


class ClassMetrics:
    """Streaming metrics of classes.

    Parameters
    ----------
    scheme
        The model's outputs, kind ``classes``.
    """

    def __init__(self, scheme: Scheme) -> None:
        channels = (State(BACKGROUND), *(State(c.name, c.strand) for c in scheme.channels))
        self._states = _Level("states", scheme.states)
        self._channels = _Level("channels", channels)
        self._level_of = torch.from_numpy(scheme.channel_of_state + 1)  # background first

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
            (name, strand, phase, support, precision, recall, f1, mcc, auprc), ``macro_f1`` and
            ``micro_f1`` without the background, and ``confusion`` (row true, column predicted).
        """
        return {
            "kind": "classes",
            "bases": int(self._states.confusion.sum()),
            "states": self._states.compute(),
            "channels": self._channels.compute(),
        }

    def curves(self) -> list[CurvePoint]:
        """Precision-recall points of every class, the states first, thresholds falling."""
        return [*self._states.curves(), *self._channels.curves()]

    def confusions(self) -> list[Confusion]:
        """Bases of each pair of classes, the states first."""
        return [*self._states.confusions(), *self._channels.confusions()]


class _Level:
    """Counts of K classes that exclude one another, class 0 the background."""

    def __init__(self, name: str, classes: Sequence[State]) -> None:
        self.name = name
        self.classes = tuple(classes)
        size = len(self.classes)
        self.confusion: NDArray[np.int64] = np.zeros((size, size), np.int64)  # true, predicted
        self.called: NDArray[np.int64] = np.zeros((size, BINS), np.int64)  # all bases by bin
        self.right: NDArray[np.int64] = np.zeros((size, BINS), np.int64)  # the class's own

    def update(self, values: Tensor, truth: Tensor) -> None:
        """Count probabilities (K, N) with labels (N,) in 0..K-1."""
        size = len(self.classes)
        pairs = truth * size + values.argmax(0)
        self.confusion += _count(pairs, size * size).reshape(size, size)
        bins = (values.float().logit(1e-8) + LOG_ODDS).mul_(BINS / (2 * LOG_ODDS))
        slots = bins.clamp_(0, BINS - 1).int()
        slots += torch.arange(size, device=slots.device, dtype=torch.int32)[:, None] * BINS
        self.called += _count(slots.flatten(), size * BINS).reshape(size, BINS)
        own = slots.gather(0, truth[None]).flatten()
        self.right += _count(own, size * BINS).reshape(size, BINS)

    def compute(self) -> dict[str, Any]:
        rows = [self._row(index) for index in range(len(self.classes))]
        f1s = [row["f1"] for row in rows[1:] if row["f1"] is not None]
        inner = self.confusion[1:]
        right = int(np.trace(inner[:, 1:]))
        return {
            "classes": rows,
            "macro_f1": math.fsum(f1s) / len(f1s) if f1s else None,
            "micro_f1": _ratio(2 * right, int(inner.sum()) + int(self.confusion[:, 1:].sum())),
            "confusion": self.confusion.tolist(),
        }

    def _row(self, index: int) -> dict[str, Any]:
        state = self.classes[index]
        true = int(self.confusion[index].sum())
        called = int(self.confusion[:, index].sum())
        both = int(self.confusion[index, index])
        total = int(self.confusion.sum())
        spread = true * (total - true) * called * (total - called)
        return {
            "name": state.name,
            "strand": state.strand,
            "phase": state.phase,
            "support": true,
            "precision": _ratio(both, called),
            "recall": _ratio(both, true),
            "f1": _ratio(2 * both, true + called),
            "mcc": (both * total - true * called) / math.sqrt(spread) if spread else None,
            "auprc": self._average_precision(index),
        }

    def _falling(self, index: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Bases called and rightly called at each threshold, the highest first, shape (BINS,)."""
        return self.called[index, ::-1].cumsum(), self.right[index, ::-1].cumsum()

    def _average_precision(self, index: int) -> float | None:
        """Sum over thresholds of precision times the gain in recall."""
        called, right = self._falling(index)
        if not right[-1]:
            return None
        gains = np.diff(right, prepend=0)
        return float((gains * (right / called.clip(1))).sum() / right[-1])

    def confusions(self) -> Iterator[Confusion]:
        names = [_label(state) for state in self.classes]
        for true, row in zip(names, self.confusion.tolist(), strict=True):
            for predicted, bases in zip(names, row, strict=True):
                yield Confusion(self.name, true, predicted, bases)

    def curves(self) -> Iterator[CurvePoint]:
        edges = 1 / (1 + np.exp(LOG_ODDS - np.arange(BINS) * (2 * LOG_ODDS / BINS)))
        edges[0] = 0.0  # the lowest bin holds everything below it
        for index, state in enumerate(self.classes):
            called, right = self._falling(index)
            for slot in range(CURVE_STEP - 1, BINS, CURVE_STEP):
                if called[slot] and right[-1]:
                    yield CurvePoint(
                        self.name,
                        state.name,
                        state.strand,
                        state.phase,
                        float(edges[BINS - 1 - slot]),
                        float(right[slot] / called[slot]),
                        float(right[slot] / right[-1]),
                    )


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
            self._logged[index].update(_log1p(x), _log1p(y))
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


def build_metrics(scheme: Scheme) -> ClassMetrics | SignalMetrics:
    """The metrics that suit a scheme."""
    return ClassMetrics(scheme) if scheme.kind == "classes" else SignalMetrics(scheme)


def _label(state: State) -> str:
    """``CDS+1``: name, strand and phase of a class where it has them."""
    strand = "" if state.strand == "." else state.strand
    return f"{state.name}{strand}{'' if state.phase is None else state.phase}"


def _log1p(values: NDArray[np.floating]) -> NDArray[np.floating]:
    logged: NDArray[np.floating] = np.copysign(np.log1p(np.abs(values)), values)
    return logged


def _count(slots: Tensor, size: int) -> NDArray[np.int64]:
    return slots.bincount(minlength=size).cpu().numpy()


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _check_finite(values: Tensor) -> None:
    if not bool(values.sum().isfinite()):
        raise BundleError(
            "the network gives values that are not finite: train again with a lower learning rate"
        )
