"""A trained recurrent encoder in int8, for predictions on CPUs that have kernels of it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from genoseq.config.encoders import EncoderSettings, RecurrentSettings
from genoseq.errors import BackendError
from genoseq.genome.sequences import Codes
from genoseq.kernels.cpu import (
    LEAST_STATE,
    Layer,
    choose,
    integer_layer,
    run_integer_layer,
    states_as_bytes,
    states_by_torch,
)
from genoseq.models.recurrent import RecurrentEncoder

_BASES = 1 << 17
"""Bases of the random sequence that tells what inputs an encoder meets."""


class IntegerEncoder(nn.Module):
    """A recurrent encoder whose vectors, states and weights are multiplied as 8-bit integers.

    Parameters
    ----------
    encoder
        In fp32; it stays as it is.
    vectors
        What it reads of :func:`calibration_codes`, (N, B, E): what is beyond the range of all but
        one in ten thousand of each input, on either side, is taken as its end.  Finer steps for the
        rest are worth more: a quarter fewer bases change their class.

    Attributes
    ----------
    outputs
        Width of the hidden states, D.
    """

    def __init__(self, encoder: RecurrentEncoder, vectors: Tensor) -> None:
        super().__init__()
        self.outputs, self.family = encoder.outputs, encoder.family
        low, high = _range(vectors)
        turns = (False, True) if encoder.recurrent.bidirectional else (False,)
        self._layers = []
        for layer in range(encoder.recurrent.num_layers):
            weights = [Layer(*encoder.weights(layer, reverse)) for reverse in turns]
            self._layers.append([integer_layer(self.family, each, low, high) for each in weights])
            low, high = torch.full((self.outputs,), LEAST_STATE), torch.ones(self.outputs)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors (B, N, E) -> hidden states (B, N, D)."""
        return self.time_first(vectors.transpose(0, 1)).transpose(0, 1)

    def time_first(
        self,
        steps: Tensor,
        lengths: Tensor | None = None,
        wanted: range | None = None,
        told: torch.dtype = torch.float32,
    ) -> Tensor:
        """As :meth:`genoseq.models.recurrent.RecurrentEncoder.time_first`; vectors, and what is
        ``told`` of the last layer, are float32 or bytes."""
        chosen = choose()
        for layer in self._layers[:-1]:
            steps = run_integer_layer(chosen, self.family, steps, layer, lengths, told=torch.uint8)
        last = self._layers[-1]
        return run_integer_layer(chosen, self.family, steps, last, lengths, wanted, told)

    @property
    def inputs(self) -> tuple[Tensor, Tensor]:
        """A vector is told as ``round(x * scale + zero)``, cut off at 0 and 255: scale and zero,
        each (E,)."""
        first = self._layers[0][0]
        return first.input_scale, first.input_zero

    def by_torch(self, steps: Tensor) -> Tensor:
        """The same hidden states (N, B, D) of vectors (N, B, E), bit for bit, but slowly."""
        for layer in self._layers:
            found = [
                states_by_torch(self.family, steps, each, reverse=bool(number))
                for number, each in enumerate(layer)
            ]
            states = torch.cat(found, dim=2)
            steps = states_as_bytes(states)
        return states


def _range(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """What all but one in ten thousand of each input are within on either side, shape (E,)."""
    each = vectors.reshape(-1, vectors.shape[-1]).float().T.contiguous()
    count = each.shape[1] // 10_000 + 1  # the last of the least and of the most is the end
    low, high = (
        each.topk(count, dim=1, largest=largest).values[:, -1] for largest in (False, True)
    )
    return low, high


def why_not_int8(settings: EncoderSettings, device: torch.device) -> str | None:
    """Why an encoder cannot be computed in int8 here; None if it can."""
    if not isinstance(settings, RecurrentSettings):
        return f"the encoder is a {settings.family}: only rnn, gru and lstm are computed in it"
    if device.type != "cpu":
        return "only CPUs have kernels of it: use --device cpu"
    if not choose().has_int8:
        return f"no kernels of it run here ({choose().name}: {choose().reason})"
    return None


def check_int8(settings: EncoderSettings, device: torch.device) -> None:
    """Whether an encoder can be computed in int8 here.

    Raises
    ------
    BackendError
        If not, with the reason.
    """
    if why := why_not_int8(settings, device):
        raise BackendError(f"precision int8: {why}; or use precision auto or fp32")


def calibration_codes(stride: int) -> Codes:
    """Base codes (1, W) of a random sequence, W a multiple of the stride; always the same one."""
    # SplitMix64 (Steele, Lea and Flood 2014), as no library promises its numbers for ever.
    bits = np.arange(1, _BASES // stride * stride + 1, dtype=np.uint64)
    bits *= np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    codes: Codes = (bits >> np.uint64(62)).astype(np.uint8)[None]
    return codes


def difference_from_twin() -> float:
    """Largest difference between states by the int8 kernels that run here and by PyTorch's twin, of
    a small LSTM: 0, as sums are exact."""
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(0)
        encoder = RecurrentEncoder(16, RecurrentSettings(width=24)).eval()
        steps = torch.randn(200, 3, 16)
        made = IntegerEncoder(encoder, steps)
        return float((made.time_first(steps) - made.by_torch(steps)).abs().max())
