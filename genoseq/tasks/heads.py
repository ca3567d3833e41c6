"""From hidden states to logits of each base, and from logits to what people read."""

from __future__ import annotations

from typing import Literal, cast

import torch
from torch import Tensor, nn

Activation = Literal["softmax", "sigmoid", "expm1", "exp"]
"""How logits become values: probabilities of classes that exclude one another or do not, or a
signal learned by mse or by poisson."""

LARGEST_LOG_RATE = 30.0
"""1e13: above any count, and still finite when multiplied by one."""


class PerBaseHead(nn.Module):
    """Hidden states (B, N, D) to logits (B, N * bases, S).

    Parameters
    ----------
    inputs
        Width of the hidden states, D.
    bases
        Bases that one step stands for.
    states
        Outputs for a base, S.
    """

    def __init__(self, inputs: int, bases: int, states: int) -> None:
        super().__init__()
        self.bases = bases
        self.states = states
        self.projection = nn.Linear(inputs, bases * states)

    def forward(self, hidden: Tensor) -> Tensor:
        """Row ``base * S + state`` of the projection is that state of that base of the step."""
        batch, steps, _ = hidden.shape
        projected = cast(Tensor, self.projection(hidden))
        return projected.reshape(batch, steps * self.bases, self.states)


def activate(logits: Tensor, activation: Activation, dim: int = -1) -> Tensor:
    """Values, float32 or wider, of logits; the shape stays, states are dimension `dim`.

    softmax: probabilities of the classes.  sigmoid: of each class by itself.  expm1: the inverse
    of :func:`compress`.  exp: a rate, above 0; logits beyond :data:`LARGEST_LOG_RATE` are taken as
    that.
    """
    wide = logits if logits.dtype == torch.float64 else logits.float()
    if activation == "softmax":
        return wide.softmax(dim)
    if activation == "sigmoid":
        return wide.sigmoid()
    if activation == "expm1":
        return wide.sign() * wide.abs().expm1()
    return wide.clamp_max(LARGEST_LOG_RATE).exp()


def compress(signal: Tensor) -> Tensor:
    """log1p of a signal's size, with its sign: ``sign(y) log(1 + |y|)``.

    It is log1p for coverage and other signals from 0 up, and lets signals of either sign, such as
    conservation or minus-strand coverage written as negative numbers, be learned as well.
    """
    return signal.sign() * signal.abs().log1p()
