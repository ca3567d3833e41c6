"""What a network is worth: what simpler means say of the same bases, by the same metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.genome.schemes import BACKGROUND, Scheme
from genoseq.genome.tracks import Channel
from genoseq.inference.baseline_frames import (
    ProdigalGenes,
    choose_frames,
    coding_states,
    prodigal_problem,
)
from genoseq.inference.baseline_kmers import Values, fit_words, known_labels, state_counts
from genoseq.inference.baseline_markov import ORDERS, fit_markov
from genoseq.metrics.independent import INDEPENDENT_FIGURES
from genoseq.metrics.language import LANGUAGE_FIGURES
from genoseq.metrics.metrics import Metrics
from genoseq.metrics.per_base import CLASS_FIGURES, SIGNAL_FIGURES
from genoseq.metrics.ranking import HEADLINES, headline, headline_of
from genoseq.store.store import Store
from genoseq.tasks.correction import natural_prior
from genoseq.tasks.language import LanguageModel
from genoseq.tasks.per_base import PerBase
from genoseq.tasks.task import Task

UNMEASURED = "not measured: "
"""How the note of a baseline begins that has no figures."""
PRODIGAL = "prodigal"
_LABELS_THEMSELVES = 0.999
"""Macro F1 of Prodigal above which labels are likely to be its predictions: of curated genes it has
0.95 to 0.997."""
_COLUMNS = {
    "classes": CLASS_FIGURES,
    "signal": SIGNAL_FIGURES,
    "independent": INDEPENDENT_FIGURES,
    "bases": LANGUAGE_FIGURES,
}


class Baseline(Protocol):
    """What tells bases without a network."""

    @property
    def name(self) -> str:
        """As tables say it."""

    @property
    def note(self) -> str:
        """How it was made, if there is something to say."""

    def values(self, store: Store, chrom: str, start: int, end: int) -> Values:
        """Values (S, L) of bases ``start <= i < end``, as the model's are."""


