"""Settings of decoders: what writes a target, letter by letter, from what an encoder made of it.

A new decoder is a class of settings here or in another package, and its builder in ``models``::

    @DECODERS.register
    class MySettings(DecoderSettings):
        family: Literal["mine"] = "mine"
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from genoseq.config.base import Fraction, Layers, Settings, Size
from genoseq.config.registry import Registry


class DecoderSettings(Settings):
    """A decoder, from hidden states of a source to the letters of its target."""

    family: str

    def describe(self) -> str:
        """One line for people."""
        return self.family


DECODERS = Registry(DecoderSettings, "family", default="lstm", group="genoseq.decoders")
Decoder = Annotated[DecoderSettings, DECODERS]
"""Field of a task's settings, told apart by `family`; a decoder without one is an LSTM."""

Share = Annotated[float, Field(ge=0, lt=1)]


@DECODERS.register
class LstmDecoderSettings(DecoderSettings):
    """LSTM that attends to the source at each letter."""

    family: Literal["lstm"] = "lstm"
    layers: Layers = Field(1, description="the first attends; the others are above it")
    width: Size = 128
    reach: Size = Field(
        7, description="steps around where it attended last that steer where it does next"
    )
    rotary_base: Annotated[float, Field(gt=1, le=10**12)] = Field(
        100.0, description="longest wavelength of positions, in letters / 2 pi"
    )
    dropout: Share = 0.1

    @model_validator(mode="after")
    def _halves(self) -> LstmDecoderSettings:
        if self.width % 4:
            raise ValueError(f"width {self.width}: use a multiple of 4")
        return self

    def describe(self) -> str:
        """Family and size."""
        return f"{self.family} decoder, {self.layers} x {self.width}"


@DECODERS.register
class TransformerDecoderSettings(DecoderSettings):
    """Transformer: each layer attends to the letters so far, then to the source."""

    family: Literal["transformer"] = "transformer"
    layers: Layers = 2
    width: Size = 128
    heads: Layers = 4
    feed_forward: Literal["swiglu", "gelu"] = "swiglu"
    expansion: Annotated[float, Field(gt=0, le=1024)] = 2.0
    rotary_base: Annotated[float, Field(gt=1, le=10**12)] = 10_000.0
    rotary_fraction: Fraction = Field(
        0.5, description="fraction of each head that encodes positions"
    )
    dropout: Share = 0.1

    @model_validator(mode="after")
    def _heads_fit(self) -> TransformerDecoderSettings:
        if self.width % (2 * self.heads):
            raise ValueError(
                f"width {self.width} does not divide into {self.heads} heads of even width"
            )
        return self

    def describe(self) -> str:
        """Family and size."""
        return f"{self.family} decoder, {self.layers} x {self.width}, {self.heads} heads"


@DECODERS.register
class MonotonicDecoderSettings(DecoderSettings):
    """Steps of the source write letters in its order, or skip; all ways to a target are summed."""

    family: Literal["monotonic"] = "monotonic"
    width: Size = 128
    slots: Layers = Field(1, description="letters that a step may write at most")
    dropout: Share = 0.1

    def describe(self) -> str:
        """Family and size."""
        return f"{self.family} decoder, {self.slots} x {self.width}"
