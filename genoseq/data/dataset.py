"""Batches of windows out of stores: at random for training, in order for validation.

Both are indexed by batch, and batch n depends on the stores, the settings and n alone: a run that
starts again at step n sees what it would have seen, and there is no state to save.  Use them in a
``DataLoader`` with ``batch_size=None``.

Tokens are counted from the first base of a region.  A window begins at a token (at any base where
stride is 1), never leaves its region, and is filled up with ``[UNK]`` and unknown labels where the
region is shorter.  Tokens at a window's edge see their true neighbours inside the region, and N
beyond it.  On the reverse strand tokens are looked up and flipped, so the window's bases are those
of its tokens moved by ``alignment.reverse_shift``: with an even k at stride 1 the labels are
fetched one base further right, and the tokens are exactly those of the reverse-complemented bases
among their true neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from genoseq.config.schema import TokenizerSettings
from genoseq.config.training import TrainingSettings
from genoseq.data.batch import Batch
from genoseq.data.damage import Damage, damaged, fragments
from genoseq.data.gather import Integers, RegionPool, WindowGather, regions_of_split
from genoseq.data.nearby import check_nearby, with_nearby
from genoseq.data.negatives import check_negatives, with_negatives
from genoseq.data.rare import RareBases, rare_bases, window_starts
from genoseq.genome.sequences import Codes
from genoseq.store.store import Store
from genoseq.tokenizers.alignment import token_count

_NEGATIVES = 1
"""Of the random numbers that choose negatives, beside those of windows."""


class Share(NamedTuple):
    """Which rows of each batch one of several processes takes.

    Attributes
    ----------
    rank, of
        Number of the process from 0, and how many processes there are.
    """

    rank: int = 0
    of: int = 1

    def rows(self, count: int) -> slice:
        """Its rows of ``count``; they follow those of the rank before, and no row is left over."""
        return slice(self.rank * count // self.of, (self.rank + 1) * count // self.of)


WHOLE = Share()
"""For a single process: all rows."""


class TrainingWindows(Dataset[Batch]):
    """Random windows of the regions with split ``train``, batch by batch.

    A region is drawn in proportion to its bases, then the window's start among its tokens, all
    equally likely; or, with ``training.sampling``, some are drawn around bases of rare classes
    (:mod:`genoseq.data.rare`).

    Parameters
    ----------
    stores
        At least one; all with the same label scheme, or all without labels.
    tokenizer
        k and stride of the tokens.
    window
        Bases in a window: a multiple of the tokenizer's stride.
    training
        The number of windows per batch, and of batches, ``accumulate`` per step; whether each
        window is reverse-complemented with probability 1/2, or damaged
        (:mod:`genoseq.data.damage`).  Batch n is drawn from Philox (Salmon et al. 2011) with the
        key (seed, n).
    share
        The rows of each batch to give; what is drawn does not depend on it.
    labelled
        Whether labels are read, and regions without a known one left out.

    Raises
    ------
    StoreError
        If the stores differ in their scheme, or have no region to train on.
    ConfigError
        If the window does not consist of whole tokens.
    """

    def __init__(
        self,
        stores: Sequence[Store],
        tokenizer: TokenizerSettings,
        window: int,
        training: TrainingSettings,
        share: Share = WHOLE,
        labelled: bool = True,
    ) -> None:
        self._gather = WindowGather(stores, tokenizer, window, labelled)
        self._regions = regions_of_split(stores, "train", labelled)
        self._tokens = token_count(self._regions.bases, tokenizer.stride)
        self._ends = np.cumsum(self._tokens)
        self._batch = training.batch
        self._seed = training.seed
        self._reverse_complement = training.reverse_complement
        self._batches = training.steps * training.accumulate
        self._own = share.rows(training.batch)
        self._window = window
        self._stride = tokenizer.stride
        self._rare = None
        if training.sampling is not None and self._gather.source.scheme is not None:
            scheme = self._gather.source.scheme
            self._rare = rare_bases(stores, self._regions, scheme, training.sampling)
            self._share = training.sampling.share
        self._nearby = training.nearby
        if self._nearby is not None and self._gather.source.scheme is not None:
            check_nearby(self._nearby, self._gather.source.scheme)
        self._negatives = training.negatives
        if self._negatives is not None and self._gather.source.scheme is not None:
            check_negatives(self._gather.source.scheme)
        augment = training.augment
        self._damage = None if augment is None else Damage(augment, training.seed, self._batches)

    def __len__(self) -> int:
        return self._batches

    def __getitem__(self, number: int) -> Batch:
        if not 0 <= number < self._batches:
            raise IndexError(f"batch {number} of {self._batches}")
        batch, scheme = self._batch_of(number), self._gather.source.scheme
        labels = batch.labels
        if labels is None or scheme is None:
            return batch
        if self._nearby is not None:
            labels = with_nearby(labels, self._nearby, scheme)
        if self._negatives is not None:
            rng = np.random.default_rng([self._seed, number, _NEGATIVES])
            drawn = rng.random((self._batch, self._window))[self._own]
            labels = with_negatives(labels, batch.codes, self._negatives, scheme, drawn)
        return batch._replace(labels=labels)

    def _batch_of(self, number: int) -> Batch:
        """Windows as they are drawn."""
        key = np.array([self._seed, number], np.uint64)
        rng = np.random.Generator(np.random.Philox(key=key))
        rows, starts = self._anywhere(rng, self._batch)
        flipped = rng.integers(2, size=self._batch).astype(bool) & self._reverse_complement
        if self._rare is not None:
            chosen = rng.random(self._batch) < self._share
            near, begins = self._around(self._rare, rng, self._batch)
            rows, starts = np.where(chosen, near, rows), np.where(chosen, begins, starts)
        own = self._own
        if self._damage is None or not self._damage.level(number):
            return self._gather(self._regions.pick(rows[own]), starts[own], flipped[own])
        drawn_here = zip(rows[own], starts[own], range(self._batch)[own], strict=True)
        found = [self._damaged(self._damage, number, *each) for each in drawn_here]
        spans = np.stack([codes for codes, _ in found])
        labels = [row for _, row in found if row is not None]
        return self._gather.of_spans(spans, np.stack(labels) if labels else None, flipped[own])

    def _anywhere(self, rng: np.random.Generator, count: int) -> tuple[Integers, Integers]:
        """Regions and first tokens of windows, (count,) each."""
        drawn = rng.integers(self._ends[-1], size=count)
        rows = np.searchsorted(self._ends, drawn, side="right")
        return rows, rng.integers(np.maximum(self._tokens[rows] - self._gather.tokens, 0) + 1)

    def _around(
        self, rare: RareBases, rng: np.random.Generator, count: int
    ) -> tuple[Integers, Integers]:
        """The same of windows around rare classes."""
        rows, bases = rare.draw(rng, count)
        token, window = bases // self._stride, self._gather.tokens
        return rows, window_starts(rng, token, self._tokens[rows], window)

    def sampled_labels(
        self, rng: np.random.Generator, count: int
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Labels of windows around rare classes, and of windows anywhere: (count, L, ...) each."""
        assert self._rare is not None
        around, anywhere = (
            self._gather.source.labels(
                self._regions.pick(rows), starts * self._stride, self._window
            )
            for rows, starts in (self._around(self._rare, rng, count), self._anywhere(rng, count))
        )
        assert around is not None
        assert anywhere is not None
        return around, anywhere

    def _damaged(
        self, damage: Damage, batch: int, row: int, start: int, number: int
    ) -> tuple[Codes, NDArray[Any] | None]:
        """Span and labels of window ``number`` of a batch: as drawn, or fragments from all over."""
        gather, level, rng = self._gather, damage.level(batch), damage.generator(batch, number)
        source, length = gather.source, damage.fragment_length(batch, self._window)
        first, own = start * self._stride, self._regions.pick(np.array([row]))
        if length is None:
            rates = damage.rates(level, rng)
            return damaged(source, own, first - gather.left, gather.span, rates, rng)
        nothing = RegionPool(*(np.zeros(1, np.int64) for _ in range(4)))
        codes, labels = source.read(nothing, 0, gather.span)
        for fragment in fragments(length, self._window, rng):
            rates, here = damage.rates(level, rng), slice(gather.left + fragment.at, None)
            bases, known = damaged(source, own, first, fragment.length, rates, rng)
            codes[here][: fragment.length] = bases
            if labels is not None:
                labels[here][: fragment.length] = known
            own, first = self._elsewhere(length, rng)
        return codes, labels

    def _elsewhere(self, length: int, rng: np.random.Generator) -> tuple[RegionPool, int]:
        """Region and first base of a fragment, drawn as windows are."""
        row = np.searchsorted(self._ends, rng.integers(self._ends[-1]), side="right")
        own = self._regions.pick(np.array([row]))
        return own, int(rng.integers(max(0, int(own.bases[0]) - length) + 1))


