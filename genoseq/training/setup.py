"""What a training consists of, beside its network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from genoseq.config.schema import TrainingSettings
from genoseq.data.batch import Batch
from genoseq.genome.schemes import Scheme
from genoseq.models.device import Precision
from genoseq.models.heads import Activation
from genoseq.tasks.losses import Objective, Weight
from genoseq.training.checkpoint import StateFolder
from genoseq.training.distributed import Team
from genoseq.training.schedule import run_progress
from genoseq.training.stop_signals import StopRequest


@dataclass(frozen=True)
class Run:
    """Settings, data and surroundings of a training.

    Attributes
    ----------
    settings, scheme
        How it is trained, and the outputs.
    objective, activation
        The loss, and how logits become values.
    precision
        What matrix products are computed in.
    train, valid
        Batches by number: of micro-batch n of the run, and of the validation; None without one.
    state
        Where it is saved.
    stop
        Whether a signal asked to stop.
    report
        Told the fraction of the run that is over, at every row of the learning curve.
    team
        The processes that share each batch; the data sets give this one's rows.
    weight
        What labels weigh in the loss, None if there is but one process.
    limit
        Seconds that this process may take, None without limit.
    """

    settings: TrainingSettings
    scheme: Scheme
    objective: Objective
    activation: Activation
    precision: Precision
    train: Dataset[Batch]
    valid: Dataset[Batch] | None
    state: StateFolder
    stop: StopRequest = field(default_factory=StopRequest)
    report: Callable[[float], None] = lambda _fraction: None
    team: Team = field(default_factory=Team)
    weight: Weight | None = None
    limit: float | None = None

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """This process's part of the loss of a micro-batch: the parts of all add up to it.

        The loss is a mean over the labels of all processes, some of which may have few known ones.
        """
        own = self.objective(logits, labels)
        if self.weight is None:
            return own
        weight = self.weight(labels)
        whole = self.team.sum(weight)
        return own * (weight / whole.where(whole > 0, 1.0)).to(own)

    def fraction(self, step: float, elapsed: float) -> float:
        """Fraction that is over after ``step`` steps and ``elapsed`` seconds."""
        minutes = self.settings.max_minutes
        budget = None if minutes is None else 60 * minutes
        return run_progress(step, self.settings.steps, elapsed, budget)

    def stretch(self, step: int) -> DataLoader[Batch]:
        """Micro-batches from ``step`` to the next validation or the end."""
        settings, every = self.settings, self.settings.validate_every
        end = min(settings.steps, (step // every + 1) * every)
        numbers = range(step * settings.accumulate, end * settings.accumulate)
        return DataLoader(self.train, batch_size=None, sampler=numbers)


def seed_step(seed: int, step: int, rank: int, device: torch.device) -> None:
    """Make the random numbers of a step, which dropout draws, a function of its number.

    Those of the processes differ: what one drops is of other rows.

    Not ``torch.manual_seed``: for each kind of device that is absent it keeps the call and its
    stack for later, 0.7 ms and some memory a step.
    """
    # 32 bits: torch's generator on the CPU takes no more.
    key = [seed, step, rank] if rank else [seed, step]
    mixed = int(np.random.SeedSequence(key).generate_state(1)[0])
    torch.default_generator.manual_seed(mixed)
    if device.type == "cuda":
        torch.cuda.manual_seed(mixed)
