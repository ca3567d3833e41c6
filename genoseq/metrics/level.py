"""Counts of classes that exclude one another, and the figures that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.genome.schemes import State

# Thresholds are evenly spaced in log-odds, because trained probabilities crowd at 0 and 1: bins of
# 1/512 nat from -16 to 16.  AUPRC was 6e-5 from the exact one where that was measured (with 1/32
# nat, 1e-3); no bound follows, because all bases of a bin count as tied.  5 Mb of 7 classes take
# 2 s on one core.
BINS = 1 << 14
LOG_ODDS = 16.0
CURVE_STEP = 128  # bins between two points of a written curve: a quarter of a nat
RELIABILITY_BINS = 15  # of probabilities from 0 to 1, as Guo et al. (2017) have them


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


class Level:
    """Counts of K classes that exclude one another, class 0 the background."""

    def __init__(self, name: str, classes: Sequence[State]) -> None:
        self.name = name
        self.classes = tuple(classes)
        size = len(self.classes)
        self.confusion: NDArray[np.int64] = np.zeros((size, size), np.int64)  # true, predicted
        self.called: NDArray[np.int64] = np.zeros((size, BINS), np.int64)  # all bases by bin
        self.right: NDArray[np.int64] = np.zeros((size, BINS), np.int64)  # the class's own
        self.first: NDArray[np.int64] = np.zeros((2, BINS), np.int64)  # of the class called: all,
        # and those that are right

    def update(self, values: Tensor, truth: Tensor) -> None:
        """Count probabilities (K, N) with labels (N,) in 0..K-1."""
        size = len(self.classes)
        likeliest = values.argmax(0)
        pairs = truth * size + likeliest
        self.confusion += count(pairs, size * size).reshape(size, size)
        slots = slots_of(values)
        slots += torch.arange(size, device=slots.device, dtype=torch.int32)[:, None] * BINS
        self.called += count(slots.flatten(), size * BINS).reshape(size, BINS)
        first = slots.gather(0, likeliest[None]).flatten() % BINS
        self.first += np.stack([count(first, BINS), count(first[likeliest == truth], BINS)])
        own = slots.gather(0, truth[None]).flatten()
        self.right += count(own, size * BINS).reshape(size, BINS)

    def compute(self) -> dict[str, Any]:
        own = enumerate(zip(self.classes, self.called, self.right, strict=True))
        rows = [class_row(*each, self.confusion, index) for index, each in own]
        f1s = [row["f1"] for row in rows[1:] if row["f1"] is not None]
        inner = self.confusion[1:]
        right = int(np.trace(inner[:, 1:]))
        return {
            "classes": rows,
            "macro_f1": math.fsum(f1s) / len(f1s) if f1s else None,
            "macro_auprc": mean_known([row["auprc"] for row in rows[1:]]),
            "micro_f1": _ratio(2 * right, int(inner.sum()) + int(self.confusion[:, 1:].sum())),
            "confusion": self.confusion.tolist(),
        }

    def calibration(self) -> dict[str, Any]:
        """Whether of the bases called with probability p the share p is right.

        Returns
        -------
        dict
            ``error``: the expected calibration error of the class called, None without a base.
            ``called`` and ``classes``, one for each class: ``bases``, mean ``probability`` and
            ``share`` that is right, in each of RELIABILITY_BINS of the probability; the last two
            None where no base is.
        """
        rows = [reliability(*pair) for pair in zip(self.called, self.right, strict=True)]
        called = reliability(*self.first)
        gaps = [
            bases * abs(mean - share)
            for bases, mean, share in zip(*called.values(), strict=True)
            if bases
        ]
        named = [
            {"name": state.name, "strand": state.strand, **row}
            for state, row in zip(self.classes, rows, strict=True)
        ]
        total = sum(called["bases"])
        error = math.fsum(gaps) / total if total else None
        return {"error": error, "called": called, "classes": named}

    def confusions(self) -> Iterator[Confusion]:
        names = [_label(state) for state in self.classes]
        for true, row in zip(names, self.confusion.tolist(), strict=True):
            for predicted, bases in zip(names, row, strict=True):
                yield Confusion(self.name, true, predicted, bases)

    def curves(self) -> Iterator[CurvePoint]:
        for index, state in enumerate(self.classes):
            yield from curve(self.name, state, self.called[index], self.right[index])


def class_row(
    state: State,
    called: NDArray[np.int64],
    right: NDArray[np.int64],
    confusion: NDArray[np.int64],
    index: int,
) -> dict[str, Any]:
    """Figures of the class at an index by its counts; ``confusion`` (K, K) is true, predicted."""
    true, taken = int(confusion[index].sum()), int(confusion[:, index].sum())
    both, total = int(confusion[index, index]), int(confusion.sum())
    spread = true * (total - true) * taken * (total - taken)
    return {
        "name": state.name,
        "strand": state.strand,
        "phase": state.phase,
        "support": true,
        "precision": _ratio(both, taken),
        "recall": _ratio(both, true),
        "f1": _ratio(2 * both, true + taken),
        "mcc": (both * total - true * taken) / math.sqrt(spread) if spread else None,
        **rare_figures(called, right),
    }


def slots_of(values: Tensor) -> Tensor:
    """Bin of each probability, int32, same shape."""
    bins = (values.float().logit(1e-8) + LOG_ODDS).mul_(BINS / (2 * LOG_ODDS))
    return bins.clamp_(0, BINS - 1).int()


def falling(
    called: NDArray[np.int64], right: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bases called and rightly called at each threshold, the highest first; all (BINS,).

    Parameters
    ----------
    called, right
        All bases, and the class's own, by bin of probability.
    """
    return called[::-1].cumsum(), right[::-1].cumsum()


