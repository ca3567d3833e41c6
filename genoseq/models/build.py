"""The network that settings describe."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn

import genoseq.models.decoders  # noqa: F401  known to tasks from here on
from genoseq.config.schema import ModelSettings
from genoseq.models.encoders import (
    build_encoder,
    check_encoder,
    check_hidden,
    encode_time_first,
)
from genoseq.models.layers import Dropout, Stem
from genoseq.tasks.task import Task
from genoseq.tokenizers.kmer import reverse_complement_table
from genoseq.tokenizers.vocabulary import Vocabulary


class Stepped(NamedTuple):
    """Where a network stands that is shown a sequence piece by piece.

    Attributes
    ----------
    tokens
        The last ids (B, M), which the stem reads again; none without a stem.
    encoder
        The encoder's own state.
    """

    tokens: Tensor
    encoder: Any


class SequenceModel(nn.Module):
    """Token ids (B, T) to outputs (B, L, S), L = T * tokenizer stride.

    embedding -> stem (optional strided convolution) -> encoder -> the task's head.

    With tied strands outputs are the mean of what this says of the ids and of their reverse
    complement, turned back: those of the reverse complement are the same, in reverse order and
    with strands swapped.

    Parameters
    ----------
    settings
        The network.
    task
        Its head, and the S outputs for a base.
    encoder
        A module in the place of the settings' encoder, see :mod:`genoseq.models.encoders`.

    Raises
    ------
    ConfigError
        If the settings' encoder cannot be built, or the module is none.

    Attributes
    ----------
    embedding, stem, encoder, head
        The four parts; `stem` is None where the encoder steps token by token.
    offset
        What is added to outputs of what is known beside the sequence, see
        :meth:`genoseq.tasks.task.Task.offset`.
    """

    complement: Tensor
    mirrored: Tensor

    def __init__(
        self, settings: ModelSettings, task: Task, encoder: nn.Module | None = None
    ) -> None:
        super().__init__()
        vocabulary = Vocabulary(settings.tokenizer.k)
        self.settings = settings
        self.embedding = nn.Embedding(vocabulary.size, settings.embedding)
        self.stem: Stem | None = None
        width = settings.embedding
        if settings.stem is not None:
            self.stem = Stem(settings.embedding, settings.stem, vocabulary.unknown)
            width = settings.stem.width
        self.dropout = Dropout(settings.dropout)
        if encoder is None:
            self.encoder = build_encoder(width, settings.encoder, settings.dropout)
        else:
            self.encoder = check_encoder(encoder)
        inputs = cast(int, self.encoder.outputs)
        self.head = task.head(inputs if task.of_bases else inputs + width, settings.stride)
        self.offset = task.offset()
        if settings.tied_strands:
            table = reverse_complement_table(settings.tokenizer.k).astype(np.int64)
            self.register_buffer("complement", torch.from_numpy(table), persistent=False)
            self.register_buffer("mirrored", torch.from_numpy(task.mirror), persistent=False)

    def forward(self, ids: Tensor, *beside: Tensor) -> Tensor:
        """Outputs for ids.

        Parameters
        ----------
        ids
            Token ids, int64 or int32, shape (B, T); T a multiple of the stem's stride.
        beside
            What :attr:`offset` asks for; or, of a head that is not of bases, bases of each row,
            (B,), behind which are unknown tokens, and what else it asks for: the S outputs are then
            as it says.

        Returns
        -------
        Tensor
            Shape (B, T * tokenizer stride, S); base b of a row belongs to token b // stride.

        Raises
        ------
        ValueError
            If ids are not (B, T), or T is 0 or no multiple of the stem's stride.
        ConfigError
            If the encoder gives hidden states of another shape than it should.
        """
        if beside and self.offset is None:
            hidden, steps = self.encode(ids, beside[0])
            return cast(Tensor, self.head(hidden, steps, *beside[1:]))
        outputs = self._either_strand(ids)
        return cast(Tensor, self.offset(outputs, *beside)) if self.offset and beside else outputs

    def _either_strand(self, ids: Tensor) -> Tensor:
        if not self.settings.tied_strands:
            return self._one_strand(ids)
        reverse = self.complement[ids.flip(1)].to(ids.dtype)
        forward, back = self._one_strand(torch.cat([ids, reverse])).chunk(2)
        return (forward + back.flip(1)[..., self.mirrored]) / 2

    def embed(self, ids: Tensor) -> Tensor:
        """What the encoder reads: ids (B, T) -> vectors (B, T / stem stride, E)."""
        self._check(ids)
        if self.stem is None:
            return cast(Tensor, self.embedding(ids))
        return self.stem.of_tokens(self.embedding, self.stem.pad(ids))

    def step(self, ids: Tensor, after: Stepped | None = None) -> tuple[Tensor, Stepped]:
        """Outputs for ids that follow others, as :meth:`forward` gives them for all of them.

        For networks that look back only, whose encoder has a method ``step``, without dropout.

        Parameters
        ----------
        ids
            Shape (B, T), T a multiple of the stem's stride.
        after
            Where the network stands before them; None: at the begin.

        Returns
        -------
        Outputs of the steps, and where it stands then.
        """
        self._check(ids)
        tokens, vectors = ids[:, :0], ids
        if self.stem is not None:
            before = self.stem.margins[0]
            beside = ids.new_full((len(ids), before), self.stem.unknown)
            vectors = torch.cat([beside if after is None else after.tokens, ids], dim=1)
            tokens = vectors[:, vectors.shape[1] - before :]
        vectors = cast(Tensor, self.embedding(vectors))
        vectors = vectors if self.stem is None else cast(Tensor, self.stem(vectors))
        encoder = cast(Any, self.encoder)
        hidden, state = encoder.step(vectors, None if after is None else after.encoder)
        return cast(Tensor, self.head(hidden)), Stepped(tokens, state)

    def encode(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states and what they are of, (B, N, D + E), and each row's own steps (B,).

        A head that is not of bases reads the encoder's vectors too: which letters lie at a step
        need not pass through the encoder.

        What an encoder that knows lengths makes of a row is what it makes of it alone.
        """
        steps = (lengths + self.settings.stride - 1) // self.settings.stride
        vectors = self.dropout(self.embed(ids))
        hidden = encode_time_first(self.encoder, vectors.transpose(0, 1), steps).transpose(0, 1)
        check_hidden(self.encoder, vectors, hidden)
        return torch.cat([self.dropout(hidden), vectors], 2), steps

    def _one_strand(self, ids: Tensor) -> Tensor:
        vectors = self.embed(ids)
        hidden = self.encoder(self.dropout(vectors))
        check_hidden(self.encoder, vectors, hidden)
        return cast(Tensor, self.head(self.dropout(hidden)))

    def _check(self, ids: Tensor) -> None:
        if ids.ndim != 2:
            raise ValueError(f"ids of shape {tuple(ids.shape)}: expected (batch, tokens)")
        stride = 1 if self.stem is None else self.stem.stride
        if ids.shape[1] == 0 or ids.shape[1] % stride:
            raise ValueError(
                f"{ids.shape[1]} tokens: their number must be a multiple of the stem's stride "
                f"{stride}; pad with the unknown token"
            )


def build_model(
    settings: ModelSettings, task: Task, encoder: nn.Module | None = None
) -> SequenceModel:
    """The untrained network of settings for a task, see :class:`SequenceModel`.

    Weights are drawn from torch's global generator: seed it for the same network again.
    """
    return SequenceModel(settings, task, encoder)
