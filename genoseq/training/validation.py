"""Loss and metrics of a validation."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from genoseq.metrics.per_base import build_metrics
from genoseq.training.rows import known_labels
from genoseq.training.setup import Run


class Validation:
    """Adds up the batches of one validation.

    Several processes compute the logits of a batch's rows; each then sees all of them, so that loss
    and metrics are those of one process.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._loss, self._known = 0.0, 0
        self._metrics = build_metrics(run.scheme, run.activation)

    def add(self, logits: Tensor, labels: Tensor) -> float:
        """Count this process's rows, and those of the others; the loss of the whole batch."""
        team = self._run.team
        if team.size > 1:
            logits, labels = team.concat(logits.float()), team.concat(labels)
        loss, known = float(self._run.objective(logits, labels)), known_labels(labels)
        self._loss += loss * known
        self._known += known
        if loss < float("inf"):
            self._metrics.update(logits, labels)
        return loss

    def result(self) -> tuple[float, dict[str, Any]]:
        """Mean loss over known labels, and metrics; those of the first process for all."""
        return self._run.team.from_first(
            lambda: (self._loss / max(1, self._known), self._metrics.compute())
        )
