"""Sequences that a causal language model makes, each going on from a prompt.

A batch of sequences goes through the network word by word, and the network's state is carried
along.  Where the next bases are of a prompt they are shown, not drawn; a word that a prompt begins
is drawn from the words that begin so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import islice, product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.errors import ConfigError
from genoseq.files.progress import Report, unreported
from genoseq.genome.sequences import Codes, N, decode
from genoseq.inference.predict import bundle_of
from genoseq.inference.sampling import Sampling, beginning_with
from genoseq.models.build import SequenceModel, Stepped
from genoseq.models.bundle import Bundle
from genoseq.models.device import choose_device
from genoseq.models.encoders import can_step
from genoseq.tasks.causal_lm import CausalLm
from genoseq.tasks.task import token_ids
from genoseq.tasks.words import base_chances, word_numbers
from genoseq.tokenizers.kmer import KmerTokenizer
from genoseq.tokenizers.vocabulary import BOS

TOGETHER = 64
"""Sequences that are made at once, by default."""
_SHOWN = 128
"""Words of a prompt that are shown at once."""
_DRAWS = 1024
"""Random numbers of a sequence that are drawn at once."""
_TOLD = 100
"""Words after which it is told how many bases are made."""
_CODON = 3


@dataclass(frozen=True)
class Prompt:
    """What a sequence begins with: a name, and base codes (L,), which may be none."""

    name: str = ""
    codes: Codes = field(default_factory=lambda: np.empty(0, np.uint8))


@dataclass(frozen=True)
class Generated:
    """A sequence that was made.

    Attributes
    ----------
    prompt
        What it goes on from.
    number
        Of its prompt's sequences, from 1 on.
    codes
        Base codes of the prompt and of what follows, shape (L,).
    bases
        How many of them were made: the last ones.
    log2_likelihood
        Of those, after the prompt, as the model has it, whatever the temperature; in bits, 0 or
        less.
    stopped
        Whether it ends with a stop word.
    """

    prompt: Prompt
    number: int
    codes: Codes
    bases: int
    log2_likelihood: float
    stopped: bool


@dataclass(frozen=True)
class Stop:
    """Words (codes) after which a sequence ends; in frame: codons counted from its first base."""

    words: tuple[bytes, ...] = ()
    in_frame: bool = False

    def end(self, letters: bytes, made: int) -> int | None:
        """Where the first stop ends in letters of which those from ``made`` on are new."""
        ends = []
        for word in self.words:
            at = letters.find(word, max(0, made - len(word) + 1))
            while at >= 0 and self.in_frame and at % _CODON:
                at = letters.find(word, at + 1)
            ends += [at + len(word)] if at >= 0 else []
        return min(ends, default=None)


AS_IT_SAYS, NEVER, NOTHING = Sampling(), Stop(), (Prompt(),)


@torch.inference_mode()
def generate(
    model: Bundle | str,
    length: int,
    prompts: Sequence[Prompt] = NOTHING,
    *,
    number: int = 1,
    sampling: Sampling = AS_IT_SAYS,
    seed: int = 1,
    stop: Stop = NEVER,
    together: int = TOGETHER,
    device: str | None = None,
    report: Report = unreported,
) -> Iterator[Generated]:
    """Sequences by a causal language model, in the order of prompts.

    A sequence depends on model, prompt, sampling, seed and its number among all, and up to rounding
    not on those beside it.

    Parameters
    ----------
    model
        A bundle, or its folder.
    length
        Bases to make after the prompt; fewer where a stop word ends it.
    prompts
        A, C, G and T alone, of any lengths; by default nothing.
    number
        Sequences of each prompt.
    together
        How many go through the network at once.
    report
        Called with the bases that are made, and with all that may be.

    Raises
    ------
    ConfigError
        If the model is no causal language model or its encoder cannot be shown a sequence piece by
        piece; if there is nothing to make, or a prompt holds N.
    """
    bundle = bundle_of(model)
    check_generates(bundle, prompts, length, number)
    if not 0 <= seed < 2**63:
        raise ConfigError(f"seed {seed}: use 0 or more, below 2^63")
    network = deepcopy(bundle.model).eval().to(choose_device(device))
    asked = enumerate(product(prompts, range(1, number + 1)))
    done, total = 0, len(prompts) * number * length
    report(done, total)
    while batch := list(islice(asked, together)):
        rows = [(prompt, of) for _, (prompt, of) in batch]
        keys = [np.array([seed, each], np.uint64) for each, _ in batch]
        one = _Batch(network, rows, length, keys, sampling, stop)
        for made in one.run():
            report(done + made, total)
        done += one.made()
        yield from one.generated()


def check_generates(bundle: Bundle, prompts: Sequence[Prompt], length: int, number: int) -> None:
    """ConfigError if a bundle cannot go on from prompts."""
    problems: list[str] = []
    if not isinstance(bundle.task, CausalLm):
        why = f"sequences are generated by one of task {CausalLm.name}"
        problems += bundle.task.refusal(why).problems
    elif not can_step(bundle.model.encoder):
        problems.append(
            f"{bundle.settings.encoder.describe()}: the encoder has no method step, by which a "
            f"sequence is made word by word"
        )
    if length < 1 or number < 1:
        problems.append(f"length {length}, number {number}: give 1 or more of each")
    problems += [
        f"prompt {each.name!r}: base {int(np.argmax(each.codes >= N)) + 1} is N: give A, C, G, T"
        for each in prompts
        if bool((each.codes >= N).any())
    ]
    if problems:
        raise ConfigError(problems)


class _Batch:
    """Sequences on their way through the network.

    codes (B, L) hold what is known: prompts, and what was made.
    """

    def __init__(
        self,
        network: SequenceModel,
        rows: Sequence[tuple[Prompt, int]],
        length: int,
        keys: Sequence[NDArray[np.uint64]],
        sampling: Sampling,
        stop: Stop,
    ) -> None:
        self.network, self.rows, self.sampling, self.stop = network, rows, sampling, stop
        self.keys = keys
        self.device = next(network.parameters()).device
        self.bases = network.settings.stride
        self.tokenizer = KmerTokenizer(
            network.settings.tokenizer.k, network.settings.tokenizer.stride
        )
        self.known = np.array([len(prompt.codes) for prompt, _ in rows])
        self.ends = self.known + length
        self.bits = np.zeros(len(rows))
        self.stopped = np.zeros(len(rows), bool)
        words = -(-int(self.ends.max()) // self.bases)
        self.codes = np.full((len(rows), words * self.bases), N, np.uint8)
        for row, (prompt, _) in zip(self.codes, rows, strict=True):
            row[: len(prompt.codes)] = prompt.codes

    def run(self) -> Iterator[int]:
        """Make all sequences; now and then, how many bases are made."""
        outputs, state = self._shown()
        word = int(self.known.min()) // self.bases
        draws = np.empty((len(self.rows), 0))
        while True:
            if word % _DRAWS == 0 or not draws.size:
                draws = self._draws(word // _DRAWS)
            self._word(word, outputs, draws[:, word % _DRAWS])
            word += 1
            if word * self.bases >= self.ends.max():
                break
            if word % _TOLD == 0:
                yield self.made(word)
            outputs, state = self.network.step(self._ids(word - 1, word), state)
        yield self.made()

    def made(self, words: int | None = None) -> int:
        """Bases that are made of the first words, or of all."""
        ends = self.ends if words is None else np.minimum(self.ends, words * self.bases)
        return int((ends - self.known).clip(0).sum())

    def generated(self) -> Iterator[Generated]:
        """The sequences, once all are made."""
        for index, (prompt, number) in enumerate(self.rows):
            end, known = int(self.ends[index]), int(self.known[index])
            codes, bits = self.codes[index, :end].copy(), float(self.bits[index])
            yield Generated(prompt, number, codes, end - known, bits, bool(self.stopped[index]))

    def _shown(self) -> tuple[Tensor, Stepped]:
        """What the network says after the words that all prompts have, and where it stands."""
        tokens = self.bases // self.tokenizer.stride
        begin = torch.full((len(self.rows), tokens), BOS, device=self.device)
        outputs, state = self.network.step(begin)
        common = int(self.known.min()) // self.bases
        for first in range(0, common, _SHOWN):
            ids = self._ids(first, min(common, first + _SHOWN))
            outputs, state = self.network.step(ids, state)
        return outputs, state

    def _ids(self, first: int, last: int) -> Tensor:
        """Token ids of words ``first <= n < last``."""
        codes = self.codes[:, first * self.bases : last * self.bases]
        # What is behind the end of a sequence that has ended is not looked at.
        return token_ids(self.tokenizer, torch.from_numpy(codes).clamp_max(3)).to(self.device)

    def _draws(self, block: int) -> NDArray[np.float64]:
        """A random number for each word of a block of every sequence, whatever came before."""
        counter = np.array([0, block, 0, 0], np.uint64)
        drawn = (np.random.Philox(key=key, counter=counter) for key in self.keys)
        return np.stack([np.random.Generator(each).random(_DRAWS) for each in drawn])

    def _word(self, word: int, outputs: Tensor, uniform: NDArray[np.float64]) -> None:
        """Draw a word of every sequence, as far as it is not known."""
        first, last = word * self.bases, (word + 1) * self.bases
        log_p = outputs[:, -1].double().log_softmax(-1).cpu()
        known = np.clip(self.known - first, 0, self.bases)
        letters = self.codes[:, first:last]
        numbers = word_numbers(torch.from_numpy(letters).clamp_max(3), self.bases)[:, 0]
        held = torch.from_numpy(known)
        prefix = numbers >> 2 * (self.bases - held)
        allowed = beginning_with(log_p, self.bases, held, prefix)
        drawn = self.sampling.draw(allowed, torch.from_numpy(uniform))
        shifts = 2 * torch.arange(self.bases - 1, -1, -1)
        letters[:] = (drawn[:, None] >> shifts & 3).numpy().astype(np.uint8)
        self._end(first)
        chances, _ = base_chances(log_p[:, None], torch.from_numpy(letters))
        at = np.arange(first, last)
        new = (at >= self.known[:, None]) & (at < self.ends[:, None])
        self.bits += np.where(new, chances.numpy() / np.log(2), 0).sum(1)

    def _end(self, first: int) -> None:
        """End the sequences that have come to a stop word in the word that begins at ``first``."""
        if not self.stop.words:
            return
        reach = max(map(len, self.stop.words)) + _CODON
        begin = max(0, first - reach) // _CODON * _CODON
        for row in np.flatnonzero(~self.stopped & (self.ends > first)):
            made = max(first, int(self.known[row]))
            until = min(first + self.bases, int(self.ends[row]))
            letters = decode(self.codes[row, begin:until])
            end = self.stop.end(letters, made - begin)
            if end is not None:
                self.ends[row], self.stopped[row] = begin + end, True
