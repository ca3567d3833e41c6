"""Convolutional encoder: residual dilated convolutions, over sequences of any length."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.encoders import ConvolutionSettings
from genoseq.models.layers import Dropout


class Convolution(nn.Module):
    """Vectors (B, N, E) to hidden states (B, N, D), N of any length.

    Each layer adds to its input what a dilated convolution makes of it, normed before (as in
    SpliceAI, Jaganathan et al. 2019, with LayerNorm in the place of batch norm: what is told of a
    sequence does not depend on others).  Beyond both ends are zeros.

    Parameters
    ----------
    inputs
        Width of the input vectors, E.
    settings
        Layers, width, kernel, dilation.
    dropout
        Fraction dropped of what each layer adds.

    Attributes
    ----------
    outputs
        Width of the hidden states, D: ``settings.width``.
    """

    def __init__(self, inputs: int, settings: ConvolutionSettings, dropout: float = 0.0) -> None:
        super().__init__()
        self.outputs = settings.width
        self.entry = nn.Linear(inputs, settings.width)
        self.layers = nn.ModuleList(Layer(settings, at, dropout) for at in settings.dilations)
        self.norm = nn.LayerNorm(settings.width)

    def time_first(self, steps: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (N, B, E) -> hidden states (N, B, D), see :func:`~genoseq.models.encoders`."""
        return cast(Tensor, self(steps.transpose(0, 1), lengths)).transpose(0, 1)

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Hidden states; with ``lengths`` (B,) of rows' first steps, as if each row ended there."""
        inside = None
        if lengths is not None:
            steps = torch.arange(vectors.shape[1], device=vectors.device)
            inside = (steps < lengths.to(vectors.device)[:, None]).unsqueeze(2)
        hidden = self.entry(vectors)
        for layer in self.layers:
            hidden = layer(hidden, inside)
        return cast(Tensor, self.norm(hidden))


class Layer(nn.Module):
    """A dilated convolution, and what is made of it step by step."""

    def __init__(self, settings: ConvolutionSettings, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(settings.width)
        self.convolution = nn.Conv1d(
            settings.width, settings.width, settings.kernel, dilation=dilation, padding="same"
        )
        self.out = nn.Linear(settings.width, settings.width)
        self.dropout = Dropout(dropout)

    def forward(self, hidden: Tensor, inside: Tensor | None = None) -> Tensor:
        """Shape (B, N, D); steps that are not ``inside`` (B, N, 1) are zeros to others."""
        seen = self.norm(hidden)
        if inside is not None:
            seen = seen * inside
        found = self.convolution(seen.transpose(1, 2)).transpose(1, 2)
        return cast(Tensor, hidden + self.dropout(self.out(functional.gelu(found))))
