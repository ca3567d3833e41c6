"""Where a contig has N: the gaps of an assembly, and single ambiguous bases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region
from genoseq.genome.sequences import N

if TYPE_CHECKING:
    from genoseq.readers.fasta import Fasta

# Runs of N this long are gaps of an assembly; shorter ones are ambiguous bases.
LONG_N_RUN = 100
_STRETCH = 1 << 23


@dataclass(frozen=True, slots=True)
class NRuns:
    """Runs of N of one contig: starts and ends, int64 (R,), sorted, 0-based half-open."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def count(self, start: int, end: int) -> int:
        """N among bases ``start <= i < end``."""
        first, last = np.searchsorted(self.ends, start, "right"), np.searchsorted(self.starts, end)
        inside = np.minimum(self.ends[first:last], end) - np.maximum(self.starts[first:last], start)
        return int(inside.sum())

    def long(self, chrom: str) -> Iterator[Region]:
        """Runs of at least :data:`LONG_N_RUN` bases."""
        for index in np.flatnonzero(self.ends - self.starts >= LONG_N_RUN):
            yield Region(chrom, int(self.starts[index]), int(self.ends[index]))


def n_runs(fasta: Fasta, chrom: str) -> NRuns:
    """Runs of N (any ambiguity code) of a contig; reads it once, 8 Mb at a time."""
    length = fasta.lengths[chrom]
    edges: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    before = False
    for start in range(0, length, _STRETCH):
        unknown = fasta.codes(chrom, start, min(start + _STRETCH, length)) == N
        edges.append(np.flatnonzero(np.diff(unknown, prepend=before)) + start)
        before = bool(unknown[-1])
    changes = np.concatenate([*edges, [length]] if before else edges)
    return NRuns(changes[0::2], changes[1::2])
