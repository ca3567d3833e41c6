"""Decoders by their settings: the heads of tasks that write sequences.

A decoder is a module from hidden states of sources to logits of letters.  In training it is shown
the true letters before each (``forward``: teacher forcing); in translation it goes step by step,
from ``begin``, and carries what it knows.  One that is not in the package is one file: its settings
(:class:`genoseq.config.decoders.DecoderSettings`), its module and ``register_decoder``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn

from genoseq.config.decoders import DECODERS, DecoderSettings
from genoseq.errors import ConfigError

Tensors = dict[str, Tensor]
"""By name; the first dimension is that of rows."""


class Sizes(NamedTuple):
    """What decides a decoder's shape beside its settings.

    Attributes
    ----------
    inputs
        Width of the hidden states, D.
    tokens
        Tokens that it is shown: letters, and what stands before the first.
    outputs
        Logits of a token, V.
    """

    inputs: int
    tokens: int
    outputs: int


class Decoding(Protocol):
    """What a translation asks of a decoder, beside that it is a module."""

    def begin(self, hidden: Tensor, steps: Tensor) -> tuple[Tensors, Tensors]:
        """Hidden states (B, N, D), the first ``steps`` (B,) of each row its own.

        Returns
        -------
        What stays the same through a translation, and the state before its first letter.
        """

    def step(self, tokens: Tensor, memory: Tensors, state: Tensors) -> tuple[Tensor, Tensors]:
        """The last tokens (B,) to logits (B, V) of the next, and the state that follows."""


Builder = Callable[[Any, Sizes], nn.Module]


def register_decoder(settings: type[DecoderSettings], build: Builder) -> None:
    """Let settings, trainings and bundles know a decoder, by its settings' ``family``."""
    DECODERS.register(settings)
    _BUILDERS[settings] = build


def build_decoder(settings: DecoderSettings, sizes: Sizes) -> nn.Module:
    """The untrained decoder of settings; ConfigError if nothing is registered that builds it."""
    if type(settings) not in _BUILDERS:
        raise ConfigError(
            f"decoder family {settings.family!r}: its settings are known, no module is"
        )
    return _BUILDERS[type(settings)](settings, sizes)


_BUILDERS: dict[type[DecoderSettings], Builder] = {}
