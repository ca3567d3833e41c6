"""What a network computes for a base, from its settings alone: for estimates."""

from __future__ import annotations

from typing import NamedTuple

from genoseq.config.encoders import TransformerSettings
from genoseq.config.schema import ModelSettings


class Work(NamedTuple):
    """What a network computes, with all of its layers as they are written down.

    Attributes
    ----------
    per_base
        Multiply-adds of a base on one strand.
    weights
        How many.
    numbers
        Outputs of layers, of a base: what a training must keep.
    """

    per_base: float
    weights: int
    numbers: float


def work_of(settings: ModelSettings, states: int, window: int) -> Work:
    """Work of a network with ``states`` outputs for a base, in windows of ``window`` bp."""
    embedded = 4**settings.tokenizer.k * settings.embedding
    inputs, weights = settings.embedding, 0
    if settings.stem is not None:
        weights += settings.stem.kernel * settings.embedding * settings.stem.width
        inputs = settings.stem.width
    encoder, seen, numbers = settings.encoder, 0.0, float(inputs)
    if isinstance(encoder, TransformerSettings):
        shared = (encoder.key_value_heads or encoder.heads) / encoder.heads
        matrices = 3 if encoder.feed_forward == "swiglu" else 2
        wide = encoder.width * encoder.expansion
        one = 2 * encoder.width**2 * (1 + shared) + matrices * encoder.width * wide
        tokens = window / settings.stride
        reach = tokens if encoder.window is None else min(2 * encoder.window + 1, tokens)
        weights += round(encoder.layers * one)
        weights += inputs * encoder.width
        seen = 2 * encoder.width * encoder.layers * (reach + encoder.registers)
        numbers += encoder.layers * (encoder.width * (4 + 2 * shared) + matrices * wide)
        outputs = encoder.width
    else:
        gates = {"lstm": 4, "gru": 3, "rnn": 1}[encoder.family]
        outputs = encoder.width * (2 if encoder.bidirectional else 1)
        for layer in range(encoder.layers):
            below = outputs if layer else inputs
            weights += gates * outputs * (below + encoder.width)
            numbers += (gates + 2) * outputs
    weights += outputs * settings.stride * states
    numbers += settings.stride * states
    steps = 1 / settings.stride
    return Work((weights + seen) * steps, weights + embedded, numbers * steps)
