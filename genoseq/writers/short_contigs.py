"""Slabs of short contigs, many at a time: what a writer does of each slab costs reads more than
their bases do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from genoseq.writers.lattice import SHORT, TOGETHER, Row, Slab


@dataclass(frozen=True, slots=True)
class Joined:
    """Slabs one behind another, each a whole contig.

    Attributes
    ----------
    chroms
        Of each contig.
    borders
        Where each begins in the values, and where the last ends, shape (N + 1,).
    values
        Shape (C, L).
    """

    chroms: Sequence[str]
    borders: NDArray[np.int64]
    values: Row

    def slabs(self) -> Iterator[Slab]:
        """Of each contig."""
        bounds = pairwise(self.borders.tolist())
        for chrom, (start, end) in zip(self.chroms, bounds, strict=True):
            own: Row = self.values[:, start:end].copy()  # in C order, as slabs are
            yield Slab(chrom, 0, own)

    def owners(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of the contig that each position of the values lies in."""
        return np.searchsorted(self.borders, positions, side="right") - 1


def joined_short(slabs: Iterable[Slab]) -> Iterator[Slab | Joined]:
    """Slabs in order, those of short contigs many at a time."""
    held: list[Slab] = []
    bases = 0
    for slab in slabs:
        length = slab.values.shape[1]
        # Shorter than a page, it ends where its contig does.
        short = slab.start == 0 and length <= SHORT
        if short:
            held.append(slab)
            bases += length
        if held and (not short or bases >= TOGETHER):
            yield _joined(held)
            held, bases = [], 0
        if not short:
            yield slab
    if held:
        yield _joined(held)


def _joined(slabs: Sequence[Slab]) -> Joined:
    values = np.concatenate([slab.values for slab in slabs], axis=1)
    borders = np.cumsum([0] + [slab.values.shape[1] for slab in slabs])
    return Joined([slab.chrom for slab in slabs], borders, values)