@dataclass(frozen=True)
class Unmeasured:
    """A baseline that cannot be had here, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Constant:
    """The same values (S,) for every base."""

    name: str
    constants: NDArray[np.float32]
    note: str = ""

    def values(self, store: Store, chrom: str, start: int, end: int) -> Values:
        """Values (S, L)."""
        del store, chrom
        return np.tile(self.constants[:, None], end - start)


@dataclass(frozen=True)
class BaselineFigures:
    """What was measured of a baseline.

    Attributes
    ----------
    figures
        The report of its metrics; None where it was not measured.
    note
        Why not, or how it was made.
    fair
        Whether it can be compared with a model: False of a program that seems to have made the
        labels.
    """

    name: str
    figures: Mapping[str, Any] | None
    note: str = ""
    fair: bool = True


Found = Sequence[Baseline | Unmeasured]


@singledispatch
def baselines_of(task: Task, stores: Sequence[Store], learned: Sequence[Store]) -> Found:
    """Baselines of a task, learned from train regions; none of tasks of other packages.

    Parameters
    ----------
    stores
        Whose bases are to be told.
    learned
        Whose train regions are learned from.
    """
    del task, stores, learned
    return []


_NO_REGION = "no train region: name stores to --learn-from"
_NO_TRAIN = "no known label in a train region: name stores to --learn-from"


@baselines_of.register
def _of_labels(task: PerBase, stores: Sequence[Store], learned: Sequence[Store]) -> Found:
    scheme = task.scheme
    own = [store for store in learned if store.scheme == scheme]
    if scheme.kind == "signal":
        return _of_signals(scheme, own)
    if scheme.kind == "independent":
        return _of_independent(scheme, own)
    counts = state_counts(scheme, own)
    found: list[Baseline | Unmeasured]
    if counts.any():
        shares = (counts / counts.sum()).astype(np.float32)
        found = [Constant("majority", shares), fit_words(scheme, own)]
    else:
        found = [Unmeasured(name, _NO_TRAIN) for name in ("majority", "kmers")]
    if (states := coding_states(scheme)) is not None:
        frames = choose_frames(scheme, states, own)
        problem = prodigal_problem(stores)
        told = f"genetic code {frames.code}; it learns each genome by itself"
        found += [
            frames,
            Unmeasured(PRODIGAL, problem)
            if problem
            else ProdigalGenes(scheme, states, frames.code, told),
        ]
    return found


def _of_independent(scheme: Scheme, stores: Sequence[Store]) -> Found:
    natural = natural_prior(stores, scheme)
    if not natural.known.all():
        return [Unmeasured("prevalence", _NO_TRAIN)]
    return [Constant("prevalence", natural.share.astype(np.float32))]


def _of_signals(scheme: Scheme, stores: Sequence[Store]) -> Found:
    sums, counts = np.zeros(len(scheme)), np.zeros(len(scheme), np.int64)
    for *_, labels in known_labels(scheme, stores):
        counts += scheme.known(labels).sum(0)
        sums += np.nansum(labels, 0, dtype=np.float64)
    if not counts.all():
        return [Unmeasured(name, _NO_TRAIN) for name in ("mean", "kmers")]
    mean = (sums / counts).astype(np.float32)
    return [Constant("mean", mean), fit_words(scheme, stores)]


@baselines_of.register
def _of_bases(task: LanguageModel, stores: Sequence[Store], learned: Sequence[Store]) -> Found:
    del task, stores
    if any(len(store.regions.of_split("train")) for store in learned):
        return [fit_markov(learned, order) for order in ORDERS]
    return [Unmeasured(f"markov-{order}", _NO_REGION) for order in ORDERS]


class Measured:
    """Metrics of baselines on the bases that a model is measured on."""

    def __init__(self, task: Task, stores: Sequence[Store], learned: Sequence[Store]) -> None:
        self._task = task
        self._found = baselines_of(task, stores, learned)
        self._metrics: dict[str, Metrics] = {
            one.name: task.metrics() for one in self._found if not isinstance(one, Unmeasured)
        }

    def update(
        self, store: Store, chrom: str, start: int, predicted: Values, targets: Tensor
    ) -> None:
        """Count a stretch; what the model has no value (S, L) for is left out of all."""
        gaps = np.isnan(predicted).any(0)
        for one in self._found:
            if not isinstance(one, Unmeasured):
                values = one.values(store, chrom, start, start + predicted.shape[1])
                if gaps.any():
                    values = np.where(gaps, np.float32(np.nan), values)
                self._metrics[one.name].update(torch.from_numpy(values.T.copy()), targets)

    def figures(self) -> list[BaselineFigures]:
        """What was measured, and what was not."""
        found = []
        for one in self._found:
            if isinstance(one, Unmeasured):
                found.append(BaselineFigures(one.name, None, UNMEASURED + one.reason))
                continue
            report = self._metrics[one.name].compute()
            fair = one.name != PRODIGAL or not headline(report, "macro_f1") > _LABELS_THEMSELVES
            note = one.note if fair else f"{one.note}; the labels seem to be its own"
            found.append(BaselineFigures(one.name, report, note, fair))
        return found


def baseline_table(
    task: Task, baselines: Sequence[BaselineFigures]
) -> tuple[list[str], list[list[str]]]:
    """Header and rows of ``baselines.tsv``: a row for each baseline and class or signal.

    What is not defined, or was not measured, is ``.``; ``fair`` is ``no`` where labels seem to be
    the baseline's own predictions.
    """
    kind = next((one.figures["kind"] for one in baselines if one.figures), "classes")
    columns = _COLUMNS[kind]
    rows = []
    for one in baselines:
        if one.figures is None:
            rows.append([one.name, *["."] * (len(columns) + 2), one.note])
            continue
        for row in task.rows(one.figures):
            label = row["name"]
            if "strand" in row and label != BACKGROUND:
                label = Channel(label, row["strand"]).label
            told = ["." if row[name] is None else f"{row[name]:.6g}" for name in columns]
            rows.append([one.name, label, *told, "yes" if one.fair else "no", one.note or "."])
    return ["name", "class", *columns, "fair", "note"], rows


def compared(model: Mapping[str, Any], baselines: Sequence[BaselineFigures]) -> str | None:
    """One line: the model's figure, that of the best baseline, and what is between them.

    The figure is that of :func:`genoseq.metrics.ranking.headline_of`.  What is not fair is left
    out.
    """
    figure = headline_of(model)
    measured = {
        one.name: headline(one.figures, figure)
        for one in baselines
        if one.figures is not None and one.fair
    }
    measured = {name: value for name, value in measured.items() if not math.isnan(value)}
    own = headline(model, figure)
    if figure is None or not measured or math.isnan(own):
        return None
    least = figure == "bits_per_base"
    best = (min if least else max)(measured, key=lambda name: measured[name])
    return (
        f"{HEADLINES[figure]} {_told(own)}; the best baseline, {best}, has "
        f"{_told(measured[best])}: the network {_gain(own - measured[best], least)}"
    )


def _gain(difference: float, least: bool) -> str:
    better = -difference if least else difference
    return f"is {_told(abs(difference))} {'better' if better > 0 else 'worse'}"


def _told(value: float) -> str:
    """Four decimals; of what is less than them the first digits."""
    return f"{value:.2g}" if 0 < value < 0.001 else f"{value:.4f}"
