"""Settings of the encoders, and how they are told apart: a part of :mod:`genoseq.config.schema`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from genoseq.config.base import Fraction, Positive, Settings


class RecurrentSettings(Settings):
    """Recurrent encoder."""

    family: Literal["rnn", "gru", "lstm"] = "lstm"
    layers: Positive = 1
    width: Positive = Field(64, description="units of each direction")
    bidirectional: bool = True


class TransformerSettings(Settings):
    """Transformer encoder; its tokens are the encoder's steps, one for each stride of the stem."""

    family: Literal["transformer"] = "transformer"
    layers: Positive = 4
    width: Positive = 96
    heads: Positive = Field(3, description="heads of width / heads; 32, 64 or 128 suit GPUs")
    key_value_heads: Positive | None = Field(
        None, description="heads of keys and values, shared by the queries' heads; null: as many"
    )
    window: Positive | None = Field(64, description="tokens seen on either side; null: all")
    registers: Annotated[int, Field(ge=0)] = Field(
        0, description="learned tokens without a place, which see all and are seen by all"
    )
    feed_forward: Literal["swiglu", "gelu"] = "swiglu"
    expansion: Annotated[float, Field(gt=0)] = Field(
        2.0, description="width inside the feed-forward layers, in multiples of `width`"
    )
    rotary_base: Annotated[float, Field(gt=1)] = Field(
        10_000.0, description="longest wavelength of the rotation, in tokens / 2 pi"
    )
    rotary_fraction: Fraction = Field(0.5, description="part of a head that tells places apart")
    checkpoint: bool = Field(False, description="in training, save memory: compute layers twice")

    @model_validator(mode="after")
    def _heads_fit(self) -> TransformerSettings:
        if self.width % (2 * self.heads):
            raise ValueError(
                f"width {self.width} does not divide into {self.heads} heads of even width"
            )
        if self.key_value_heads is not None and self.heads % self.key_value_heads:
            raise ValueError(
                f"{self.heads} heads cannot share {self.key_value_heads} key_value_heads evenly"
            )
        if self.registers and self.rotary_fraction == 1:
            raise ValueError("registers have no place: they need a rotary_fraction below 1")
        return self


def _known(data: Any) -> Any:
    family = data.get("family", "lstm") if isinstance(data, Mapping) else "lstm"
    if family not in ("rnn", "gru", "lstm", "transformer"):
        raise ValueError(f"family {family!r}: use rnn, gru, lstm or transformer")
    return data


def _kind(data: Any) -> str:
    family = data.get("family") if isinstance(data, Mapping) else getattr(data, "family", None)
    return "<transformer>" if family == "transformer" else "<recurrent>"


EncoderSettings = Annotated[
    Annotated[RecurrentSettings, Tag("<recurrent>")]
    | Annotated[TransformerSettings, Tag("<transformer>")],
    Discriminator(_kind),
    BeforeValidator(_known),
]
"""Told apart by `family`; an encoder without one is an LSTM."""
