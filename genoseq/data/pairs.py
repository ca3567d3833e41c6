"""Batches of pairs out of stores, rows of about one length: at random, or in order for validation.

As with windows, batch n depends on the stores, the settings and n alone.  A batch holds about as
many bases as ``training.batch`` windows of ``training.window``: many short pairs or few long ones.
A pair's length is that of its source or of its target, whichever is longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from genoseq.config.schema import ModelSettings
from genoseq.config.training import TrainingSettings
from genoseq.data.damage import Damage, worn
from genoseq.data.dataset import WHOLE, Share
from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.genome.sequences import Codes, N
from genoseq.genome.windows import round_up
from genoseq.store.pairs import PairStore
from genoseq.tokenizers.kmer import KmerTokenizer

_GROWTH = 8
"""Lengths of one bucket differ by one in so many."""


class PairBatch(NamedTuple):
    """Sources as tokens, and the letters that they are mapped to.

    Attributes
    ----------
    ids
        int64, shape (B, T); ``[UNK]`` behind the end of a row.
    lengths
        Bases of each source, int64, shape (B,).
    letters
        Numbers of the targets' letters, int64, shape (B, M); UNKNOWN_LABEL behind their ends.
    """

    ids: Tensor
    lengths: Tensor
    letters: Tensor


def source_ids(tokenizer: KmerTokenizer, sources: Sequence[Codes], width: int) -> Tensor:
    """Token ids of sources (L,), int64 (B, T), as many as ``width`` bases have, which none exceeds;
    ``[UNK]`` behind their ends."""
    codes = np.full((len(sources), width), N, np.uint8)
    for row, source in zip(codes, sources, strict=True):
        row[: len(source)] = source
    return torch.from_numpy(tokenizer.encode_rows(codes).astype(np.int64))


class _Pool:
    """The pairs of a split of several stores, the shortest first, P of them."""

    def __init__(self, stores: Sequence[PairStore], split: str, model: ModelSettings) -> None:
        self._stores, self._stride = stores, model.stride
        self._tokenizer = KmerTokenizer(model.tokenizer.k, model.tokenizer.stride)
        picked = [store.of_split(split) for store in stores]
        store = np.repeat(np.arange(len(stores)), list(map(len, picked)))
        both = np.concatenate([s.lengths[rows] for s, rows in zip(stores, picked, strict=True)])
        order = np.lexsort((both[:, 0], both.max(1)))
        self._store, self._pair = store[order], np.concatenate(picked)[order]
        self.lengths: NDArray[np.int64] = both.max(1)[order]

    def pair(self, row: int) -> tuple[Codes, NDArray[np.uint8]]:
        """Source and numbers of the target's letters."""
        store, number = self._stores[self._store[row]], int(self._pair[row])
        return store.source(number), store.alphabet.encode(store.target(number))

    def batch(self, pairs: Sequence[tuple[Codes, NDArray[np.uint8]]], own: slice) -> PairBatch:
        """Some of a batch's pairs, in rows that are as long as those of all."""
        bases = max(len(source) for source, _ in pairs)
        most = max(len(target) for _, target in pairs)
        kept = pairs[own]
        letters = np.full((len(kept), most), UNKNOWN_LABEL, np.int64)
        for row, (_, target) in zip(letters, kept, strict=True):
            row[: len(target)] = target
        sources = [source for source, _ in kept]
        return PairBatch(
            source_ids(self._tokenizer, sources, round_up(bases, self._stride)),
            torch.tensor(list(map(len, sources)), dtype=torch.int64),
            torch.from_numpy(letters),
        )


