"""Slabs of short contigs, many at a time: what a writer does of each slab costs reads more than
their bases do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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

    def owners(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of the contig that each position of the values lies in."""
        return np.searchsorted(self.borders, positions, side="right") - 1


class ShortContigs:
    """Holds slabs of short contigs until there are many, for a function that writes them."""

    def __init__(self, write: Callable[[Joined], None]) -> None:
        self._write = write
        self._held: list[Slab] = []
        self._bases = 0

    def took(self, slab: Slab) -> bool:
        """Whether a slab is held now; before one that is not, what was held is written."""
        length = slab.values.shape[1]
        # Shorter than a page, it ends where its contig does.
        short = slab.start == 0 and length <= SHORT
        if short:
            self._held.append(slab)
            self._bases += length
        if not short or self._bases >= TOGETHER:
            self.write()
        return short

    def write(self) -> None:
        """Write what is held."""
        held, self._held, self._bases = self._held, [], 0
        if held:
            values = np.concatenate([slab.values for slab in held], axis=1)
            borders = np.cumsum([0] + [slab.values.shape[1] for slab in held])
            self._write(Joined([slab.chrom for slab in held], borders, values))
