"""The Lightning module: what happens in a step, at a validation, and when the run has to stop."""

from __future__ import annotations

import logging
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor
from torch.utils.data import DataLoader

from genoseq.data.batch import Batch
from genoseq.models.build import PerBaseModel
from genoseq.models.device import autocast
from genoseq.training.checkpoint import Progress, SavedState
from genoseq.training.losses import PendingLosses, not_finite
from genoseq.training.optimizer import (
    build_adamw,
    moments,
    place_steps,
    restore_moments,
    set_learning_rate,
)
from genoseq.training.pulse import Pulse
from genoseq.training.rows import metric_columns
from genoseq.training.schedule import Clock, SaveTimes, learning_rate
from genoseq.training.setup import Run, seed_step
from genoseq.training.stop_signals import TrainingInterruptedError
from genoseq.training.validation import Validation

LOG_EVERY = 50
"""Steps between two rows of the learning curve."""

_MODEL, _LOSSES = "model.", "losses"
_LINES = 20  # a line every 5%
_log = logging.getLogger("genoseq.training")


class TrainingModule(LightningModule):
    """Trains ``model``; a Lightning epoch is the stretch of steps up to the next validation.

    So a resumed run validates where the uninterrupted one does: a stretch starts at any step.
    Several processes go through the same lines: whatever decides where a run turns is the same for
    all, and only the first one writes.
    """

    def __init__(self, model: PerBaseModel, run: Run, saved: SavedState | None) -> None:
        super().__init__()
        self.model = model
        self.run = run
        self.adamw = build_adamw(model, run.settings.weight_decay)
        self.progress = Progress()
        self.losses = PendingLosses(run.settings.accumulate, run.team)
        if saved is not None:
            self._restore(saved)
        self.pulse = Pulse(run.team, Clock(self.progress.elapsed), run.stop)
        every = 60 * run.settings.checkpoint_minutes
        self._saves = SaveTimes(every, self.progress.elapsed, run.limit)
        self._line = int(_LINES * self.fraction())
        self.validation = Validation(run)

    def fraction(self, ahead: float = 0.0) -> float:
        """Fraction of the run that is over, or will be ``ahead`` steps from now."""
        return self.run.fraction(self.progress.step + ahead, self.pulse.elapsed)

    @property
    def validation_due(self) -> bool:
        """Whether the step just done has to be validated, and was not."""
        progress, every = self.progress, self.run.settings.validate_every
        due = progress.stopped is not None or progress.step % every == 0
        return self.run.valid is not None and due and progress.validated < progress.step

    def train_dataloader(self) -> DataLoader[Batch]:
        """Micro-batches up to the next validation; Lightning asks again at each epoch."""
        return self.run.stretch(self.progress.step)

    def val_dataloader(self) -> DataLoader[Batch] | list[Batch]:
        """Batches of the validation, always the same."""
        return [] if self.run.valid is None else DataLoader(self.run.valid, batch_size=None)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The one AdamW, perhaps with restored moments."""
        return self.adamw

    def on_train_start(self) -> None:
        """Put our signal handlers back: Lightning's own for SIGTERM ends without saving."""
        self.run.stop.install()
        place_steps(self.adamw)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of a micro-batch; this process's part of it, if there are others."""
        settings, team = self.run.settings, self.run.team
        if batch_idx % settings.accumulate == 0:
            # A resumed run draws the same dropout.
            seed_step(settings.seed, self.progress.step, team.rank, batch.ids.device)
            middle = self.fraction(ahead=0.5)  # neither the first nor the last step is lost to 0
            rate = learning_rate(middle, settings.learning_rate, settings.warmup)
            set_learning_rate(self.adamw, rate)
        with autocast(self.run.precision, batch.ids.device):
            logits = self.model(batch.ids)
        assert batch.labels is not None  # check_training has looked
        loss = self.run.loss(logits, batch.labels)
        self.losses.append(loss)
        return loss * team.size  # DistributedDataParallel divides the sum of gradients by it

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Count the step; log, save and stop where it is time to."""
        settings, progress = self.run.settings, self.progress
        if (batch_idx + 1) % settings.accumulate:
            return
        progress.step += 1
        self.pulse.beat()
        fraction = self.fraction()
        if fraction >= 1:
            finished = progress.step >= settings.steps
            progress.stopped = "all steps done" if finished else "time budget used up"
            self.trainer.should_stop = True
        if progress.stopped or progress.step % LOG_EVERY == 0:
            self._log_losses(fraction)
        self._heed_signals()
        # Not where a validation follows: it saves.
        if self._saves.due(self.pulse.elapsed) and not self.validation_due:
            self.save()

    def on_validation_epoch_start(self) -> None:
        """Forget the validation before, and look at the losses: a broken run must not look well."""
        self.run.stop.install()  # as in on_train_start
        self.losses.check(self.progress.step)
        self.validation = Validation(self.run)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Add a batch to the loss and the metrics."""
        self.pulse.beat()
        self._heed_signals()
        rows = len(batch.ids)  # 0 where the last batch has fewer than there are processes
        ids = batch.ids if rows else batch.ids.new_zeros(1, batch.ids.shape[1])
        with autocast(self.run.precision, batch.ids.device):
            logits = self.model(ids)[:rows]
        assert batch.labels is not None
        loss = self.validation.add(logits, batch.labels)
        if not loss < float("inf"):
            raise not_finite(loss, self.progress.step, "validation loss")

    def on_validation_epoch_end(self) -> None:
        """Keep the best weights, stop when patience is out, save."""
        progress, run = self.progress, self.run
        loss, metrics = self.validation.result()
        self._write({"valid_loss": loss, **metric_columns(metrics)})
        _log.info("step %s: validation loss %.5f", f"{progress.step:,}", loss)
        if progress.judge(loss, metrics) and run.team.first:
            run.state.save_best(progress.step, self.model.state_dict())
        if run.settings.patience == progress.waited and progress.stopped is None:
            progress.stopped = f"no better validation since step {progress.best_step:,}"
            self.trainer.should_stop = True
        self.save()

    def save(self) -> None:
        """Write the state; rows of the curve first, so that a resumed run finds all of its own."""
        self.losses.check(self.progress.step)
        losses, team = self.losses.tensor(), self.run.team
        self.progress.elapsed = self.pulse.elapsed
        self._saves.saved(self.progress.elapsed)
        self.progress.processes = team.size
        if not team.first:
            return
        for logger in self.loggers:
            logger.save()
        tensors = {_MODEL + name: value for name, value in self.model.state_dict().items()}
        tensors |= moments(self.adamw, self.model) | {_LOSSES: losses}
        self.run.state.save(self.progress, tensors)

    def _restore(self, saved: SavedState) -> None:
        self.progress, tensors = saved
        weights = {k.removeprefix(_MODEL): v for k, v in tensors.items() if k.startswith(_MODEL)}
        self.model.load_state_dict(weights)
        restore_moments(self.adamw, self.model, tensors)
        self.losses.restore(tensors[_LOSSES])

    def _log_losses(self, fraction: float) -> None:
        self.losses.check(self.progress.step)
        loss = self.losses.mean()
        self._write({"train_loss": loss, "learning_rate": self.adamw.param_groups[0]["lr"]})
        self.losses.clear()
        self.run.report(fraction)
        if int(_LINES * fraction) > self._line:
            self._line = int(_LINES * fraction)
            step = f"{self.progress.step:,} of {self.run.settings.steps:,}"
            _log.info("train: %d%%, step %s, loss %.5f", 5 * self._line, step, loss)

    def _write(self, row: dict[str, float]) -> None:
        for logger in self.loggers:
            logger.log_metrics(row, self.progress.step)

    def _heed_signals(self) -> None:
        received = self.pulse.received
        if received is None:
            return
        self.save()
        self.run.team.wait()  # whoever ends first may take the others along
        where = f"state after step {self.progress.step:,} saved in {self.run.state.path}"
        raise TrainingInterruptedError(received, f"{where}; the same command goes on from there")