class ValidationWindows(Dataset[Batch]):
    """Fixed windows of one split on the forward strand: side by side, never overlapping.

    Parameters
    ----------
    stores, tokenizer, window, batch, share, labelled
        As in :class:`TrainingWindows`.  The last batch may be smaller.
    split
        The split to look at.
    count
        Windows in all, evenly spread over the split; None or too many means all of them, which
        cover each base once.

    Raises
    ------
    StoreError, ConfigError
        As in :class:`TrainingWindows`.
    """

    def __init__(
        self,
        stores: Sequence[Store],
        tokenizer: TokenizerSettings,
        split: str,
        window: int,
        batch: int,
        count: int | None = None,
        share: Share = WHOLE,
        labelled: bool = True,
    ) -> None:
        self._gather = WindowGather(stores, tokenizer, window, labelled)
        self._regions = regions_of_split(stores, split, labelled)
        self._batch = batch
        self._share = share
        tokens = token_count(self._regions.bases, tokenizer.stride)
        self._windows = -(-tokens // self._gather.tokens)
        self._ends = np.cumsum(self._windows)
        total = int(self._ends[-1])
        self._count = total if count is None else min(count, total)

    def __len__(self) -> int:
        return math.ceil(self._count / self._batch)

    def __getitem__(self, step: int) -> Batch:
        if not 0 <= step < len(self):
            raise IndexError(f"batch {step} of {len(self)}")
        first = step * self._batch
        numbers = np.arange(first, min(first + self._batch, self._count))
        numbers = numbers[self._share.rows(len(numbers))]
        # The middles of `count` equal stretches of all the windows.
        windows = (2 * numbers + 1) * self._ends[-1] // (2 * self._count)
        rows = np.searchsorted(self._ends, windows, side="right")
        starts = (windows - self._ends[rows] + self._windows[rows]) * self._gather.tokens
        return self._gather(self._regions.pick(rows), starts, np.zeros(len(rows), bool))
