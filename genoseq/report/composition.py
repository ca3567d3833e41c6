"""What bases of a split are: how many are N, how many have no label, and which words they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.genome.sequences import Codes, N, encode
from genoseq.readers.fasta import open_fasta
from genoseq.store.store import Store

WORD = 4
"""Bases of a word: 136 of them, both strands as one."""
_CHUNK = 1 << 17
_MOST_CHUNKS = 128
"""16 Mb of a genome's split say what its words are."""
_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Composition:
    """Counts of bases.

    Attributes
    ----------
    name
        The genome.
    split
        train, valid, test, or empty where it is the whole genome.
    bases, unknown
        All of them, and those that are N.
    unlabelled
        Those without a known label: masked, or not trusted; None where there are no labels.
    words
        Canonical words of :data:`WORD` bases, of an even sample: shape (4 ** WORD,).
    """

    name: str
    split: str
    bases: int
    unknown: int
    unlabelled: int | None
    words: NDArray[np.int64]

    @property
    def gc(self) -> float:
        """Share of G and C among the bases of words, NaN where there are none."""
        total = int(self.words.sum())
        return float(self.words @ _GC_OF_WORDS) / total if total else float("nan")


def split_composition(store: Store, split: str) -> Composition:
    """Of the regions of a split."""
    indices = [int(index) for index in store.regions.of_split(split)]
    bases = int(store.regions.bases[indices].sum())
    unknown = unlabelled = 0
    for index in indices:
        region = store.regions[index]
        for codes in _chunks(store.codes(region.chrom, region.start, region.end)):
            unknown += int((codes == N).sum())
        if store.scheme is not None:
            for labels in _chunks(store.region_labels(index)):
                unlabelled += _without_label(labels)
    found = None if store.scheme is None else unlabelled
    stretches = (
        store.codes(region.chrom, region.start, region.end)
        for region in (store.regions[index] for index in indices)
    )
    return Composition(store.name, split, bases, unknown, found, count_words(stretches, bases))


def genome_composition(name: str, fasta: Path) -> Composition:
    """Of a whole genome, without labels."""
    with open_fasta(fasta) as genome:
        lengths = dict(genome.lengths)
        unknown = 0

        def stretches() -> Iterator[Codes]:
            nonlocal unknown
            for chrom, size in lengths.items():
                for start in range(0, size, _CHUNK):
                    codes = encode(genome.fetch(chrom, start, min(start + _CHUNK, size)))
                    unknown += int((codes == N).sum())
                    yield codes

        words = count_words(stretches(), sum(lengths.values()))
    return Composition(name, "", sum(lengths.values()), unknown, None, words)


def _without_label(labels: NDArray[np.generic]) -> int:
    """Bases of which nothing is known: no class, or no signal at all."""
    if labels.dtype == np.uint8:
        return int((labels == UNKNOWN_LABEL).sum())
    return int(np.isnan(labels.astype(np.float32)).all(axis=-1).sum())


def count_words(stretches: Iterable[Codes], bases: int) -> NDArray[np.int64]:
    """Canonical words of stretches of so many bases together; of an even sample of large ones."""
    every = max(1, -(-bases // (_CHUNK * _MOST_CHUNKS)))
    counts: NDArray[np.int64] = np.zeros(4**WORD, np.int64)
    number = 0
    for codes in stretches:
        for chunk in _chunks(codes):
            if number % every == 0:
                counts += _words(chunk)
            number += 1
    both: NDArray[np.int64] = counts + counts[_REVERSED]
    return both


def divergence(left: NDArray[np.int64], right: NDArray[np.int64]) -> float | None:
    """Jensen-Shannon divergence of two counts of words, in bits: 0 alike, 1 nothing in common.

    None where one of them has no word.
    """
    if not left.sum() or not right.sum():
        return None
    p, q = left / left.sum(), right / right.sum()
    middle = (p + q) / 2
    return max(0.0, _entropy(middle) - (_entropy(p) + _entropy(q)) / 2)


def _entropy(p: NDArray[np.float64]) -> float:
    seen = p[p > 0]
    return float(-(seen * np.log2(seen)).sum())


def _words(codes: Codes) -> NDArray[np.int64]:
    size = len(codes) - WORD + 1
    if size < 1:
        return np.zeros(4**WORD, np.int64)
    numbers = np.zeros(size, np.int64)
    known = np.ones(size, np.bool_)
    for offset in range(WORD):
        column = codes[offset : offset + size]
        known &= column < N
        numbers = numbers * 4 + column
    return np.bincount(numbers[known], minlength=4**WORD)[: 4**WORD]


def _chunks(values: NDArray[_T]) -> Iterator[NDArray[_T]]:
    return (values[at : at + _CHUNK] for at in range(0, len(values), _CHUNK))


def _digits() -> NDArray[np.int64]:
    """The bases of every word, shape (4 ** WORD, WORD)."""
    return np.arange(4**WORD)[:, None] // 4 ** np.arange(WORD)[::-1] % 4


_REVERSED = (3 - _digits())[:, ::-1] @ 4 ** np.arange(WORD)[::-1]
"""Number of each word's reverse complement."""
_GC_OF_WORDS = np.isin(_digits(), (1, 2)).mean(1)
