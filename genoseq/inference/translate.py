"""Sequences to the sequences that a model maps them to: batches of about one length.

All is computed in double precision: what a sequence is mapped to, and its log-probability to the
digits that are written, does not depend on which others are in its batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch

from genoseq.data.pairs import source_ids
from genoseq.errors import ConfigError
from genoseq.genome.sequences import Codes, encode, reverse_complement_codes
from genoseq.genome.windows import round_up
from genoseq.inference.beam import Written, beam_search
from genoseq.inference.predict import bundle_of
from genoseq.models.bundle import Bundle
from genoseq.models.device import choose_device
from genoseq.tasks.seq2seq import Seq2Seq
from genoseq.tokenizers.kmer import KmerTokenizer

BATCH_BASES = 1 << 15
"""Bases of a batch, times its beams."""
_TOGETHER = 2048
"""Sequences that are held to be sorted by length."""


class Translation(NamedTuple):
    """What a sequence is mapped to.

    Attributes
    ----------
    letters
        Of the task's alphabet.
    log_probability
        Natural, of all letters and of the end.
    strand
        Of the sequence, which was read.
    """

    letters: str
    log_probability: float
    strand: Literal["+", "-"] = "+"


class Translator:
    """A model made ready to translate.

    A model of either strand reads both, and keeps what is more probable for each letter.

    Parameters
    ----------
    bundle
        The model.
    device
        ``cpu`` or ``cuda``; by default a GPU where one is visible.

    Raises
    ------
    ConfigError
        If the model's task is another.
    BackendError
        If the device cannot be had here.
    """

    def __init__(self, bundle: Bundle, device: str | None = None) -> None:
        if not isinstance(bundle.task, Seq2Seq):
            why = f"sequences are translated by one of task {Seq2Seq.name}"
            raise bundle.task.refusal(why)
        self.task, self._settings = bundle.task, bundle.settings
        self._device = choose_device(device)
        model = deepcopy(bundle.model).eval().requires_grad_(False)
        self._model = model.to(self._device, torch.float64)
        tokenizer = bundle.settings.tokenizer
        self._tokenizer = KmerTokenizer(tokenizer.k, tokenizer.stride)

    def __call__(
        self, sequences: Iterable[Codes], beams: int = 1, longest: int | None = None
    ) -> Iterator[Translation]:
        """What base codes (L,) are mapped to, in their order; some thousand are held at a time.

        Parameters
        ----------
        beams
            Of the search: 1 is greedy.
        longest
            Letters at most; None: the most that the model was trained with.

        Raises
        ------
        ConfigError
            If a sequence has no base, or a number is below 1.
        """
        longest = self.task.longest if longest is None else longest
        if beams < 1 or longest < 1:
            raise ConfigError(f"{beams} beams, {longest} letters at most: use 1 or more")
        held: list[Codes] = []
        for sequence in sequences:
            held.append(sequence)
            if len(held) == _TOGETHER:
                yield from self._together(held, beams, longest)
                held = []
        yield from self._together(held, beams, longest)

    def _together(self, held: Sequence[Codes], beams: int, longest: int) -> Iterator[Translation]:
        """Of sequences by the strand, or the strands, that they may be of."""
        forward = self._written(held, beams, longest)
        if not self.task.either_strand:
            yield from (self._translation(written, "+") for written in forward)
            return
        reverse = self._written(list(map(reverse_complement_codes, held)), beams, longest)
        for one, other in zip(forward, reverse, strict=True):
            back = other.score > one.score
            yield self._translation(other if back else one, "-" if back else "+")

    def _translation(self, written: Written, strand: Literal["+", "-"]) -> Translation:
        letters = self.task.alphabet.decode(np.array(written.tokens, np.int64)).decode()
        return Translation(letters, written.log_probability, strand)

    def _written(self, held: Sequence[Codes], beams: int, longest: int) -> list[Written]:
        """What is written of each, as they stand; they are sorted by length in between."""
        order = sorted(range(len(held)), key=lambda number: len(held[number]))
        found: dict[int, Written] = {}
        while order:
            most = len(held[order[-1]])
            rows = max(1, BATCH_BASES // (beams * max(most, 1)))
            batch, order = order[-rows:], order[:-rows]
            written = self._search([held[number] for number in batch], beams, longest)
            found |= dict(zip(batch, written, strict=True))
        return [found[number] for number in range(len(held))]

    @torch.inference_mode()
    def _search(self, batch: Sequence[Codes], beams: int, longest: int) -> list[Written]:
        lengths = list(map(len, batch))
        if not min(lengths):
            raise ConfigError("a sequence without a base: leave it out")
        ids = source_ids(self._tokenizer, batch, round_up(max(lengths), self._settings.stride))
        own = torch.tensor(lengths, device=self._device)
        hidden, steps = self._model.encode(ids.to(self._device), own)
        task = self.task
        return beam_search(self._model.head, hidden, steps, task.begin, task.end, beams, longest)


def translate(
    model: Bundle | str | Path,
    sequences: Iterable[str],
    *,
    beams: int = 1,
    longest: int | None = None,
    device: str | None = None,
) -> list[Translation]:
    """What DNA sequences are mapped to by a model of task seq2seq.

    Parameters
    ----------
    model
        The model, or its folder.
    sequences
        Letters, any case.
    beams, longest, device
        See :class:`Translator`.

    Raises
    ------
    ConfigError
        If the model's task is another, or a sequence has no base.
    InputFormatError
        If a letter is no nucleotide.
    """
    if isinstance(sequences, str):
        raise ConfigError("sequences are given as a list, also where it is one")
    translator = Translator(bundle_of(model), device)
    return list(translator((encode(each.encode()) for each in sequences), beams, longest))
