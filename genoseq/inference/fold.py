"""Embedding and strided convolution as look-ups: what makes scoring cheap.

Token ids are a function of bases, and a convolution over embeddings of ids is a sum of table rows,
one table a tap.  Taps side by side are added up beforehand, for every word of bases that they can
see.  The default stem (k = 3, kernel 9, stride 3) becomes three tables of 5-mers over the alphabet
ACGTN: three look-ups and two additions a step, exact but for the order of additions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from genoseq.config.context import FOLDED_WORD
from genoseq.config.schema import ModelSettings
from genoseq.genome.sequences import ALPHABET, N
from genoseq.kernels.cpu import Chosen, choose, look_up
from genoseq.models.build import SequenceModel
from genoseq.tokenizers.kmer import KmerTokenizer

_FEWEST_TAPS = 3
"""Taps of a longer stride that a look-up has to replace: fewer are no faster than the module."""


@dataclass(frozen=True)
class FoldedStem:
    """The stem of a model as tables.

    Attributes
    ----------
    tables
        Shape (G, 5 ** word, D): the part of a step's vector that its g-th word of bases decides.
    word, hop, step
        Bases of a word; bases from a word to the next; bases of a step, a multiple of `hop`.
    offset
        First base of a step's first word, relative to the step's own first base (0 or less).
    activate
        Whether GELU follows, as after a convolution.
    compiled
        Kernels that look up; None: PyTorch does.
    dtype
        Number format of the vectors; uint8: bytes, ``round(x * scale + zero)``.
    scale, zero
        Of bytes, shape (D,).
    """

    tables: Tensor
    word: int
    hop: int
    step: int
    offset: int
    activate: bool
    compiled: Chosen | None = None
    dtype: torch.dtype = torch.float32
    scale: Tensor | None = None
    zero: Tensor | None = None

    def to(self, device: torch.device, dtype: torch.dtype) -> FoldedStem:
        """The same for a device, with vectors in a number format."""
        chosen = choose() if device.type == "cpu" else None
        if chosen is not None and dtype in chosen.dtypes:
            return replace(self, compiled=chosen, dtype=dtype)
        return replace(self, tables=self.tables.to(device, dtype), dtype=dtype)

    def as_bytes(self, scale: Tensor, zero: Tensor) -> FoldedStem:
        """The same with vectors in bytes, where kernels that have int8 look up."""
        assert self.compiled is not None
        return replace(self, dtype=torch.uint8, scale=scale, zero=zero)

    def __call__(self, codes: Tensor) -> Tensor:
        """Vectors of shape (T, R, D), time first, of base codes of shape (R, T * step).

        Bases outside the rows are N, as in the model itself.
        """
        groups, (rows, bases), hops = len(self.tables), codes.shape, self.step // self.hop
        reach = (bases // self.step - 1) * hops + 1
        count = reach + groups - 1
        behind = (count - 1) * self.hop + self.word + self.offset - bases
        padded = functional.pad(codes, (-self.offset, max(behind, 0)), value=N)
        if self.compiled is not None:
            return look_up(
                self.compiled, padded, self.tables, steps=bases // self.step, word=self.word,
                hop=self.hop, step=self.step, activate=self.activate, dtype=self.dtype,
                scale=self.scale, zero=self.zero,
            )  # fmt: skip
        words = torch.zeros((count, rows), dtype=torch.int32, device=codes.device)
        for base in range(self.word):
            letters = padded[:, base : base + (count - 1) * self.hop + 1 : self.hop]
            words.mul_(len(ALPHABET)).add_(letters.T)
        total = functional.embedding(words[:reach:hops], self.tables[0])
        for group in range(1, groups):
            total += functional.embedding(words[group : group + reach : hops], self.tables[group])
        return functional.gelu(total) if self.activate else total


def can_fold(settings: ModelSettings) -> bool:
    """Whether words that enough taps see are short enough for tables."""
    taps, stride = _taps(settings), 1 if settings.stem is None else settings.stem.stride
    return taps > 0 and (taps == stride or taps >= _FEWEST_TAPS)


def fold_stem(model: SequenceModel, settings: ModelSettings) -> FoldedStem:
    """Tables of a model's embedding and stem, float32, on the CPU."""
    k, token_stride = settings.tokenizer.k, settings.tokenizer.stride
    embedding = model.embedding.weight.detach().double()
    if settings.stem is None or model.stem is None:
        taps = torch.eye(embedding.shape[1], dtype=torch.float64)[None]
        bias, stride, margin = torch.zeros(embedding.shape[1]), 1, 0
    else:
        convolution = model.stem.convolution
        taps = convolution.weight.detach().double().permute(2, 1, 0)
        assert convolution.bias is not None
        bias, stride = convolution.bias.detach(), settings.stem.stride
        margin, _ = settings.stem.margins
    together = _taps(settings)
    groups = -(-len(taps) // together)
    tables = torch.zeros(groups, len(ALPHABET) ** _word(settings), taps.shape[2])
    tokens = _tokens_of_words(_word(settings), k, token_stride, together)
    for tap, weights in enumerate(taps):
        tables[tap // together] += (embedding @ weights)[tokens[tap % together]].float()
    tables[0] += bias
    hop, step = together * token_stride, stride * token_stride
    offset = -margin * token_stride - (k - token_stride) // 2
    return FoldedStem(tables, _word(settings), hop, step, offset, settings.stem is not None)


def _taps(settings: ModelSettings) -> int:
    """Taps to a word: as many as divide the stride and see no more than the largest word, or 0."""
    stride = 1 if settings.stem is None else settings.stem.stride
    k, token_stride = settings.tokenizer.k, settings.tokenizer.stride
    most = (FOLDED_WORD - k) // token_stride + 1 if k <= FOLDED_WORD else 0
    return max((n for n in range(1, most + 1) if stride % n == 0), default=0)


def _word(settings: ModelSettings) -> int:
    """Bases that the taps of a word see."""
    return (_taps(settings) - 1) * settings.tokenizer.stride + settings.tokenizer.k


def _tokens_of_words(word: int, k: int, token_stride: int, count: int) -> list[Tensor]:
    """Ids of the ``count`` tokens of every word of bases, in the order of the words' numbers."""
    letters = len(ALPHABET)
    numbers = np.arange(letters**word)
    digits = [numbers // letters ** (word - 1 - index) % letters for index in range(word)]
    words = np.stack(digits, axis=1).astype(np.uint8)
    ids = KmerTokenizer(k, 1).kmers(words.ravel()).astype(np.int64)
    starts = numbers * word
    return [torch.from_numpy(ids[starts + token * token_stride]) for token in range(count)]
