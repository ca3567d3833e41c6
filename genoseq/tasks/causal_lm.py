"""Causal language model: the next bases, told from those before them alone.

A step of the network stands for a word of bases, and gives the chance of every word: a softmax over
``4 ** bases`` of them.  Tokens are shown one step late, the begin token in the first's place, so
that a step sees what comes before its own word and nothing else; where a token is unknown (N), it
is the begin token again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.tasks import LONGEST_WORD
from genoseq.data.batch import Batch
from genoseq.errors import ConfigError
from genoseq.tasks.language import LETTERS, LanguageModel, one_strand
from genoseq.tasks.task import Network, token_ids
from genoseq.tasks.words import base_chances, word_numbers
from genoseq.tokenizers.kmer import KmerTokenizer
from genoseq.tokenizers.vocabulary import BOS, UNKNOWN_TOKEN

if TYPE_CHECKING:
    from genoseq.config.schema import RunSettings
    from genoseq.store.store import Store


@dataclass(frozen=True)
class CausalLm(LanguageModel):
    """The word of a step, by all bases before it.

    Attributes
    ----------
    bases
        Of a word: the model's stride.
    """

    bases: int
    name: ClassVar[str] = "causal-lm"

    @classmethod
    def of(cls, settings: RunSettings, stores: Sequence[Store]) -> CausalLm:
        """Of any genome."""
        task = cls(settings.model.stride)
        if problems := task.misfits(stores, "", "train"):
            raise ConfigError(problems)
        return task

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CausalLm:
        """As written."""
        if not isinstance(data.get("bases"), int) or not 1 <= data["bases"] <= LONGEST_WORD:
            raise ConfigError(f"not a {cls.name}: it has bases, 1 to {LONGEST_WORD} of a word")
        return cls(data["bases"])

    def to_json(self) -> dict[str, Any]:
        """Bases of a word."""
        return {"name": self.name, "bases": self.bases}

    def head(self, inputs: int, bases: int) -> nn.Module:
        """Hidden states (B, N, inputs) to logits of words (B, N, 4 ** bases)."""
        return nn.Linear(inputs, LETTERS**bases)

    def targets(self, batch: Batch) -> Tensor:
        """The bases."""
        return batch.codes.long()

    def shown_ids(self, ids: Tensor, bases: int) -> Tensor:
        """Token ids (B, T) of ``bases`` bases each as the network is shown them: a step late."""
        late = functional.pad(ids, (self.bases // bases, 0), value=BOS)[:, : ids.shape[1]]
        return late.masked_fill(late == UNKNOWN_TOKEN, BOS)

    def prepare(self, batch: Batch, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Ids a step late, and the bases."""
        del rng
        shown = self.shown_ids(batch.ids, batch.codes.shape[1] // batch.ids.shape[1])
        return shown, self.targets(batch)

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Bits of words without N, and how many bases they have."""
        words = word_numbers(targets, self.bases).flatten()
        logits = outputs.flatten(0, 1).float()
        nats = functional.cross_entropy(logits, words, ignore_index=-1, reduction="sum")
        return nats / math.log(2), self.bases * (words >= 0).sum()

    def judged(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """A base is told after those before it in its word; from a word's first N on, nothing."""
        told = []
        for logits, codes in zip(outputs, targets, strict=True):  # words of a row take enough
            nats, right = base_chances(logits[None].float().log_softmax(-1), codes[None])
            told.append(one_strand(nats / -math.log(2), right))
        return torch.cat(told) if told else outputs.new_empty(0, targets.shape[1], self.outputs)

    def predicted(self, network: Network, tokenizer: KmerTokenizer, codes: Tensor) -> Tensor:
        """See :meth:`judged`."""
        shown = self.shown_ids(token_ids(tokenizer, codes), tokenizer.stride)
        return self.judged(network(shown), codes)
