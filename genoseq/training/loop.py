"""The loop of a training: steps, validations, states, and where it has to stop."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from genoseq.config.schema import RunSettings
from genoseq.data.batch import Batch
from genoseq.data.dataset import ValidationWindows
from genoseq.errors import ConfigError
from genoseq.models.build import SequenceModel
from genoseq.models.device import Precision, autocast
from genoseq.tasks.losses import mean
from genoseq.tasks.task import Task
from genoseq.training.checkpoint import Progress, SavedState, SaveTimes, StateFolder
from genoseq.training.curve import Curve, PendingLosses, not_finite
from genoseq.training.distributed import ProcessGroup
from genoseq.training.optimizer import (
    build_adamw,
    learning_rate,
    moments,
    restore_moments,
    set_learning_rate,
)
from genoseq.training.stop_signals import StopRequest, TrainingInterruptedError

LOG_EVERY = 50
"""Steps between two rows of the learning curve."""

_MODEL, _LOSSES = "model.", "losses"
_LINES = 20  # a line every 5%
_log = logging.getLogger("genoseq.training")


@dataclass(frozen=True)
class Run:
    """What a training consists of, beside its network.

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
        Told the fraction that is over, and step, speed and loss in words, at each row of the curve.
    limit_minutes
        Minutes that this process may take.
    """

    settings: RunSettings
    task: Task
    train: Dataset[Batch]
    valid: ValidationWindows | None
    state: StateFolder
    device: torch.device
    precision: Precision = "fp32"
    group: ProcessGroup = field(default_factory=ProcessGroup)
    stop: StopRequest = field(default_factory=StopRequest)
    report: Callable[[float, str], None] = lambda _fraction, _said: None
    limit_minutes: float = math.inf

    def prepared(self, windows: Dataset[Batch], number: int) -> tuple[Tensor, Tensor]:
        """Ids and targets of a batch on the device; its number decides what a task draws."""
        rng = np.random.default_rng([self.settings.training.seed, number, self.group.rank])
        ids, targets = self.task.prepare(windows[number], rng)
        return ids.to(self.device), targets.to(self.device)


class Training:
    """A network on its way through a run, from the start or from a saved state.

    Several processes go through the same lines: whatever decides where a run turns is the same for
    all, and only the one of rank 0 writes.

    Parameters
    ----------
    model
        The network, which is trained in place.
    run
        All else.
    saved
        The state to go on from.
    curve
        Where figures go, in the process of rank 0.
    """

    def __init__(
        self, model: SequenceModel, run: Run, saved: SavedState | None, curve: Curve | None = None
    ) -> None:
        settings = run.settings.training
        self.model = model.to(run.device).train()
        self.run = run
        self.progress = Progress()
        self._curve = curve
        self._adamw = build_adamw(model, settings.weight_decay)
        self._losses = PendingLosses(settings.accumulate, run.group)
        if saved is not None:
            self._restore(saved)
        self.progress.processes = run.group.world_size
        self._parallel: nn.Module = run.group.parallel(model, run.device)
        self._started = time.monotonic() - self.progress.elapsed
        every = 60 * settings.checkpoint_minutes
        self._saves = SaveTimes(every, self.progress.elapsed, 60 * run.limit_minutes)
        self._agree()
        self._line = int(_LINES * self.progress.fraction(settings))

    @property
    def validation_due(self) -> bool:
        """Whether the step just done has to be validated, and was not."""
        progress, every = self.progress, self.run.settings.training.validate_every
        due = progress.stopped is not None or progress.step % every == 0
        return self.run.valid is not None and due and progress.validated < progress.step

    def go_on(self) -> None:
        """Train and validate until the run is over.

        Raises
        ------
        ConfigError
            If a loss is no longer finite, or there is nothing to validate on.
        TrainingInterruptedError
            After a stopping signal to any of the processes; the state is saved.
        """
        while self.progress.stopped is None or self.validation_due:
            if self.validation_due:  # also where it was killed between a step and its validation
                self._validate()
            else:
                self._step()

    def _save(self) -> None:
        """Write the state; rows of the curve first, so that a resumed run finds all of its own."""
        progress = self.progress
        losses = self._losses.checked(progress.step)
        self._saves.saved = progress.elapsed
        if self.run.group.rank:
            return
        if self._curve is not None:
            self._curve.save()
        tensors = {_MODEL + name: value for name, value in self.model.state_dict().items()}
        tensors |= moments(self._adamw, self.model) | {_LOSSES: losses}
        self.run.state.save(progress, tensors)

    def _step(self) -> None:
        """One optimizer step; log, save and stop where it is time to."""
        settings, progress = self.run.settings.training, self.progress
        self._seed()
        # In its middle: neither the first nor the last step is lost to a rate of 0.
        middle = progress.fraction(settings, ahead=0.5)
        rate = learning_rate(middle, settings.learning_rate, settings.warmup)
        set_learning_rate(self._adamw, rate)
        self._adamw.zero_grad()
        first = progress.step * settings.accumulate
        last = first + settings.accumulate - 1
        with getattr(self._parallel, "no_sync", nullcontext)():
            for number in range(first, last):
                self._backward(number)
        self._backward(last)
        moved = [parameter for each in self._adamw.param_groups for parameter in each["params"]]
        nn.utils.clip_grad_norm_(moved, settings.clip)
        self._adamw.step()
        progress.step += 1
        self._agree()
        if (fraction := progress.fraction(settings)) >= 1:
            finished = progress.step >= settings.steps
            progress.stopped = "all steps done" if finished else "time budget used up"
        if progress.stopped or progress.step % LOG_EVERY == 0:
            self._log_losses(fraction, rate)
        self._heed_signals()
        due = progress.stopped is not None or self._saves.due(progress.elapsed)
        if due and not self.validation_due:  # which saves
            self._save()

    def _seed(self) -> None:
        """Make the random numbers of a step, which dropout draws, a function of its number.

        A resumed run draws the same; processes do not: what one drops is of other rows.

        Not ``torch.manual_seed``: for each kind of device that is absent it keeps the call and its
        stack for later, 0.7 ms and some memory a step.
        """
        key = [self.run.settings.training.seed, self.progress.step, self.run.group.rank]
        # 32 bits: torch's generator on the CPU takes no more.
        mixed = int(np.random.SeedSequence(key).generate_state(1)[0])
        torch.default_generator.manual_seed(mixed)
        if self.run.device.type == "cuda":
            torch.cuda.manual_seed(mixed)

    def _backward(self, number: int) -> None:
        """Gradients of a micro-batch: the loss is a mean over the targets of all processes."""
        run, group = self.run, self.run.group
        ids, targets = run.prepared(run.train, number)
        with autocast(run.precision, run.device):
            outputs = self._parallel(ids)
        total, weight = run.task.loss(outputs, targets)
        loss = mean(total, group.sum(weight))
        self._losses.append(loss)
        # DistributedDataParallel divides the sum of gradients by the number of processes.
        torch.autograd.backward(loss * group.world_size / run.settings.training.accumulate)

    def _validate(self) -> None:
        """Judge the step just done: keep the best weights, stop when patience is out, save."""
        progress, run = self.progress, self.run
        self._losses.checked(progress.step)  # a broken run must not look well
        run.group.same_buffers(self.model)  # as a resumed run finds them
        self.model.eval()
        loss, figures = self._measure()
        self.model.train()
        self._write({"valid_loss": loss, **run.task.figures(figures)})
        _log.info("step %s: validation loss %.5f", f"{progress.step:,}", loss)
        training = run.settings.training
        if progress.judge(loss, figures, training.keeps(progress.step)) and run.group.rank == 0:
            run.state.save_best(progress.step, self.model.state_dict())
        if training.patience == progress.waited and progress.stopped is None:
            progress.stopped = f"no better validation since step {progress.best_step:,}"
        self._save()

    @torch.no_grad()
    def _measure(self) -> tuple[float, dict[str, Any]]:
        """Loss and figures of the validation: each process computes its rows, and sees all."""
        run, group, metrics = self.run, self.run.group, self.run.task.metrics()
        sums = torch.zeros(2, dtype=torch.float64)
        assert run.valid is not None
        for number in range(len(run.valid)):
            self._agree()
            self._heed_signals()
            ids, targets = run.prepared(run.valid, number)
            rows = len(ids)  # 0 where the last batch has fewer than there are processes
            with autocast(run.precision, run.device):
                outputs = self.model(ids if rows else ids.new_zeros(1, ids.shape[1]))[:rows]
            outputs, targets = group.concat(outputs.float()), group.concat(targets)
            total, weight = run.task.loss(outputs, targets)
            if not bool(total.isfinite()):
                raise not_finite(float(mean(total, weight)), self.progress.step, "validation loss")
            sums += torch.stack([total, weight]).double().cpu()
            metrics.update(run.task.values(outputs), targets)
        if not sums[1] > 0:  # a loss of 0 would be the best there is
            raise ConfigError(
                "no target of the validation windows counts: N, or labels unknown or of weight 0; "
                "raise training.validation_windows, or choose other regions for split valid"
            )
        return group.from_rank_0(lambda: (float(mean(sums[0], sums[1])), metrics.compute()))

    def _agree(self) -> None:
        """Give all processes the same time (rank 0's) and the same signals (any process's)."""
        told = self.run.group.rows(time.monotonic() - self._started, self.run.stop.received or 0)
        self.progress.elapsed = float(told[0, 0])
        self._received = int(told[:, 1].max()) or None

    def _restore(self, saved: SavedState) -> None:
        self.progress, tensors = saved
        weights = {k.removeprefix(_MODEL): v for k, v in tensors.items() if k.startswith(_MODEL)}
        self.model.load_state_dict(weights)
        restore_moments(self._adamw, self.model, tensors)
        self._losses.restore(tensors[_LOSSES])

    def _log_losses(self, fraction: float, rate: float) -> None:
        loss = float(self._losses.checked(self.progress.step).double().mean())
        self._write({"train_loss": loss, "learning_rate": rate})
        self._losses.restore(torch.zeros(0))
        done, of = self.progress.step, self.run.settings.training.steps
        speed = done / max(self.progress.elapsed, 1e-9)
        said = f"step {done:,} of {of:,}, {speed:.2g} steps/s, loss {loss:.5f}"
        self.run.report(fraction, said)
        if int(_LINES * fraction) > self._line:
            self._line = int(_LINES * fraction)
            _log.info("train: %d%%, %s", 5 * self._line, said)

    def _write(self, figures: dict[str, float]) -> None:
        if self._curve is not None:
            self._curve.add(figures, self.progress.step)

    def _heed_signals(self) -> None:
        received = self.run.stop.received if self.run.group.world_size == 1 else self._received
        if received is None:
            return
        self._save()
        self.run.group.wait()  # whoever ends first may take the others along
        where = f"state after step {self.progress.step:,} saved in {self.run.state.path}"
        raise TrainingInterruptedError(received, f"{where}; the same command goes on from there")
