"""A trained model that teaches another: what it tells of both strands is learned from one.

Hinton, Vinyals and Dean (2015), Distilling the Knowledge in a Neural Network; here at temperature
1.  The mean of both strands' predictions is better than either.  A network that learns that mean
from the strand it reads comes near to it in half the work (``model.strands: one``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.config.training import TrainingSettings
from genoseq.errors import ConfigError
from genoseq.genome.sequences import N
from genoseq.models.bundle import Bundle, bundle_identity, load_bundle
from genoseq.pretrained.registry import model_folder
from genoseq.tasks.losses import mean
from genoseq.tasks.task import Task
from genoseq.tokenizers.kmer import KmerTokenizer

Total = tuple[Tensor, Tensor]
"""A sum of losses, and what it weighs."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """A model to learn from, on the device of the training.

    Attributes
    ----------
    bundle
        The model; its network is in evaluation mode, and has no gradients.
    share
        Its part of the loss; the rest is that of labels.
    identity
        SHA-256 of all that decides what it tells.
    """

    bundle: Bundle
    share: float
    identity: str

    @classmethod
    def of(cls, settings: TrainingSettings, task: Task, device: torch.device) -> Self | None:
        """The teacher of a training; None if it has none.

        Raises
        ------
        ConfigError, BundleError
            If its bundle cannot be read, or does not tell what is to be learned.
        """
        if settings.teacher is None:
            return None
        folder = model_folder(settings.teacher)
        bundle = load_bundle(folder)
        if problem := task.unlike_teacher(bundle.task):
            raise ConfigError(f"training.teacher {settings.teacher}: {problem}")
        bundle.model.to(device).requires_grad_(False)
        return cls(bundle, settings.teacher_share, bundle_identity(folder))

    def fingerprint(self) -> dict[str, Any]:
        """What of it decides the weights that learn from it; its share is one of the settings."""
        return {"teacher": {"model": self.identity, "strands": "both"}}

    @torch.no_grad()
    def told(self, codes: Tensor) -> Tensor:
        """What it tells of windows, the mean of both strands: values (B, L, S).

        Parameters
        ----------
        codes
            Base codes, uint8, shape (B, L), on any device.
        """
        bundle, length = self.bundle, codes.shape[1]
        tokenizer = KmerTokenizer(bundle.settings.tokenizer.k, bundle.settings.tokenizer.stride)
        here = codes.to(next(bundle.model.parameters()).device)
        whole = functional.pad(here, (0, -length % bundle.settings.stride), value=N)
        complement = torch.where(whole < N, 3 - whole, whole).flip(1)
        strands = torch.cat([whole, complement])
        plus, minus = bundle.task.predicted(bundle.model, tokenizer, strands).chunk(2)
        mirror = torch.from_numpy(bundle.task.mirror).to(minus.device)
        return ((plus + minus.flip(1)[..., mirror]) / 2)[:, :length]

    def sums(self, task: Task, outputs: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Sum of the losses against what it tells, and the number of bases; scalars.

        Parameters
        ----------
        task
            What is learned.
        outputs
            Of the network that learns, (B, L, S).
        codes
            Bases of the windows on the strand that it reads, (B, L).
        """
        known = (codes < N).to(outputs.device)
        return task.taught(outputs, self.told(codes).to(outputs.device), known)


def totals(
    task: Task,
    teacher: Teacher | None,
    outputs: Tensor,
    targets: Tensor,
    batch: Any,
    whole: Callable[[Tensor], Tensor] = lambda codes: codes,
) -> list[Total]:
    """Sum of the losses of a batch and what they weigh: by its labels, and by a teacher if any.

    Parameters
    ----------
    outputs, targets
        Of the batch, or of the batches of all processes.
    batch
        This process's.
    whole
        Its bases to those of all processes, where outputs are.
    """
    labels = task.loss(outputs, targets)
    return [labels] if teacher is None else [
        labels, teacher.sums(task, outputs, whole(batch.codes))
    ]  # fmt: skip


def joined(parts: Sequence[Total], teacher: Teacher | None) -> Tensor:
    """The loss, of what :func:`totals` gives."""
    losses = [mean(total, weight) for total, weight in parts]
    if teacher is None:
        return losses[0]
    return losses[1] if teacher.share == 1 else losses[0].lerp(losses[1], teacher.share)
