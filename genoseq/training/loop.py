"""The loop of a training: steps, validations, states, and where it has to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sized
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from genoseq.config.schema import RunSettings
from genoseq.errors import ConfigError, TrainingInterruptedError
from genoseq.models.build import SequenceModel
from genoseq.models.device import Precision, autocast
from genoseq.tasks.losses import mean
from genoseq.tasks.task import Task
from genoseq.training.checkpoint import Progress, StateFolder, save_due
from genoseq.training.curve import Curve, not_finite
from genoseq.training.distributed import ProcessGroup
from genoseq.training.optimizer import build_adamw, learning_rate, moments, restore_moments
from genoseq.training.seeding import seed_step
from genoseq.training.stop_signals import StopRequest
from genoseq.training.teacher import Teacher, joined, totals

LOG_EVERY = 50
"""Steps between two rows of the learning curve."""

_MODEL, _LOSSES = "model.", "losses"
_log = logging.getLogger("genoseq.training")


@dataclass(eq=False, repr=False)
class Training:
    """A network on its way through a run, from the start or from the state that was saved.

    Several processes go through the same lines: whatever decides where a run turns is the same for
    all, and only the one of rank 0 writes.

    Attributes
    ----------
    settings, task
        The network and how it is trained, and what is learned.
    model
        The network, which is trained in place.
    train, valid
        Batches by number: of micro-batch n of the run, and of the validation; None without one.
    state, logs
        Where it is saved, and the folder of its learning curve.
    device, precision
        Where and in which number format matrix products are computed.
    group
        The processes that share each batch; the data sets give this one's rows.
    stop
        Whether a signal asked to stop.
    report, limit_minutes
        As of :func:`genoseq.training.fit.fit`; each row of the curve is reported.
    teacher
        A model that is learned from; losses are then of what it tells, figures of labels.
    progress
        Where it stands.
    """

    settings: RunSettings
    task: Task
    model: SequenceModel
    train: Dataset[Any]
    valid: Dataset[Any] | None
    state: StateFolder
    logs: Path
    device: torch.device
    precision: Precision = "fp32"
    group: ProcessGroup = field(default_factory=ProcessGroup)
    stop: StopRequest = field(default_factory=StopRequest)
    report: Callable[[float, str], None] = lambda _fraction, _said: None
    limit_minutes: float = 0.0
    teacher: Teacher | None = None
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        self.model.to(self.device).train()
        self._adamw = build_adamw(self.model, self.settings.training.weight_decay)
        # Of micro-batches that are not in the curve yet.  They stay on their device: looking at
        # each would make a GPU wait for the processor.
        self._losses: list[Tensor] = []
        self.progress, tensors, news = self.group.from_rank_0(self.state.load)
        if self.valid is None:
            _log.info("nothing of split valid: the weights of the last step will be kept")
        _log.info("%s: %s%s", self.state.path, news, self.group.told(self.progress.processes))
        if tensors:
            self._restore(tensors)
        self.progress.processes = self.group.world_size
        self._curve = Curve(self.logs, self.progress.step) if self.group.rank == 0 else None
        self._parallel = self.group.parallel(self.model)
        self._resumed, self._saved = self.progress.elapsed, 0.0
        self._started = time.monotonic() - self._resumed
        self._agree()

    @property
    def validation_due(self) -> bool:
        """Whether the step just done has to be validated, and was not."""
        progress, every = self.progress, self.settings.training.validate_every
        due = progress.stopped is not None or progress.step % every == 0
        return self.valid is not None and due and progress.validated < progress.step

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
        if self._curve is not None:
            self._curve.close()

    def _save(self) -> None:
        """Write the state; rows of the curve first, so that a resumed run finds all of its own."""
        losses = self._whole_losses()
        self._saved = self.progress.elapsed - self._resumed
        if self._curve is None:
            return
        self._curve.save()
        tensors = self.model.state_dict(prefix=_MODEL) | moments(self._adamw, self.model)
        self.state.save(self.progress, tensors | {_LOSSES: losses})

    def _step(self) -> None:
        """One optimizer step; log, save and stop where it is time to."""
        settings, progress = self.settings.training, self.progress
        seed_step(settings.seed, progress.step, self.group.rank, self.device)
        # In its middle: neither the first nor the last step is lost to a rate of 0.
        middle = progress.fraction(settings, ahead=0.5)
        rate = learning_rate(middle, settings.learning_rate, settings.warmup)
        for weights in self._adamw.param_groups:
            weights["lr"] = rate
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
        every, limit = 60 * settings.checkpoint_minutes, 60 * self.limit_minutes
        due = save_due(progress.elapsed - self._resumed, self._saved, every, limit)
        if (due or progress.stopped is not None) and not self.validation_due:  # which saves
            self._save()

    def _backward(self, number: int) -> None:
        """Gradients of a micro-batch: the loss is a mean over the targets of all processes."""
        batch = self.train[number]
        inputs, targets = self._prepared(batch, number)
        with autocast(self.precision, self.device):
            outputs = self._parallel(*inputs)
        parts = totals(self.task, self.teacher, outputs, targets, batch)
        loss = joined([(total, self.group.sum(weight)) for total, weight in parts], self.teacher)
        self._losses.append(loss.detach())
        # DistributedDataParallel divides the sum of gradients by the number of processes.
        torch.autograd.backward(loss * self.group.world_size / self.settings.training.accumulate)

    def _prepared(self, batch: Any, number: int) -> tuple[list[Tensor], Tensor]:
        """Inputs and targets of a batch on the device; its number decides what a task draws."""
        rng = np.random.default_rng([self.settings.training.seed, number, self.group.rank])
        shown, targets = self.task.prepare(batch, rng)
        inputs = [shown] if isinstance(shown, Tensor) else shown
        return [each.to(self.device) for each in inputs], targets.to(self.device)

    def _validate(self) -> None:
        """Judge the step just done: keep the best weights, stop when patience is out, save."""
        progress, settings = self.progress, self.settings.training
        self._whole_losses()  # a broken run must not look well
        self.group.same_buffers(self.model)  # as a resumed run finds them
        self.model.eval()
        loss, figures = self._measure()
        self.model.train()
        self._write({"valid_loss": loss, **self.task.figures(figures)})
        _log.info("step %s: validation loss %.5f%s", f"{progress.step:,}", loss, self.task.unit)
        if progress.judge(loss, figures, settings.keeps(progress.step)) and self.group.rank == 0:
            self.state.save_best(progress.step, self.model.state_dict())
        if settings.patience == progress.waited and progress.stopped is None:
            progress.stopped = f"no better validation since step {progress.best_step:,}"
        self._save()

    def outcomes(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Outputs and targets of the validation, or else of as much of the training's, whole."""
        return ((outputs, targets) for _, outputs, targets in self._outcomes())

    @torch.no_grad()
    def _outcomes(self) -> Iterator[tuple[Any, Tensor, Tensor]]:
        """The same, with this process's part of the batch."""
        batches, settings = self.train if self.valid is None else self.valid, self.settings.training
        some = -(-settings.validation_windows // settings.batch) if self.valid is None else None
        for number in range(len(cast(Sized, batches)))[:some]:
            self._agree()
            self._heed_signals()
            batch = batches[number]
            inputs, targets = self._prepared(batch, number)
            rows = len(targets)  # 0 where the last batch has fewer than there are processes
            inputs = inputs if rows else [each.new_zeros(1, *each.shape[1:]) for each in inputs]
            with autocast(self.precision, self.device):
                outputs = self.task.corrected(self.model(*inputs)[:rows])
            yield batch, self.group.concat(outputs.float()), self.group.concat(targets)

    @torch.no_grad()
    def _measure(self) -> tuple[float, dict[str, Any]]:
        """Loss and figures of the validation."""
        group, metrics = self.group, self.task.metrics()
        sums = torch.zeros(2, 2, dtype=torch.float64)
        for batch, outputs, targets in self._outcomes():
            parts = totals(self.task, self.teacher, outputs, targets, batch, group.concat)
            for row, (total, weight) in zip(sums, parts, strict=False):
                if not bool(total.isfinite()):
                    loss = float(mean(total, weight))
                    raise not_finite(loss, self.progress.step, "validation loss")
                row += torch.stack([total, weight]).double().cpu()
            metrics.update(self.task.judged(outputs, targets), targets)
        if not sums[0, 1] > 0:  # a loss of 0 would be the best there is
            raise ConfigError(
                "no target of the validation windows counts: N, or labels unknown or of weight 0; "
                "raise training.validation_windows, or choose other regions for split valid"
            )
        whole = joined([(row[0], row[1]) for row in sums], self.teacher)
        return group.from_rank_0(lambda: (float(whole), metrics.compute()))

    def _agree(self) -> None:
        """Give all processes the same time (rank 0's) and the same signals (any process's)."""
        told = self.group.rows(time.monotonic() - self._started, self.stop.received or 0)
        self.progress.elapsed = float(told[0, 0])
        self._received = int(told[:, 1].max()) or None

    def _restore(self, tensors: Mapping[str, Tensor]) -> None:
        weights = {k.removeprefix(_MODEL): v for k, v in tensors.items() if k.startswith(_MODEL)}
        try:
            self.model.load_state_dict(weights)
            restore_moments(self._adamw, self.model, tensors)
            losses = tensors[_LOSSES]  # whole: the others begin with nothing of them
        except (RuntimeError, LookupError, ValueError) as error:
            said = f"not the state of this network ({' '.join(str(error).split())[:200]})"
            raise ConfigError(f"{self.state.last}: {said}: remove it") from None
        self._losses = [*(losses if self.group.rank == 0 else torch.zeros_like(losses))]

    def _whole_losses(self) -> Tensor:
        """Losses that are not in the curve yet, on the CPU, float32, shape (n,).

        Each process has its part of every loss, and all have to ask at once.  A ConfigError names
        the first step whose loss is not finite.
        """
        losses = self.group.sum(torch.tensor([float(part) for part in self._losses]))
        bad = (~losses.isfinite()).nonzero()
        if len(bad):
            ago = (len(losses) - 1 - int(bad[0])) // self.settings.training.accumulate
            raise not_finite(float(losses[bad[0]]), self.progress.step - ago)
        return losses

    def _log_losses(self, fraction: float, rate: float) -> None:
        loss = float(self._whole_losses().double().mean())
        self._losses.clear()
        self._write({"train_loss": loss, "learning_rate": rate})
        done, of = self.progress.step, self.settings.training.steps
        speed = done / max(self.progress.elapsed, 1e-9)
        said = f"step {done:,} of {of:,}, {speed:.2g} steps/s, loss {loss:.5f}{self.task.unit}"
        self.report(fraction, said)

    def _write(self, figures: dict[str, float]) -> None:
        if self._curve is not None:
            self._curve.add(figures, self.progress.step)

    def _heed_signals(self) -> None:
        received = self.stop.received if self.group.world_size == 1 else self._received
        if received is None:
            return
        self._save()
        self._agree()  # once all are here: whoever ends first may take the others along
        where = f"state after step {self.progress.step:,} saved in {self.state.path}"
        raise TrainingInterruptedError(received, f"{where}; the same command goes on from there")
