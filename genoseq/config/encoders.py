"""Settings of encoders, and what is known of a network from its settings alone.

A new encoder is a class of settings here or in another package, and its builder in ``models``::

    @ENCODERS.register
    class MySettings(EncoderSettings):
        family: Literal["mine"] = "mine"
        width: int = 64
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from genoseq.config.base import Fraction, Layers, Settings, Size, WindowLength, without_causal
from genoseq.config.registry import Registry


@dataclass(frozen=True)
class Operations:
    """What an encoder computes and holds for a step, or a network for a base; on one strand.

    Attributes
    ----------
    multiply_adds
        Of all layers, as they are written down.
    weights
        How many, with or without biases and norms.
    kept
        Numbers that layers give out: what a training keeps.
    widest
        Numbers that are there at once in a prediction: those around one layer.
    outputs
        How many numbers come out at the end.
    computed_twice
        Whether a training computes its layers a second time rather than keep their numbers.
    """

    multiply_adds: float
    weights: float
    kept: float
    widest: float
    outputs: float
    computed_twice: bool = False


class EncoderSettings(Settings):
    """An encoder, from vectors (B, steps, inputs) to vectors (B, steps, outputs).

    Each class answers what it knows; what it leaves out is taken as unknown, and estimates that
    need it say ``?``.
    """

    family: str

    def reach(self) -> int | None:
        """Steps on either side of a step that can change its outputs; None: there is no bound."""
        return None

    def sees_ahead(self) -> bool:
        """Whether a step's outputs may depend on steps after it: not in causal encoders."""
        return True

    def sees_all(self) -> bool:
        """Whether each step sees all of its window, however far, as in full attention.

        Such encoders are scored in windows of the length that they were trained in.
        """
        return False

    def gains_from_bf16(self) -> bool:
        """Whether bf16 is faster on CPUs that compute in it: what precision ``auto`` asks."""
        return True

    def operations(self, inputs: int, steps: float) -> Operations | None:
        """What it computes for a step; None where that is unknown.

        Parameters
        ----------
        inputs
            Width of what it reads.
        steps
            Of a window.
        """
        del inputs, steps
        return None

    def describe(self) -> str:
        """One line for people: ``bidirectional lstm, 1 x 64``."""
        return self.family


ENCODERS = Registry(EncoderSettings, "family", default="lstm", group="genoseq.encoders")
Encoder = Annotated[EncoderSettings, ENCODERS]
"""Field of a model's settings, told apart by `family`; an encoder without one is an LSTM."""


@ENCODERS.register
class RecurrentSettings(EncoderSettings):
    """Recurrent encoder."""

    family: Literal["rnn", "gru", "lstm"] = "lstm"
    layers: Layers = 1
    width: Size = Field(64, description="units of each direction")
    bidirectional: bool = True

    def sees_ahead(self) -> bool:
        """In both directions."""
        return self.bidirectional

    def gains_from_bf16(self) -> bool:
        """Not of GRU and RNN, whose CPU kernels in PyTorch gain nothing."""
        return self.family == "lstm"

    def operations(self, inputs: int, steps: float) -> Operations:
        """Of gates, each of which reads the layer below and the state before."""
        del steps
        gates = {"lstm": 4, "gru": 3, "rnn": 1}[self.family]
        outputs = self.width * (2 if self.bidirectional else 1)
        read = inputs + (self.layers - 1) * outputs + self.layers * self.width
        weights = gates * outputs * read
        kept = self.layers * (gates + 2) * outputs
        return Operations(weights, weights, kept, (1.5 * gates + 4) * outputs, outputs)

    def describe(self) -> str:
        """Family and size."""
        size = f"{self.family}, {self.layers} x {self.width}"
        return f"bidirectional {size}" if self.bidirectional else size