class TrainingPairs(Dataset[PairBatch]):
    """Random pairs of split ``train``, each as likely as any other, batch by batch.

    A bucket of pairs of about one length is drawn in proportion to its bases, then its rows.

    Parameters
    ----------
    stores
        At least one, all with targets of one alphabet.
    model
        Tokenizer and stride of the network.
    training
        ``batch`` windows of ``window`` bases are a batch; ``augment`` damages sources.  Batch n is
        drawn from Philox (Salmon et al. 2011) with the key (seed, n).
    either_strand
        Whether half of the sources are reverse-complemented; their targets stay.
    share
        The rows of each batch to give; what is drawn does not depend on it.
    """

    def __init__(
        self,
        stores: Sequence[PairStore],
        model: ModelSettings,
        training: TrainingSettings,
        share: Share = WHOLE,
    ) -> None:
        self._pool = _Pool(stores, "train", model)
        self._ends = _bucket_ends(self._pool.lengths)
        sizes = np.diff(self._ends, prepend=0)
        self._longest = self._pool.lengths[self._ends - 1]
        self._weights = np.cumsum(sizes * self._longest)
        self._bases = training.batch * training.window
        self._seed, self._share = training.seed, share
        self._batches = training.steps * training.accumulate
        augment = training.augment
        self._damage = None if augment is None else Damage(augment, training.seed, self._batches)

    def __len__(self) -> int:
        return self._batches

    def __getitem__(self, number: int) -> PairBatch:
        if not 0 <= number < self._batches:
            raise IndexError(f"batch {number} of {self._batches}")
        rng = np.random.Generator(np.random.Philox(key=np.array([self._seed, number], np.uint64)))
        drawn = rng.integers(self._weights[-1])
        bucket = int(np.searchsorted(self._weights, drawn, side="right"))
        first = int(self._ends[bucket - 1]) if bucket else 0
        count = int(self._bases // self._longest[bucket])
        rows = rng.integers(first, self._ends[bucket], size=count)
        # All are made by all: how long the rows are depends on the damage to each.
        pairs = [self._made(number, *each) for each in enumerate(rows)]
        return self._pool.batch(pairs, self._share.rows(count))

    def _made(self, batch: int, number: int, row: int) -> tuple[Codes, NDArray[np.uint8]]:
        source, target = self._pool.pair(row)
        damage = self._damage
        if damage is None or not (level := damage.level(batch)):
            return source, target
        rng = damage.generator(batch, number)
        return worn(source, damage.rates(level, rng), rng), target


class ValidationPairs(Dataset[PairBatch]):
    """Fixed pairs of one split, as they are, the shortest first.

    Parameters
    ----------
    stores, model, training, share
        As in :class:`TrainingPairs`.
    split
        The split to look at.
    count
        Pairs in all, evenly spread over the lengths; None or too many means all of them.
    """

    def __init__(
        self,
        stores: Sequence[PairStore],
        model: ModelSettings,
        training: TrainingSettings,
        split: str,
        count: int | None = None,
        share: Share = WHOLE,
    ) -> None:
        self._pool = _Pool(stores, split, model)
        total = len(self._pool.lengths)
        count = total if count is None else min(count, total)
        self._rows = (2 * np.arange(count) + 1) * total // (2 * count)
        self._firsts = _batch_firsts(
            self._pool.lengths[self._rows], training.batch * training.window
        )
        self._share = share

    def __len__(self) -> int:
        return len(self._firsts)

    def __getitem__(self, step: int) -> PairBatch:
        if not 0 <= step < len(self):
            raise IndexError(f"batch {step} of {len(self)}")
        rows = self._rows[self._firsts[step] :][: self._size(step)]
        return self._pool.batch(list(map(self._pool.pair, rows)), self._share.rows(len(rows)))

    def _size(self, step: int) -> int:
        after = self._firsts[step + 1] if step + 1 < len(self) else len(self._rows)
        return after - self._firsts[step]


def check_lengths(stores: Sequence[PairStore], window: int, longest: int) -> None:
    """ConfigError if sources are longer than a window, or targets than ``longest`` letters."""
    most = np.max([store.lengths.max(0) for store in stores], axis=0)
    problems = []
    if most.max() > window:
        problems.append(
            f"training.window {window:,}: the longest sequence of a pair has {most.max():,} "
            f"letters: raise it to that, or leave such pairs out"
        )
    if most[1] > longest:
        problems.append(
            f"task.longest {longest:,}: the longest target has {most[1]:,} letters: raise it"
        )
    if problems:
        raise ConfigError(problems)


def _bucket_ends(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where buckets of sorted lengths end."""
    edges = [1]
    while edges[-1] < lengths[-1]:
        edges.append(edges[-1] + max(1, edges[-1] // _GROWTH))
    ends = np.searchsorted(lengths, edges, side="right")
    return np.unique(ends[ends > 0])


def _batch_firsts(lengths: NDArray[np.int64], bases: int) -> list[int]:
    """First rows of batches of sorted lengths; the longest of each decides how many fit."""
    firsts, first = [], 0
    for row, length in enumerate(lengths.tolist()):
        if row == first:
            firsts.append(row)
        elif (row - first + 1) * length > bases:
            first = row
            firsts.append(row)
    return firsts
