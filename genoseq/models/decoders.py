"""The decoders of the package, known by their settings once this is imported."""

from __future__ import annotations

from genoseq.config.decoders import (
    LstmDecoderSettings,
    MonotonicDecoderSettings,
    TransformerDecoderSettings,
)
from genoseq.models.lstm_decoder import LstmDecoder
from genoseq.models.monotonic_decoder import MonotonicDecoder
from genoseq.models.transformer_decoder import TransformerDecoder
from genoseq.tasks.decoders import register_decoder

register_decoder(LstmDecoderSettings, LstmDecoder)
register_decoder(TransformerDecoderSettings, TransformerDecoder)
register_decoder(MonotonicDecoderSettings, MonotonicDecoder)
