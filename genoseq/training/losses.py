"""Losses between two rows of the learning curve."""

from __future__ import annotations

import torch
from torch import Tensor

from genoseq.errors import ConfigError
from genoseq.training.distributed import ProcessGroup


class PendingLosses:
    """Losses of micro-batches, ``accumulate`` to a step, that are not yet in the learning curve.

    They stay on their device: looking at each would make a GPU wait for the processor.  Of several
    processes each has its part of every loss, and all have to look at once.
    """

    def __init__(self, accumulate: int, group: ProcessGroup) -> None:
        self._accumulate, self._group = accumulate, group
        self._losses: list[Tensor] = []

    def append(self, loss: Tensor) -> None:
        """Add the loss of a micro-batch, a scalar."""
        self._losses.append(loss.detach())

    def restore(self, losses: Tensor) -> None:
        """Put back what :meth:`tensor` gave, shape (n,); of none, forget all."""
        own = losses if self._group.rank == 0 else torch.zeros_like(losses)
        self._losses = list(own.unbind())

    def tensor(self) -> Tensor:
        """All of them on the CPU, whole, float32, shape (n,)."""
        if not self._losses:
            return torch.zeros(0)
        return self._group.sum(torch.stack([loss.cpu() for loss in self._losses]))

    def checked(self, step: int) -> Tensor:
        """The same; ConfigError that names the first step whose loss is not finite."""
        losses = self.tensor()
        bad = (~losses.isfinite()).nonzero()
        if len(bad):
            ago = (len(losses) - 1 - int(bad[0])) // self._accumulate
            raise not_finite(float(losses[bad[0]]), step - ago)
        return losses


def not_finite(loss: float, step: int, what: str = "loss") -> ConfigError:
    """The error of a loss that is infinite or not a number."""
    return ConfigError(
        f"the {what} is {loss} at step {step:,}: lower training.learning_rate or training.clip, "
        f"or look for extreme values in the labels"
    )
