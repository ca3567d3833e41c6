"""Recurrent encoders (RNN, GRU, LSTM; one or both directions) for sequences of any length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.encoders import RecurrentSettings

CUDNN_STEPS = 65_535
"""Longest sequence that cuDNN's recurrent kernels take (pytorch issue 133751)."""

_FAMILIES: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
_KERNELS: dict[str, Callable[..., Any]] = {
    "rnn": torch.rnn_tanh,
    "gru": torch.gru,
    "lstm": torch.lstm,
}
_State = Tensor | tuple[Tensor, Tensor]


class RecurrentEncoder(nn.Module):
    """Vectors (B, N, E) to hidden states (B, N, D), N of any length.

    All weights live in one plain ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN``, `recurrent`, so its names
    in a state dict are PyTorch's own.  Up to `chunk` steps it simply runs that module.  A longer
    sequence is run layer by layer and direction by direction in chunks that carry the state, the
    reverse direction from right to left: the same numbers, without cuDNN's limit.

    Parameters
    ----------
    inputs
        Width of the input vectors, E.
    settings
        Family, layers, width of each direction, directions.
    dropout
        Fraction dropped between layers (none after the last).
    chunk
        Most steps in one kernel call.

    Attributes
    ----------
    outputs
        Width of the hidden states, D: `width` for each direction.
    """

    def __init__(
        self,
        inputs: int,
        settings: RecurrentSettings,
        dropout: float = 0.0,
        chunk: int = CUDNN_STEPS,
    ) -> None:
        super().__init__()
        if chunk < 1:
            raise ValueError(f"a chunk of {chunk} steps: it needs at least 1")
        self.family = settings.family
        self.chunk = chunk
        self.outputs = settings.width * (2 if settings.bidirectional else 1)
        self.recurrent = _FAMILIES[settings.family](
            inputs,
            settings.width,
            num_layers=settings.layers,
            batch_first=True,
            dropout=dropout if settings.layers > 1 else 0.0,
            bidirectional=settings.bidirectional,
        )
        if settings.family == "lstm":
            _open_forget_gates(self.recurrent)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors (B, N, E) -> hidden states (B, N, D)."""
        if vectors.shape[1] <= self.chunk:
            hidden, _ = self.recurrent(vectors)
            return cast(Tensor, hidden)
        return self._forward_chunked(vectors)

    def time_first(self, steps: Tensor) -> Tensor:
        """Vectors (N, B, E) -> hidden states (N, B, D): what PyTorch's kernels compute in."""
        if len(steps) > self.chunk:
            return self._forward_chunked(steps.transpose(0, 1)).transpose(0, 1)
        recurrent = self.recurrent
        layers = recurrent.num_layers * (2 if recurrent.bidirectional else 1)
        hidden, *_ = _KERNELS[self.family](
            steps.contiguous(),
            self._initial_state(steps.transpose(0, 1), layers),
            recurrent._flat_weights,
            has_biases=True,
            num_layers=recurrent.num_layers,
            dropout=recurrent.dropout,
            train=self.training,
            bidirectional=recurrent.bidirectional,
            batch_first=False,
        )
        return cast(Tensor, hidden)

    def _forward_chunked(self, vectors: Tensor) -> Tensor:
        for layer in range(self.recurrent.num_layers):
            directions = [self._run(vectors, layer, reverse=False)]
            if self.recurrent.bidirectional:
                directions.append(self._run(vectors, layer, reverse=True))
            vectors = torch.cat(directions, dim=2)
            if layer < self.recurrent.num_layers - 1:
                vectors = functional.dropout(vectors, self.recurrent.dropout, self.training)
        return vectors

    def _run(self, vectors: Tensor, layer: int, *, reverse: bool) -> Tensor:
        """One layer in one direction: vectors (B, N, E) -> hidden (B, N, width)."""
        weights = self._weights(layer, reverse)
        state = self._initial_state(vectors)
        pieces = []
        for piece in _pieces(vectors, self.chunk, reverse):
            hidden, state = self._call(piece.flip(1) if reverse else piece, state, weights)
            pieces.append(hidden.flip(1) if reverse else hidden)
        return torch.cat(pieces[::-1] if reverse else pieces, dim=1)

    def _call(self, vectors: Tensor, state: _State, weights: list[Tensor]) -> tuple[Tensor, _State]:
        """The family's kernel on one piece, from `state` to the state after it."""
        hidden, *after = _KERNELS[self.family](
            vectors,
            state,
            weights,
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=self.training,
            bidirectional=False,
            batch_first=True,
        )
        return hidden, (after[0], after[1]) if self.family == "lstm" else after[0]

    def _initial_state(self, vectors: Tensor, layers: int = 1) -> _State:
        """Zeros (layers, B, width), as PyTorch's own modules start from."""
        zeros = vectors.new_zeros(layers, vectors.shape[0], self.recurrent.hidden_size)
        return (zeros, zeros) if self.family == "lstm" else zeros

    def _weights(self, layer: int, reverse: bool) -> list[Tensor]:
        suffix = f"_l{layer}" + ("_reverse" if reverse else "")
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return [getattr(self.recurrent, name + suffix) for name in names]


def _pieces(vectors: Tensor, chunk: int, reverse: bool) -> Iterator[Tensor]:
    """Consecutive pieces (B, <= chunk, E) of vectors (B, N, E), the last one first if `reverse`."""
    pieces = torch.split(vectors, chunk, dim=1)
    return iter(pieces[::-1] if reverse else pieces)


def _open_forget_gates(recurrent: nn.RNNBase) -> None:
    """Set the forget gates' biases to 1, so that an untrained LSTM remembers.

    Jozefowicz, Zaremba and Sutskever (2015), An Empirical Exploration of Recurrent Network
    Architectures, ICML.  PyTorch adds two biases; one is set to 1, the other to 0.
    """
    width = recurrent.hidden_size
    with torch.no_grad():
        for name, bias in recurrent.named_parameters():
            if name.startswith("bias"):
                # Gates are stacked input, forget, cell, output.
                bias[width : 2 * width] = 1.0 if name.startswith("bias_ih") else 0.0
