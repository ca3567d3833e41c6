"""From hidden states to logits of each base, and from logits to what people read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import torch
from torch import Tensor, nn

from genoseq.errors import ConfigError

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

    @torch.no_grad()
    def begin_at(self, logits: Sequence[float]) -> None:
        """Set the biases: what is told of a base of which nothing is known, (S,)."""
        self.projection.bias.copy_(torch.tensor(logits).repeat(self.bases))


class BinnedHead(nn.Module):
    """Hidden states (B, N, D) to logits (B, N * bases, S) that are alike within bins.

    Parameters
    ----------
    inputs, bases, states
        As of :class:`PerBaseHead`.
    bin
        Bases that share their outputs.

    Raises
    ------
    ConfigError
        If a step does not have a whole number of bins.
    """

    def __init__(self, inputs: int, bases: int, states: int, bin: int) -> None:
        super().__init__()
        if bases % bin:
            raise ConfigError(f"task.bin {bin} does not divide the {bases} bp of a model's step")
        self.bin, self.states = bin, states
        self.projection = nn.Linear(inputs, bases // bin * states)

    def forward(self, hidden: Tensor) -> Tensor:
        """Row ``bin * S + state`` of the projection is that state of that bin of the step."""
        projected = cast(Tensor, self.projection(hidden))
        binned = projected.reshape(len(hidden), -1, self.states)
        return binned.repeat_interleave(self.bin, 1)


def bin_means(signal: Tensor, bin: int) -> Tensor:
    """Mean of what is known in each bin, for all of its bases: both (B, L, S), NaN where unknown.

    L is a multiple of ``bin``.
    """
    rows, bases, signals = signal.shape
    binned = signal.reshape(rows, bases // bin, bin, signals)
    return binned.nanmean(2).repeat_interleave(bin, 1)


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
