"""What a training consists of, beside its network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from genoseq.config.schema import RunSettings
from genoseq.data.batch import Batch
from genoseq.models.device import Precision
from genoseq.tasks.task import Task
from genoseq.training.checkpoint import StateFolder
from genoseq.training.distributed import ProcessGroup
from genoseq.training.schedule import run_progress
from genoseq.training.stop_signals import StopRequest


@dataclass(frozen=True)
class Run:
    """Settings, data and surroundings of a training.

    Attributes
    ----------
    settings, task
        The network and how it is trained, and what is learned.
    train, valid
        Batches by number: of micro-batch n of the run, and of the validation; None without one.
    state
        Where it is saved.
    device, precision
        Where and in which number format matrix products are computed.
    group
        The processes that share each batch; the data sets give this one's rows.
    stop
        Whether a signal asked to stop.
    report
        Told the fraction of the run that is over, at every row of the learning curve.
    limit_minutes
        Minutes that this process may take, None without limit.
    """

    settings: RunSettings
    task: Task
    train: Dataset[Batch]
    valid: Dataset[Batch] | None
    state: StateFolder
    device: torch.device
    precision: Precision = "fp32"
    group: ProcessGroup = field(default_factory=ProcessGroup)
    stop: StopRequest = field(default_factory=StopRequest)
    report: Callable[[float], None] = lambda _fraction: None
    limit_minutes: float | None = None

    def fraction(self, step: float, elapsed: float) -> float:
        """Fraction that is over after ``step`` steps and ``elapsed`` seconds."""
        minutes = self.settings.training.max_minutes
        budget = None if minutes is None else 60 * minutes
        return run_progress(step, self.settings.training.steps, elapsed, budget)

    def steps(self, first: int) -> Iterator[list[Batch]]:
        """Micro-batches of each step from ``first`` on, to the next validation or the end."""
        settings, every = self.settings.training, self.settings.training.validate_every
        end = min(settings.steps, (first // every + 1) * every)
        numbers = range(first * settings.accumulate, end * settings.accumulate)
        batches = iter(DataLoader(self.train, batch_size=None, sampler=numbers))
        for _ in range(first, end):
            yield [next(batches) for _ in range(settings.accumulate)]

    def prepared(self, batch: Batch, key: int) -> tuple[Tensor, Tensor]:
        """Ids and targets of a batch on the device; ``key`` decides what a task draws."""
        rng = np.random.default_rng([self.settings.training.seed, key, self.group.rank])
        ids, targets = self.task.prepare(batch, rng)
        return ids.to(self.device), targets.to(self.device)


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
