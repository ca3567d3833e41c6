"""From hidden states of either strand to outputs of bases, states first.

A softmax over the last dimension costs 20% of a whole run: outputs have shape (stride, S, T, B).
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from genoseq.tasks.heads import PerBaseHead


class HeadReader(Protocol):
    """What a predictor asks of a head."""

    def __call__(self, hidden: Tensor, reverse: bool) -> Tensor:
        """Outputs (stride, S, T, B) of hidden states (T, B, D), forward in bases and strands.

        With ``reverse`` the hidden states are those of the reverse complement, steps turned back:
        a step's bases come in reverse order, and its outputs are the mirrored ones.
        """


class LinearReader:
    """Of a linear head: one product, whose rows for the reverse strand are put in order once."""

    def __init__(self, head: PerBaseHead, mirror: Tensor) -> None:
        weight, bias = head.projection.weight, head.projection.bias
        self._shape = head.bases, head.states
        forward = torch.arange(head.bases * head.states, device=mirror.device)
        turned = forward.reshape(self._shape).flip(0)[:, mirror].flatten()
        self._weights, self._biases = (weight, weight[turned]), (bias, bias[turned])

    def __call__(self, hidden: Tensor, reverse: bool) -> Tensor:
        """See :class:`HeadReader`."""
        steps, batch, width = hidden.shape
        weight, bias = self._weights[reverse], self._biases[reverse]
        flat = torch.addmm(bias[:, None], weight, hidden.reshape(-1, width).T.to(weight.dtype))
        return flat.float().view(*self._shape, steps, batch)


class AnyReader:
    """Of any other head, which takes hidden states (B, T, D) to outputs (B, T * stride, S)."""

    def __init__(self, head: nn.Module, mirror: Tensor) -> None:
        self._head, self._mirror = head, mirror
        self._dtype = next((weight.dtype for weight in head.parameters()), torch.float32)

    def __call__(self, hidden: Tensor, reverse: bool) -> Tensor:
        """See :class:`HeadReader`."""
        outputs: Tensor = self._head(hidden.transpose(0, 1).to(self._dtype)).float()
        batch, steps = len(outputs), len(hidden)
        bases = outputs.view(batch, steps, -1, len(self._mirror)).permute(2, 3, 1, 0)
        return bases.flip(0)[:, self._mirror] if reverse else bases
