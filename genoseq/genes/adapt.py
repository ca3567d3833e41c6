"""Self-training of the network on the genome at hand: it learns what is certain of its own calls.

The untouched network calls the genes; those that are certain, and the bases far from any candidate,
are what it is then trained on (:mod:`genoseq.genes.adapt_labels`).  Weights that go part of the way
to those of that training keep what it knew of other genomes (Wortsman et al. 2022, Robust
fine-tuning of zero-shot models): the windows that it once learned from are not needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from genoseq.config.genes import ADAPT_BATCH, ADAPT_STEPS, ADAPT_WINDOW
from genoseq.files.progress import Report, unreported
from genoseq.genes.adapt_labels import SelfLabels
from genoseq.genes.adapt_store import write_self_store
from genoseq.genes.layout import Contig
from genoseq.genes.state_values import state_order
from genoseq.models.bundle import Bundle
from genoseq.tasks.per_base import PerBase
from genoseq.training.fit import fit


@dataclass(frozen=True, slots=True)
class AdaptSettings:
    """How a network learns from the genome at hand; all of it decides the weights.

    Attributes
    ----------
    steps
        Of the training, whatever the size of the genome.
    batch, window
        Windows of a step, and bp of each.
    learning_rate, warmup
        Its peak, and the share of the steps that it takes to reach it.
    seed
        Of the windows and of dropout.
    """

    steps: int = ADAPT_STEPS
    batch: int = ADAPT_BATCH
    window: int = ADAPT_WINDOW
    learning_rate: float = 1e-3
    warmup: float = 0.1
    seed: int = 1

    @property
    def bases(self) -> int:
        """Bases that are looked at in all."""
        return self.steps * self.batch * self.window

    def training(self, bundle: Bundle, precision: str) -> Mapping[str, Any]:
        """Settings of the training of a model."""
        return {
            "steps": self.steps,
            "batch": self.batch,
            "window": self.window,
            "learning_rate": self.learning_rate,
            "warmup": self.warmup,
            "seed": self.seed,
            "loss": bundle.task.to_json()["loss"],
            "precision": precision,
            "validate_every": max(1, self.steps // 4),
            "checkpoint_minutes": 0.25,
        }


def adapt(
    bundle: Bundle,
    contigs: Sequence[Contig],
    labels: SelfLabels,
    folder: Path,
    settings: AdaptSettings = AdaptSettings(),
    *,
    device: str | None = None,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    report: Report = unreported,
) -> Bundle:
    """The model, trained on what is certain of a genome.

    Killed at any moment and called again with the same folder it goes on from its last state.

    Parameters
    ----------
    bundle
        A model of codon phases; it stays as it is.
    contigs, labels
        Of the genome.
    folder
        Gets the store of the labels and the state of the training, a few bytes per base.
    device, precision
        See :func:`genoseq.training.fit.fit`.
    report
        Called with the bases that the training has looked at, and with all.

    Raises
    ------
    ConfigError
        If the model is of another kind.
    TrainingInterruptedError
        After a stopping signal; the state is saved.
    """
    order, task = state_order(bundle), bundle.task
    if not isinstance(task, PerBase):
        raise task.refusal(f"models of task {PerBase.name} are adapted")
    store = write_self_store(folder / "store", contigs, labels.contigs, task.scheme, order)
    with _one_thread():
        return fit(
            [store],
            {"training": settings.training(bundle, precision)},
            folder / "model",
            init=bundle,
            state=folder / "training",
            device=device,
            context=bundle.context,
            report=lambda done, _: report(round(done * settings.bases), settings.bases),
        )


def between(before: Bundle, after: Bundle, share: float) -> Bundle:
    """The network whose weights lie between those of two of the same kind, at ``share`` of the way.

    Whole numbers, such as counts of batches, are those of the second.
    """
    first, second = before.model.state_dict(), after.model.state_dict()
    weights = {
        name: torch.lerp(first[name], value, share) if value.is_floating_point() else value
        for name, value in second.items()
    }
    model = deepcopy(before.model)
    model.load_state_dict(weights)
    facts = dict(after.provenance) | {"share_of_training": share}
    return Bundle(model.eval(), before.settings, before.task, before.context, facts, after.metrics)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch on one thread: a small network trains no faster on more, and rounds otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
