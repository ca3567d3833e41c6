"""Damage to training windows: indels, substitutions, N, and fragments; see ``training.augment``.

What a batch becomes depends on the settings, the seed and its number alone, and on the number of a
window in it: neither on how many processes share it, nor on where a training began again.  It is
drawn from Philox with the key of the batch (seed, number), from counters that the batch itself
never comes to.

Labels stay with their bases: behind an indel the codon phases are those of the genome, a base that
goes takes its label along, and an inserted one has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.config.augment import AugmentSettings
from genoseq.data.gather import Integers, RegionPool, WindowSource
from genoseq.genome.sequences import Codes, N

_INTACT = {"indels": 0.4, "substitutions": 0.5, "ambiguous": 0.7}
"""Shares of the samples that have none of each."""
_GAPS = (30, 150)
"""bp of N between two fragments of a window, from and up to: about as many as a genome has."""
_INSERTED = -1
_STREAM = 1  # in the highest word of Philox's counter: 2^192 blocks from the batch's own


class Rates(NamedTuple):
    """Damaged bases of a fragment, or of a whole window, as shares of all."""

    indels: float
    substitutions: float
    ambiguous: float


class Fragment(NamedTuple):
    """A fragment's place in its window, and its length in bp."""

    at: int
    length: int


@dataclass(frozen=True)
class Damage:
    """What happens to the windows of a training.

    Attributes
    ----------
    settings
        How much of what.
    seed
        Of the training.
    batches
        Of the whole training.
    """

    settings: AugmentSettings
    seed: int
    batches: int

    def level(self, number: int) -> float:
        """How much of the damage batch ``number`` gets, 0 to 1."""
        done = number / self.batches
        begin, full = self.settings.begin, self.settings.full
        if done < begin or self._drawn(number)[2] >= self.settings.share:
            return 0.0
        return 1.0 if done >= full else (done - begin) / (full - begin)

    def _drawn(self, number: int) -> NDArray[np.float64]:
        """What decides a whole batch: three numbers from 0 to 1."""
        return self.generator(number).random(3)

    def generator(self, number: int, row: int | None = None) -> np.random.Generator:
        """Random numbers of a batch, or of one of its rows."""
        counter = np.array([0, 0, 0 if row is None else row + 1, _STREAM], np.uint64)
        key = np.array([self.seed, number], np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=counter))

    def fragment_length(self, number: int, window: int) -> int | None:
        """bp of all fragments of batch ``number``, a multiple of 3; None if windows stay whole."""
        settings = self.settings
        cut, where, _ = self._drawn(number)
        if settings.shortest is None or cut >= self.level(number):
            return None
        low, high = np.log(settings.shortest), np.log(settings.longest)
        length = max(3, int(np.exp(low + where * (high - low))) // 3 * 3)
        return None if length >= window else length

    def rates(self, level: float, rng: np.random.Generator) -> Rates:
        """Rates of a sample; each is 0 in some samples, and else anything up to its most."""
        spared, share = rng.random((2, len(Rates._fields)))
        most = [getattr(self.settings, name) for name in Rates._fields]
        intact = [_INTACT[name] for name in Rates._fields]
        drawn = np.where(spared < intact, 0.0, level * share * np.array(most))
        return Rates(*map(float, drawn))


def fragments(length: int, window: int, rng: np.random.Generator) -> Iterator[Fragment]:
    """As many fragments as a window holds, N between them and on either side."""
    gap = int(rng.integers(*_GAPS))
    count = max(1, (window + gap) // (length + gap))
    spare = window - count * (length + gap) + gap
    first = int(rng.integers(spare + 1))
    for number in range(count):
        yield Fragment(first + number * (length + gap), length)


def copied(length: int, indels: float, rng: np.random.Generator) -> Integers:
    """Which base of the genome each of ``length`` bases is, counted from the first; -1: inserted.

    Half of the indels are insertions, half deletions of the base before, of 1 bp each.
    """
    if not indels:
        return np.arange(length)
    inserted, deleted = rng.random((2, length)) < indels / 2
    index = np.cumsum(~inserted) + np.cumsum(deleted) - 1
    return np.where(inserted, _INSERTED, index)


def worn(codes: Codes, rates: Rates, rng: np.random.Generator) -> Codes:
    """A whole sequence, damaged: half of its indels are insertions behind a base, half deletions.

    At least one base stays.
    """
    inserted, deleted = rng.random((2, len(codes))) < rates.indels / 2
    copies = np.where(inserted, 2, 1) - deleted
    if not copies.any():
        copies[0] = 1
    new = np.zeros(int(copies.sum()), bool)
    new[np.cumsum(copies)[inserted & ~deleted] - 1] = True
    found = np.where(new, rng.integers(0, 4, len(new)), np.repeat(codes, copies))
    return changed(found.astype(np.uint8), rates, rng)


def changed(codes: Codes, rates: Rates, rng: np.random.Generator) -> Codes:
    """Codes with some bases another, and some N."""
    if rates.substitutions:
        other = (codes + rng.integers(1, 4, len(codes))) % 4
        hit = (rng.random(len(codes)) < rates.substitutions) & (codes != N)
        codes = np.where(hit, other, codes).astype(np.uint8)
    if rates.ambiguous:
        codes = np.where(rng.random(len(codes)) < rates.ambiguous, N, codes).astype(np.uint8)
    return codes


def damaged(
    source: WindowSource,
    region: RegionPool,
    first: int,
    length: int,
    rates: Rates,
    rng: np.random.Generator,
) -> tuple[Codes, NDArray[Any] | None]:
    """Bases and labels from base ``first`` of a region on, damaged.

    Parameters
    ----------
    source
        Reads them.
    region
        One row.
    first
        May be negative: N and unknown labels beyond the region.
    length
        bp of what comes out of it.

    Returns
    -------
    Codes (length,), and labels (length,) or (length, S), or None where there are no labels.
    """
    index = copied(length, rates.indels, rng)
    inserted = index == _INSERTED
    codes, labels = source.read(region, first, int(index.max(initial=0)) + 1)
    codes = codes[index]
    codes[inserted] = rng.integers(0, 4, int(inserted.sum()))
    if labels is not None:
        labels = labels[index]
        labels[inserted] = source.unknown_label
    return changed(codes, rates, rng), labels