def average_precision(called: NDArray[np.int64], right: NDArray[np.int64]) -> float | None:
    """Sum over thresholds of precision times the gain in recall; as :func:`falling`."""
    above, own = falling(called, right)
    if not own[-1]:
        return None
    gains = np.diff(own, prepend=0)
    return float((gains * (own / above.clip(1))).sum() / own[-1])


def rare_figures(called: NDArray[np.int64], right: NDArray[np.int64]) -> dict[str, float | None]:
    """What holds of a class that is rare as well: figures over all thresholds; as :func:`falling`.

    Returns
    -------
    ``auprc``; ``prevalence``, the AUPRC of chance; ``lift``, the one over the other; ``best_f1``
    of any threshold, and that ``threshold``; ``top_k``, the share of the class among the k bases
    with the highest probability, k being its bases (Jaganathan et al. 2019); ``calibration_error``,
    see :func:`calibration_error`.  None is what is not defined, all but prevalence where no base is
    of the class.
    """
    above, own = falling(called, right)
    prevalence = _ratio(int(own[-1]), int(above[-1]))
    auprc = average_precision(called, right)
    best, threshold, top = None, None, None
    if own[-1]:
        slot = BINS - 1 - best_slot(called, right)
        best, threshold = float(2 * own[slot] / (above[slot] + own[-1])), float(thresholds()[slot])
        top = float(np.interp(own[-1], np.r_[0, above], np.r_[0, own]) / own[-1])
    lift = auprc / prevalence if auprc is not None and prevalence else None
    return {
        "auprc": auprc,
        "prevalence": prevalence,
        "lift": lift,
        "best_f1": best,
        "threshold": threshold,
        "top_k": top,
        "calibration_error": calibration_error(called, right),
    }


def best_slot(called: NDArray[np.int64], right: NDArray[np.int64]) -> int:
    """The lowest bin that is called at the threshold of the best F1; as :func:`falling`."""
    above, own = falling(called, right)
    return BINS - 1 - int((2 * own / (above + own[-1]).clip(1)).argmax())


def mean_known(values: Sequence[float | None]) -> float | None:
    """Mean of those that are defined; None of none."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def thresholds() -> NDArray[np.float64]:
    """Least probability of each bin, the highest first, (BINS,)."""
    edges = _probability(np.arange(BINS))
    edges[0] = 0.0  # the lowest bin holds everything below it
    return edges[::-1]


def curve(
    level: str, state: State, called: NDArray[np.int64], right: NDArray[np.int64]
) -> Iterator[CurvePoint]:
    """Points of precision and recall, thresholds falling; as :func:`falling`."""
    above, own = falling(called, right)
    least = thresholds()
    for slot in range(CURVE_STEP - 1, BINS, CURVE_STEP):
        if above[slot] and own[-1]:
            precision, recall = float(own[slot] / above[slot]), float(own[slot] / own[-1])
            yield CurvePoint(
                level, state.name, state.strand, state.phase, float(least[slot]), precision, recall
            )


def _probability(offset: NDArray[Any]) -> NDArray[np.float64]:
    """Probability at places along the bins, from 0 to BINS."""
    return 1 / (1 + np.exp(LOG_ODDS - offset * (2 * LOG_ODDS / BINS)))


def reliability(bases: NDArray[np.int64], right: NDArray[np.int64]) -> dict[str, list[Any]]:
    """Bases, mean probability and share that is right, by bins of probability of equal width."""
    rows = [
        (int(count), total / count if count else None, own / count if count else None)
        for count, total, own in zip(
            *map(np.ndarray.tolist, reliability_sums(bases, right)), strict=True
        )
    ]
    columns = zip(*rows, strict=True)
    return dict(zip(("bases", "probability", "share"), map(list, columns), strict=True))


def reliability_sums(
    called: NDArray[np.integer[Any]], right: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Bases, those that probabilities say are of the class, and those that are, by
    RELIABILITY_BINS of probability; (..., RELIABILITY_BINS) each.

    Parameters
    ----------
    called, right
        All bases, and the class's own, by bins that share the log-odds, (..., n).
    """
    bins = called.shape[-1]
    middle = _probability((np.arange(bins) + 0.5) * BINS / bins)
    starts = np.searchsorted(middle, np.arange(RELIABILITY_BINS) / RELIABILITY_BINS)
    columns = (called, called * middle, right)
    bases, told, own = (np.add.reduceat(x, starts, axis=-1, dtype=np.float64) for x in columns)
    return bases, told, own


def calibration_error(called: NDArray[np.int64], right: NDArray[np.int64]) -> float | None:
    """Bases by which probabilities are wrong, in RELIABILITY_BINS, as a share of the class's own.

    That is the expected calibration error of the class over its prevalence, so that it says as much
    of a class that is rare: one of which twice as many bases are told as there are has 1.  None
    where there is no base of it.
    """
    _, expected, own = reliability_sums(called, right)
    return float(abs(expected - own).sum() / own.sum()) if own.any() else None


def _label(state: State) -> str:
    """``CDS+1``: name, strand and phase of a class where it has them."""
    strand = "" if state.strand == "." else state.strand
    return f"{state.name}{strand}{'' if state.phase is None else state.phase}"


def count(slots: Tensor, size: int) -> NDArray[np.int64]:
    return slots.bincount(minlength=size).cpu().numpy()


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
