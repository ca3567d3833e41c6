"""Encoder of gated linear recurrences, for sequences of any length.

Each unit keeps a part of its state and takes the rest from a value, both of which a step's input
alone decides: minGRU (Feng et al. 2024, Were RNNs All We Needed?, arXiv:2410.01201).  So no state
is multiplied by a matrix, and what is multiplied is all steps at once.  States may be multiplied by
GELU of a third projection, as in Griffin's recurrent block (De et al. 2024, arXiv:2402.19427).
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.encoders import LinearSettings
from genoseq.kernels.scan.operator import scan
from genoseq.models.layers import Dropout

_SHORTEST, _LONGEST = 2.0, 100.0
"""Steps over which an untrained layer's units average, from the first unit to the last."""


class LinearEncoder(nn.Module):
    """Vectors (B, N, E) to hidden states (B, N, D), N of any length.

    Parameters
    ----------
    inputs
        Width of the input vectors, E.
    settings
        Layers, width of each direction, directions, output gates.
    dropout
        Fraction dropped between layers (none after the last).

    Attributes
    ----------
    outputs
        Width of the hidden states, D: `width` for each direction.
    """

    def __init__(self, inputs: int, settings: LinearSettings, dropout: float = 0.0) -> None:
        super().__init__()
        directions = 2 if settings.bidirectional else 1
        self.outputs = directions * settings.width
        widths = [inputs] + [self.outputs] * (settings.layers - 1)
        self.layers = nn.ModuleList(
            Layer(width, settings.width, directions, settings.gated) for width in widths
        )
        self.dropout = Dropout(dropout)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors (B, N, E) -> hidden states (B, N, D)."""
        return self.time_first(vectors.transpose(0, 1)).transpose(0, 1)

    def time_first(self, steps: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (N, B, E) -> hidden states (N, B, D), see :mod:`genoseq.models.encoders`."""
        for number, layer in enumerate(self.layers):
            steps, _ = layer(self.dropout(steps) if number else steps, lengths)
        return steps

    def step(
        self, vectors: Tensor, after: list[Tensor] | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Hidden states (B, n, D) of vectors (B, n, E) that follow those of a state, and the state
        after them: of each layer (B, 1, D); None: the first.  Of one direction only."""
        steps, states = vectors.transpose(0, 1), []
        for number, layer in enumerate(self.layers):
            steps, found = layer(steps, None, None if after is None else after[number])
            states.append(found[-1])
        return steps.transpose(0, 1), states


class Layer(nn.Module):
    """States of one or two directions, and what each step tells of them."""

    def __init__(self, inputs: int, width: int, directions: int, gated: bool) -> None:
        super().__init__()
        self.shape = (directions, 2, width)
        self.recurrent = nn.Linear(inputs, 2 * directions * width)
        self.gate = nn.Linear(inputs, directions * width) if gated else None
        memories = torch.logspace(math.log10(_SHORTEST), math.log10(_LONGEST), width)
        with torch.no_grad():
            # What keeps a of its state averages over some 1 / (1 - a) steps.
            self.recurrent.bias.view(self.shape)[:, 0] = torch.log(memories - 1)

    def forward(
        self, steps: Tensor, lengths: Tensor | None, before: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Vectors (N, B, E) -> what is told (N, B, D), and the states (N, B, K, D / K)."""
        states = scan(self.recurrent(steps).unflatten(2, self.shape), lengths, before)
        told = states.flatten(2).to(steps.dtype)
        if self.gate is not None:
            told = told * functional.gelu(cast(Tensor, self.gate(steps)))
        return told, states
