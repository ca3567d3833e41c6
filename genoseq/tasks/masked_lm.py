"""Masked language model: hidden bases, told from those on either side.

Bases are hidden, not tokens: every token that reads a hidden base becomes ``[MASK]``, so that
neither a neighbour's k-mer nor a stem that reads it gives the base away.  What is told is the bases
that are hidden, not those that share a masked token with them.

To predict, each base of a window is hidden once, in as many passes as the share hidden is of all:
spans of one length, evenly spaced, counted from the window's first base.  A base's value so depends
on the model, on the genome, and on where its window begins, which is the same whatever regions,
shards or batches are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.base import parse_settings
from genoseq.config.schema import TokenizerSettings
from genoseq.config.tasks import MaskedLmSettings, hiding_passes
from genoseq.data.batch import Batch
from genoseq.errors import ConfigError
from genoseq.genome.sequences import N
from genoseq.tasks.heads import PerBaseHead
from genoseq.tasks.language import LETTERS, LanguageModel, one_strand
from genoseq.tasks.task import Network, token_ids
from genoseq.tokenizers.alignment import left_context
from genoseq.tokenizers.kmer import KmerTokenizer
from genoseq.tokenizers.vocabulary import MASK

if TYPE_CHECKING:
    from genoseq.config.schema import RunSettings
    from genoseq.store.store import Store


@dataclass(frozen=True)
class MaskedLm(LanguageModel):
    """Hidden bases, by what is beside them.

    Attributes
    ----------
    k
        Bases that a token reads.
    share
        Of the bases, hidden.
    span
        Mean bases of a hidden span.
    """

    k: int
    share: float = 0.15
    span: int = 6
    name: ClassVar[str] = "masked-lm"

    @classmethod
    def of(cls, settings: RunSettings, stores: Sequence[Store]) -> MaskedLm:
        """Of any genome."""
        asked = settings.task
        assert isinstance(asked, MaskedLmSettings)
        task = cls(settings.model.tokenizer.k, asked.share, asked.span)
        if problems := task.misfits(stores, "", "train"):
            raise ConfigError(problems)
        return task

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MaskedLm:
        """As written."""
        if data.keys() != {"name", "k", "share", "span"}:
            raise ConfigError(f"not a {cls.name}: it has k, share and span")
        of_tokens, of_task = {"k": data["k"]}, {name: data[name] for name in ("share", "span")}
        k = parse_settings(TokenizerSettings, of_tokens).k
        asked = parse_settings(MaskedLmSettings, of_task)
        return cls(k, asked.share, asked.span)

    def to_json(self) -> dict[str, Any]:
        """k, share and span."""
        return {"name": self.name, **asdict(self)}

    def head(self, inputs: int, bases: int) -> nn.Module:
        """Hidden states (B, N, inputs) to logits of letters (B, N * bases, 4)."""
        return PerBaseHead(inputs, bases, LETTERS)

    def targets(self, batch: Batch) -> Tensor:
        """All bases: those hidden are for :meth:`prepare` to choose."""
        return batch.codes.long()

    def prepare(self, batch: Batch, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Ids with tokens masked, and the bases that are hidden; N for all others."""
        rows = [self.drawn(batch.codes.shape[1], rng) for _ in range(len(batch.codes))]
        hidden = torch.from_numpy(np.array(rows, bool).reshape(batch.codes.shape))
        stride = batch.codes.shape[1] // batch.ids.shape[1]
        return self.masked(batch.ids, hidden, stride), self.targets(batch).masked_fill(~hidden, N)

    def drawn(self, bases: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Bases (L,) to hide: spans and the gaps between them, both of geometric lengths."""
        gap = max(1.0, self.span * (1 - self.share) / self.share)
        count = int(2 * bases / (gap + self.span)) + 16
        hidden = np.zeros(0, bool)
        while len(hidden) < 2 * bases:
            lengths = np.stack([rng.geometric(1 / gap, count), rng.geometric(1 / self.span, count)])
            hidden = np.append(hidden, np.repeat(np.tile([False, True], count), lengths.T.ravel()))
        first = int(rng.integers(bases))  # else every window would begin with a gap
        return hidden[first : first + bases]

    def masked(self, ids: Tensor, hidden: Tensor, stride: int) -> Tensor:
        """Ids (B, T) without those that read a hidden base, of (B, T * stride) booleans."""
        left = left_context(self.k, stride)
        padded = functional.pad(hidden.float(), (left, self.k - stride - left))
        reads = functional.max_pool1d(padded[:, None], self.k, stride)[:, 0] > 0
        return ids.masked_fill(reads, MASK)

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Bits of hidden bases, and how many they are."""
        logits, letters = outputs.flatten(0, 1).float(), targets.flatten().long()
        nats = functional.cross_entropy(logits, letters, ignore_index=N, reduction="sum")
        return nats / math.log(2), (letters < N).sum()

    def judged(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Bits of the bases that are hidden, the others N."""
        letters = targets.long()
        log_p = outputs.float().log_softmax(-1)
        own = log_p.gather(-1, letters.clamp_max(LETTERS - 1)[..., None])[..., 0]
        bits = (own / -math.log(2)).masked_fill(letters >= N, torch.nan)
        return one_strand(bits, outputs.argmax(-1) == letters)

    def predicted(self, network: Network, tokenizer: KmerTokenizer, codes: Tensor) -> Tensor:
        """Each base where it is hidden; see the module."""
        ids, passes = token_ids(tokenizer, codes), hiding_passes(self.share)
        turn = torch.arange(codes.shape[1], device=codes.device) // self.span % passes
        values = torch.empty(*codes.shape, self.outputs, device=codes.device)
        for number in range(passes):
            hidden = (turn == number).expand(codes.shape)
            outputs = network(self.masked(ids, hidden, tokenizer.stride))
            values[hidden] = self.judged(outputs[hidden], codes[hidden])
        return values
