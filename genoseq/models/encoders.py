"""Encoders by their settings: which module settings build, in the package or out of it.

An encoder is any module with an attribute ``outputs``, the width D of its hidden states, whose
``forward`` takes vectors (B, N, E) to hidden states (B, N, D), N of any length.  If it also has a
method ``time_first``, from vectors (N, B, E) and ``lengths`` (B,) or None to hidden states
(N, B, D), sequences of different lengths are scored together, each as if it were alone; a third
parameter, ``wanted``, tells it which steps' states are asked for.  One that
looks back only may have a method ``step``, from vectors (B, n, E) and a state (None at the begin)
to hidden states (B, n, D) and the next state: then sequences can be generated.  An encoder that is
not in the package is one file: its settings (:class:`genoseq.config.encoders.EncoderSettings`), its
module and ``register_encoder``.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, Literal, cast

from torch import Tensor, nn

from genoseq.config.encoders import (
    ENCODERS,
    ConvolutionSettings,
    EncoderSettings,
    LinearSettings,
    RecurrentSettings,
    TransformerSettings,
)
from genoseq.errors import ConfigError
from genoseq.models.convolution import Convolution
from genoseq.models.linear import LinearEncoder
from genoseq.models.recurrent import RecurrentEncoder
from genoseq.models.transformer import Transformer

Builder = Callable[[int, Any, float], nn.Module]
"""Width of the input vectors E, settings, fraction dropped; the module."""


class GivenSettings(EncoderSettings):
    """Of a module that was given to ``fit``; whoever loads the bundle has to give it again."""

    family: Literal["given"] = "given"
    module: str
    """Name of its class."""

    def describe(self) -> str:
        """``MyEncoder, given from Python``."""
        return f"{self.module}, given from Python"


def register_encoder(settings: type[EncoderSettings], build: Builder) -> None:
    """Let configurations, trainings and bundles know an encoder, by its settings' ``family``."""
    ENCODERS.register(settings)
    _BUILDERS[settings] = build


def build_encoder(inputs: int, settings: EncoderSettings, dropout: float) -> nn.Module:
    """The untrained encoder of settings.

    Raises
    ------
    ConfigError
        If nothing is registered that builds it, or what was built is no encoder.
    """
    kind = type(settings)
    if kind is GivenSettings:
        raise ConfigError(
            f"the encoder is a module of your own, {settings.describe()}: pass one again, encoder="
        )
    if kind not in _BUILDERS:
        raise ConfigError(
            f"encoder family {settings.family!r}: its settings are known, no module is"
        )
    return check_encoder(_BUILDERS[kind](inputs, settings, dropout))


def check_encoder(module: nn.Module) -> nn.Module:
    """The module, if it says how wide its hidden states are; ConfigError otherwise."""
    if not isinstance(getattr(module, "outputs", None), int):
        raise ConfigError(
            f"{type(module).__name__} is no encoder: it needs an attribute outputs, the width of "
            "its hidden states, and a forward from vectors (B, N, E) to states (B, N, outputs)"
        )
    return module


def check_hidden(encoder: nn.Module, vectors: Tensor, hidden: Any) -> None:
    """ConfigError if what an encoder made of vectors are not hidden states (B, N, outputs)."""
    wanted = (*vectors.shape[:2], encoder.outputs)
    found = tuple(hidden.shape) if isinstance(hidden, Tensor) else type(hidden).__name__
    if found != wanted:
        raise ConfigError(
            f"{type(encoder).__name__}: its forward takes vectors of shape {tuple(vectors.shape)} "
            f"to {found}: hidden states of shape {wanted} are asked for"
        )


def knows_lengths(encoder: nn.Module) -> bool:
    """Whether rows of a batch may have steps behind their end, of which it takes no notice."""
    return hasattr(encoder, "time_first")


def _knows_wanted(encoder: nn.Module) -> bool:
    """Whether a module may be told which steps' states are asked for."""
    found = getattr(encoder, "time_first", None)
    return found is not None and "wanted" in signature(found).parameters


def can_step(encoder: nn.Module) -> bool:
    """Whether a sequence can be shown to it piece by piece, its state carried along."""
    return hasattr(encoder, "step")


def encode_time_first(
    encoder: nn.Module,
    steps: Tensor,
    lengths: Tensor | None = None,
    wanted: range | None = None,
) -> Tensor:
    """Hidden states (N, B, D) of vectors (N, B, E), by the encoder's own ``time_first`` if any.

    With ``lengths`` (B,), of encoders that have one, those of a row's first steps are what they are
    without the rest.  Where some steps are ``wanted``, others' states may have no meaning.
    """
    if wanted is not None and _knows_wanted(encoder):
        return cast(Tensor, cast(Any, encoder).time_first(steps, lengths, wanted))
    if knows_lengths(encoder):
        return cast(Tensor, cast(Any, encoder).time_first(steps, lengths))
    return cast(Tensor, encoder(steps.transpose(0, 1))).transpose(0, 1)


ENCODERS.register(GivenSettings, listed=False)
_BUILDERS: dict[type[EncoderSettings], Builder] = {
    RecurrentSettings: RecurrentEncoder,
    TransformerSettings: Transformer,
    ConvolutionSettings: Convolution,
    LinearSettings: LinearEncoder,
}
