"""Recurrent encoders (RNN, GRU, LSTM; one or both directions) for sequences of any length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.encoders import EncoderSettings, RecurrentSettings
from genoseq.kernels.cpu import Chosen, Layer, choose, learning_layer, run_layer

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
    reverse direction from right to left: the same numbers, without cuDNN's limit.  Predictions on
    a CPU are computed by :mod:`genoseq.kernels.cpu` where that is compiled, in any length; so are
    LSTMs that learn in fp32.

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
        compiled = (
            self._compiled(vectors) is not None or self._compiled_learning(vectors) is not None
        )
        if vectors.shape[1] <= self.chunk and not compiled:
            hidden, _ = self.recurrent(vectors)
            return cast(Tensor, hidden)
        return self.time_first(vectors.transpose(0, 1)).transpose(0, 1)

    def step(self, vectors: Tensor, after: Any = None) -> tuple[Tensor, Any]:
        """Hidden states (B, n, D) of vectors (B, n, E) that follow those of a state, and the state
        after them; None: the first.  Of one direction only."""
        hidden, state = self.recurrent(vectors, after)
        return cast(Tensor, hidden), state

    def time_first(
        self, steps: Tensor, lengths: Tensor | None = None, wanted: range | None = None
    ) -> Tensor:
        """Vectors (N, B, E) -> hidden states (N, B, D): what PyTorch's kernels compute in.

        Of a row, the first ``lengths`` steps (B,) are its own; its hidden states are those that
        they have alone, and what comes out for the rest has no meaning, nor what comes out for
        steps that are not ``wanted``.
        """
        if (compiled := self._compiled(steps)) is not None:
            return self._predicted(compiled, steps, lengths, wanted)
        if lengths is None and (learning := self._compiled_learning(steps)) is not None:
            return self._learned(learning, steps)
        if lengths is None and steps.is_cuda and len(steps) <= self.chunk:
            # cuDNN runs both directions at once, and wants all weights in one piece.
            return cast(Tensor, self.recurrent(steps.transpose(0, 1))[0]).transpose(0, 1)
        for layer in range(self.recurrent.num_layers):
            directions = [self._run(steps, layer, reverse=False)]
            if self.recurrent.bidirectional:
                turned = self._run(_turned(steps, lengths), layer, reverse=True)
                directions.append(_turned(turned, lengths))
            steps = torch.cat(directions, dim=2)
            if layer < self.recurrent.num_layers - 1:
                steps = functional.dropout(steps, self.recurrent.dropout, self.training)
        return steps

    def _compiled(self, vectors: Tensor) -> Chosen | None:
        """Compiled kernels that predict from these vectors; None where PyTorch computes."""
        return None if self._learns(vectors) else self._suiting(vectors)

    def _compiled_learning(self, vectors: Tensor) -> Chosen | None:
        """Compiled kernels that learn from these vectors; None where PyTorch computes."""
        able = self.family == "lstm" and vectors.dtype == torch.float32
        return self._suiting(vectors) if able and self._learns(vectors) else None

    def _learns(self, vectors: Tensor) -> bool:
        """Whether there may be dropout or gradients."""
        weight = cast(Tensor, self.recurrent.weight_ih_l0)
        wanted = vectors.requires_grad or weight.requires_grad
        return self.training or (torch.is_grad_enabled() and wanted)

    def _suiting(self, vectors: Tensor) -> Chosen | None:
        """Compiled kernels of the numbers' type, if vectors are on a CPU."""
        if vectors.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            return None
        chosen = choose()
        weight = self.recurrent.weight_ih_l0
        return chosen if vectors.dtype == weight.dtype in chosen.dtypes else None

    def _predicted(
        self, compiled: Chosen, steps: Tensor, lengths: Tensor | None, wanted: range | None
    ) -> Tensor:
        """As :meth:`time_first`, without dropout and gradients."""
        last = self.recurrent.num_layers - 1
        for layer in range(last + 1):
            some = wanted if layer == last else None
            directions = self._directions(layer)
            steps = run_layer(compiled, self.family, steps, directions, lengths, some)
        return steps

    def _learned(self, compiled: Chosen, steps: Tensor) -> Tensor:
        """As :meth:`time_first` of rows of one length, with dropout and gradients."""
        for layer in range(self.recurrent.num_layers):
            if layer:
                steps = functional.dropout(steps, self.recurrent.dropout, self.training)
            steps = learning_layer(compiled, steps, self._directions(layer))
        return steps

    def _directions(self, layer: int) -> list[Layer]:
        """Weights of a layer, of the first direction and of the second if there is one."""
        turns = (False, True) if self.recurrent.bidirectional else (False,)
        return [Layer(*self.weights(layer, reverse)) for reverse in turns]

    def _run(self, steps: Tensor, layer: int, *, reverse: bool) -> Tensor:
        """One layer's weights of a direction, first step first: (N, B, E) -> (N, B, width)."""
        weights = self.weights(layer, reverse)
        state = self._initial_state(steps)
        pieces = []
        for piece in torch.split(steps, self.chunk):
            hidden, *after = _KERNELS[self.family](
                piece.contiguous(),
                state,
                weights,
                has_biases=True,
                num_layers=1,
                dropout=0.0,
                train=self.training,
                bidirectional=False,
                batch_first=False,
            )
            state = (after[0], after[1]) if self.family == "lstm" else after[0]
            pieces.append(hidden)
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def _initial_state(self, steps: Tensor) -> _State:
        """Zeros (1, B, width), as PyTorch's own modules start from."""
        zeros = steps.new_zeros(1, steps.shape[1], self.recurrent.hidden_size)
        return (zeros, zeros) if self.family == "lstm" else zeros

    def weights(self, layer: int, reverse: bool) -> list[Tensor]:
        """Those of a layer's direction: weight_ih, weight_hh, bias_ih, bias_hh."""
        suffix = f"_l{layer}" + ("_reverse" if reverse else "")
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return [getattr(self.recurrent, name + suffix) for name in names]


def learns_compiled(settings: EncoderSettings) -> bool:
    """Whether compiled kernels train such an encoder on a CPU here; in fp32 alone."""
    recurrent = isinstance(settings, RecurrentSettings) and settings.family == "lstm"
    return recurrent and torch.float32 in choose().dtypes


def difference_from_torch() -> tuple[float, float]:
    """Largest difference between hidden states by the kernels that run here and by PyTorch's own,
    of a small LSTM in fp32, and between gradients, as shares of a weight's largest; 0 where PyTorch
    computes."""
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(0)
        encoder = RecurrentEncoder(16, RecurrentSettings(width=24)).eval()
        vectors = torch.randn(3, 200, 16)
        with torch.inference_mode():
            own: Tensor = encoder.recurrent(vectors)[0]
            states = float((encoder(vectors) - own).abs().max())
        wanted, found = (
            torch.autograd.grad(states.square().sum(), list(encoder.parameters()))
            for states in (encoder.recurrent(vectors)[0], encoder(vectors))
        )
        pairs = zip(wanted, found, strict=True)
        return states, max(float((a - b).abs().max() / a.abs().max()) for a, b in pairs)


def _turned(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Steps (N, B, E), the first ``lengths`` of each row (all where none are said) reversed."""
    if lengths is None:
        return steps.flip(0)
    offsets = torch.arange(len(steps), device=steps.device)[:, None]
    own = offsets < lengths
    order = torch.where(own, lengths - 1 - offsets, offsets)
    return steps.gather(0, order[:, :, None].expand_as(steps))


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