@ENCODERS.register
class TransformerSettings(EncoderSettings):
    """Transformer encoder; its tokens are the encoder's steps, one for each stride of the stem."""

    family: Literal["transformer"] = "transformer"
    layers: Layers = 4
    width: Size = 96
    heads: Layers = Field(3, description="heads of width / heads; 32, 64 or 128 suit GPUs")
    key_value_heads: Layers | None = Field(
        None, description="heads of keys and values, shared by the queries' heads; null: as many"
    )
    window: WindowLength | None = Field(64, description="tokens seen on either side; null: all")
    registers: Annotated[int, Field(ge=0, le=1 << 16)] = Field(
        0, description="learned tokens without a position, which see all and are seen by all"
    )
    feed_forward: Literal["swiglu", "gelu"] = "swiglu"
    expansion: Annotated[float, Field(gt=0, le=1024)] = Field(
        2.0, description="width inside the feed-forward layers, in multiples of `width`"
    )
    rotary_base: Annotated[float, Field(gt=1, le=10**12)] = Field(
        10_000.0, description="longest wavelength of the rotation, in tokens / 2 pi"
    )
    rotary_fraction: Fraction = Field(
        0.5, description="fraction of each head that encodes positions"
    )
    causal: bool = Field(False, description="tokens see none that come after them")
    checkpoint: bool = Field(False, description="in training, save memory: compute layers twice")

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_causal(handler(self))

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
            raise ValueError("registers have no position: they need a rotary_fraction below 1")
        return self

    def reach(self) -> int | None:
        """The window, layer after layer; registers pass on what is farther, unless they are causal:
        then they come before all tokens, and see none."""
        if self.window is None or (self.registers and not self.causal):
            return None
        return self.layers * self.window

    def sees_ahead(self) -> bool:
        """Unless it is causal."""
        return not self.causal

    def sees_all(self) -> bool:
        """Without a window, or by way of registers."""
        return self.reach() is None

    def operations(self, inputs: int, steps: float) -> Operations:
        """Of projections and feed-forward layers, and of attention to the steps that are seen."""
        shared = (self.key_value_heads or self.heads) / self.heads
        matrices = 3 if self.feed_forward == "swiglu" else 2
        wide = self.width * self.expansion
        layer = 2 * self.width**2 * (1 + shared) + matrices * self.width * wide
        weights = round(self.layers * layer) + inputs * self.width
        near = steps if self.window is None else min(2 * self.window + 1, steps)
        near = (near + 1) / 2 if self.causal else near
        seen = 2 * self.width * self.layers * (near + self.registers)
        kept = self.layers * (self.width * (4 + 2 * shared) + matrices * wide)
        # States and their norm; queries, keys and values as projected, turned, and in blocks; what
        # they see.  Heads that share keys make little of it smaller.
        widest = (10 + 2 * self.expansion) * self.width
        return Operations(weights + seen, weights, kept, widest, self.width, self.checkpoint)

    def describe(self) -> str:
        """Family and size, heads, and what a token sees."""
        side = " before it" if self.causal else " on either side" if self.window else ""
        seen = f"{'all' if self.window is None else self.window} tokens{side}"
        aside = f", {self.registers} registers" if self.registers else ""
        return f"{self.family}, {self.layers} x {self.width}, {self.heads} heads, {seen}{aside}"


@ENCODERS.register
class ConvolutionSettings(EncoderSettings):
    """Convolutional encoder; each layer sees `dilation` times as far as the one before."""

    family: Literal["convolution"] = "convolution"
    layers: Annotated[int, Field(ge=1, le=64)] = 4
    width: Size = 64
    kernel: Size = Field(11, description="steps that a layer sees, odd")
    dilation: Annotated[int, Field(ge=1, le=16)] = Field(
        2, description="steps from one that a layer sees to the next: 1, this, its square ..."
    )

    @model_validator(mode="after")
    def _seen(self) -> ConvolutionSettings:
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel {self.kernel}: must be odd, to be centred")
        if self.reach() > 1 << 20:
            raise ValueError(
                f"{self.layers} layers of dilation {self.dilation} see {self.reach():,} steps on "
                f"either side: use fewer layers, or a smaller kernel or dilation"
            )
        return self

    @property
    def dilations(self) -> list[int]:
        """Of each layer."""
        return [self.dilation**layer for layer in range(self.layers)]

    def reach(self) -> int:
        """Half of each layer's kernel, layer after layer."""
        return self.kernel // 2 * sum(self.dilations)

    def operations(self, inputs: int, steps: float) -> Operations:
        """Of convolutions, and of the matrix behind each."""
        del steps
        layer = self.width**2 * (self.kernel + 1)
        weights = self.layers * layer + inputs * self.width
        return Operations(
            weights, weights, 4 * self.layers * self.width, 5 * self.width, self.width
        )

    def describe(self) -> str:
        """Family and size, and how far it sees."""
        return f"{self.family}, {self.layers} x {self.width}, {self.reach()} steps on either side"


@ENCODERS.register
class LinearSettings(EncoderSettings):
    """Gated linear recurrence: gates and values read the layer below, and no state before."""

    family: Literal["linear"] = "linear"
    layers: Layers = 1
    width: Size = Field(64, description="units of each direction")
    bidirectional: bool = True
    gated: bool = Field(False, description="gate what each step tells of its states")

    def sees_ahead(self) -> bool:
        """In both directions."""
        return self.bidirectional

    def operations(self, inputs: int, steps: float) -> Operations:
        """Of gates and values."""
        del steps
        outputs, parts = self.width * (2 if self.bidirectional else 1), 3 if self.gated else 2
        weights = parts * outputs * (inputs + (self.layers - 1) * outputs)
        kept = self.layers * (6 if self.gated else 3) * outputs
        return Operations(weights, weights, kept, (parts + 3) * outputs, outputs)

    def describe(self) -> str:
        """Family and size."""
        size = f"{self.family}, {self.layers} x {self.width}"
        return f"bidirectional {size}" if self.bidirectional else size
