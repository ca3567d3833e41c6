"""Small networks that look back only, and random bases, for tests of language models."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.models.build import SequenceModel, build_model
from genoseq.models.bundle import Bundle
from genoseq.tasks.causal_lm import CausalLm
from genoseq.tasks.task import Task
from genoseq.tokenizers.kmer import KmerTokenizer

RECURRENT = {"layers": 2, "width": 6, "bidirectional": False}
ATTENTION = {"family": "transformer", "layers": 2, "width": 16, "heads": 4, "causal": True}
WORDS: dict[str, Any] = {"stem": None, "tokenizer": {"k": 3, "stride": 3}, "embedding": 5}
STEM: dict[str, Any] = {
    "stem": {"stride": 3, "kernel": 7, "width": 6, "causal": True},
    "tokenizer": {"k": 1},
    "embedding": 5,
}
NETWORKS: dict[str, dict[str, Any]] = {
    "lstm": WORDS | {"encoder": RECURRENT},
    "gru of single bases": WORDS
    | {"tokenizer": {"k": 1}, "encoder": RECURRENT | {"family": "gru"}},
    "rnn and stem": STEM | {"encoder": RECURRENT | {"family": "rnn"}},
    "stem of pairs": STEM | {"tokenizer": {"k": 2, "stride": 2}, "encoder": RECURRENT},
    "linear": STEM | {"encoder": RECURRENT | {"family": "linear", "gated": True}},
    "linear, no gates": WORDS | {"encoder": RECURRENT | {"family": "linear"}},
    "window": WORDS | {"encoder": ATTENTION | {"window": 3}},
    "registers": WORDS | {"encoder": ATTENTION | {"window": 3, "registers": 2}},
    "shared keys, stem": STEM | {"encoder": ATTENTION | {"window": 4, "key_value_heads": 2}},
    "all before": STEM | {"encoder": ATTENTION | {"window": None, "registers": 1}},
}
"""Networks that a causal language model may have, by name."""


def settings_of(network: dict[str, Any]) -> ModelSettings:
    return parse_settings(ModelSettings, network)


def causal(network: dict[str, Any], seed: int = 2) -> SequenceModel:
    """An untrained causal language model, in evaluation mode."""
    settings = settings_of(network)
    torch.manual_seed(seed)
    return build_model(settings, CausalLm(settings.stride)).eval().requires_grad_(False)


def bundle_of(model: SequenceModel, task: Task | None = None) -> Bundle:
    return Bundle(model, model.settings, task or CausalLm(model.settings.stride), 0)


def tokenizer_of(settings: ModelSettings) -> KmerTokenizer:
    return KmerTokenizer(settings.tokenizer.k, settings.tokenizer.stride)


def bases(rows: int, length: int, letters: int = 4, seed: int = 3) -> Tensor:
    """Random base codes, uint8 (rows, length)."""
    return torch.from_numpy(
        np.random.default_rng(seed).integers(0, letters, (rows, length), np.uint8)
    )
