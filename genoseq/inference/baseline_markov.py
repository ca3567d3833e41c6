"""What a base is told by from the few before it: the Markov models that a language model has to
beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.inference.baseline_kmers import Values, codes_around
from genoseq.store.store import Store

ORDERS = (0, 5)
"""Bases before a base that tell it."""
_CHUNK_BASES = 1 << 20


@dataclass(frozen=True)
class Markov:
    """Chances of a base after each word of ``order`` bases, shape (4 ** order, 4), and after any
    word, (4,)."""

    order: int
    chances: NDArray[np.float64]
    share: NDArray[np.float64]
    note: str = ""

    @property
    def name(self) -> str:
        """``markov-5``."""
        return f"markov-{self.order}"

    def values(self, store: Store, chrom: str, start: int, end: int) -> Values:
        """Values (4, L) of bases as those of language models are, NaN where a base is N; see
        :mod:`genoseq.tasks.language`."""
        codes = codes_around(store, chrom, start, end, self.order)
        own = self._told(codes)
        other = self._told(reverse_complement_codes(codes))[:, ::-1]
        values: Values = np.stack([own[0], other[0], own[1], other[1]]) * np.float32(0.5)
        return values

    def _told(self, codes: Codes) -> Values:
        """Bits of bases and whether the most probable was right, (2, L), without the margins.

        What N hides of the word before a base may be anything: a base is then told by its share.
        """
        words, known = word_numbers(codes, self.order)
        size = len(codes) - 2 * self.order
        words, known, bases = words[:size], known[:size], codes[self.order : self.order + size]
        chances = np.where(known[:, None], self.chances[words], self.share)
        there = bases < N
        own = np.take_along_axis(chances, (bases & 3)[:, None].astype(np.int64), 1)[:, 0]
        right = chances.argmax(1) == bases
        bits = np.where(there, -np.log2(own), np.nan)
        return np.stack([bits, np.where(there, right, np.nan)]).astype(np.float32)


def word_numbers(codes: Codes, order: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number of the word of ``order`` bases at each base but the last, and whether it has no N."""
    length = len(codes) - order
    numbers, known = np.zeros(length, np.int64), np.ones(length, bool)
    for offset in range(order):
        part = codes[offset : offset + length]
        numbers = numbers * 4 + (part & 3)
        known &= part < N
    return np.where(known, numbers, 0), known


def fit_markov(stores: Sequence[Store], order: int) -> Markov:
    """Count both strands of the train regions of stores, one more of each base."""
    counts = np.zeros((4**order, 4), np.int64)
    for store in stores:
        for index in store.regions.of_split("train"):
            region = store.regions[int(index)]
            for at in range(region.start, region.end, _CHUNK_BASES):
                end = min(at + _CHUNK_BASES + order, region.end)
                forward = store.codes(region.chrom, at, end)
                for codes in (forward, reverse_complement_codes(forward)):
                    if len(codes) <= order:
                        continue
                    words, known = word_numbers(codes, order)
                    bases = codes[order:]
                    known &= bases < N
                    pairs = 4 * words[known] + bases[known]
                    counts += np.bincount(pairs, minlength=counts.size).reshape(counts.shape)
    smoothed = counts + 1.0
    share = smoothed.sum(0) / smoothed.sum()
    return Markov(order, smoothed / smoothed.sum(1, keepdims=True), share)
