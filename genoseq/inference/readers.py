"""From hidden states to outputs of bases, states first.

A softmax over the last dimension costs 20% of a whole run: outputs have shape (stride, S, T, R).
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from genoseq.tasks.heads import PerBaseHead


class HeadReader(Protocol):
    """What a predictor asks of a head."""

    def __call__(self, hidden: Tensor) -> Tensor:
        """Outputs (stride, S, T, R) of hidden states (T, R, D)."""


class LinearReader:
    """Of a linear head: one product."""

    def __init__(self, head: PerBaseHead) -> None:
        self._shape = head.bases, head.states
        self._weight, self._bias = head.projection.weight, head.projection.bias[:, None]

    def __call__(self, hidden: Tensor) -> Tensor:
        """See :class:`HeadReader`."""
        steps, rows, width = hidden.shape
        flat = hidden.reshape(-1, width).T.to(self._weight.dtype)
        outputs = torch.addmm(self._bias, self._weight, flat).float()
        return outputs.view(*self._shape, steps, rows)


class AnyReader:
    """Of any other head, which takes hidden states (R, T, D) to outputs (R, T * stride, S)."""

    def __init__(self, head: nn.Module) -> None:
        self._head = head
        self._dtype = next((weight.dtype for weight in head.parameters()), torch.float32)

    def __call__(self, hidden: Tensor) -> Tensor:
        """See :class:`HeadReader`."""
        outputs: Tensor = self._head(hidden.transpose(0, 1).to(self._dtype)).float()
        rows, steps, states = len(outputs), len(hidden), outputs.shape[2]
        return outputs.view(rows, steps, -1, states).permute(2, 3, 1, 0)
