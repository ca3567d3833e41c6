"""Values of bins instead of bases: one number for k bp, so that files of whole genomes are small.

Bins lie on the contig, the first at its first base.  Their number goes to each of their bases that
has a value, and the others stay gaps; the last bin of a contig may be shorter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.writers.contents import Contents, Writer
from genoseq.writers.lattice import Row, Slab, as_kept, floats
from genoseq.writers.manifest import OutputFile

LONGEST_BIN = 1 << 16
"""bp: a bin lies in two slabs at most."""


@dataclass(frozen=True, slots=True)
class Bins:
    """What is told of every ``size`` bp: the mean of their values, or the largest.

    Raises
    ------
    ConfigError
        If the size is not 1 to :data:`LONGEST_BIN`.
    """

    size: int
    by: Literal["mean", "max"] = "mean"

    def __post_init__(self) -> None:
        if not 1 <= self.size <= LONGEST_BIN:
            raise ConfigError(f"bin {self.size}: use 1 to {LONGEST_BIN} bp")

    def to_json(self) -> dict[str, Any]:
        """As records say it."""
        return {"bin": self.size, "bin_by": self.by}


def bins_of(size: int | None, by: Literal["mean", "max"]) -> Bins | None:
    """Bins that were asked for; None where every base is told.

    Raises
    ------
    ConfigError
        If it is said what is told of bins, and not how large they are; or as :class:`Bins`.
    """
    if size is None and by != "mean":
        raise ConfigError(f"--bin-by {by} is of bins: add --bin BP")
    return None if size in (None, 1) else Bins(size, by)


@dataclass
class _Held:
    """A slab, and what its bins have: each bin's mean or maximum follows once none can join.

    Attributes
    ----------
    slab, values
        It, and its values as float32 (C, L).
    first
        Number of its first bin on the contig.
    edges
        First base of each of its bins in it, (N,).
    sums, counts
        Of each bin, (C, N): the sum or the maximum of what is known, and how many bases that is.
    """

    slab: Slab
    values: NDArray[np.float32]
    first: int
    edges: NDArray[np.int64]
    sums: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def last(self) -> int:
        """Number of its last bin."""
        return self.first + len(self.edges) - 1


class BinnedWriter:
    """Gives a writer slabs whose values are those of bins; see :class:`Writer`.

    A slab waits for the next one, which may have the rest of its last bin.
    """

    def __init__(self, writer: Writer, bins: Bins, of: Contents) -> None:
        self._writer, self._bins, self._of = writer, bins, of
        self._held: _Held | None = None

    def write(self, slab: Slab) -> None:
        """Add a slab, shape (C, L)."""
        new, held = self._summed(slab), self._held
        if held is not None:
            if (held.slab.chrom, held.last) == (slab.chrom, new.first):
                self._join(held, new)
            self._writer.write(self._told(held))
        self._held = new

    def finish(self) -> list[OutputFile]:
        """Write the last slab; the files."""
        if self._held is not None:
            self._writer.write(self._told(self._held))
            self._held = None
        return self._writer.finish()

    def close(self) -> None:
        """Close the writer."""
        self._writer.close()

    def _summed(self, slab: Slab) -> _Held:
        values, size = floats(slab.values), self._bins.size
        first, last = slab.start // size, (slab.start + values.shape[1] - 1) // size
        edges = np.maximum(np.arange(first, last + 1) * size - slab.start, 0)
        known = ~np.isnan(values)
        if self._bins.by == "max":
            sums = np.fmax.reduceat(values.astype(np.float64), edges, axis=1)
        else:
            sums = np.add.reduceat(np.where(known, values, 0).astype(np.float64), edges, axis=1)
        counts = np.add.reduceat(known, edges, axis=1, dtype=np.int64)
        return _Held(slab, values, first, edges, sums, counts)

    def _join(self, held: _Held, new: _Held) -> None:
        """Make the last bin of a slab and the first of the next, which are one, alike."""
        joined = np.fmax if self._bins.by == "max" else np.add
        held.sums[:, -1] = new.sums[:, 0] = joined(held.sums[:, -1], new.sums[:, 0])
        held.counts[:, -1] = new.counts[:, 0] = held.counts[:, -1] + new.counts[:, 0]

    def _told(self, held: _Held) -> Slab:
        """The slab with the numbers of its bins, as they are kept."""
        whole = np.ones_like(held.counts) if self._bins.by == "max" else held.counts
        of_bins = (held.sums / np.maximum(whole, 1)).astype(np.float32)
        widths = np.diff(held.edges, append=held.values.shape[1])
        told = np.repeat(of_bins, widths, axis=1)
        told[np.isnan(held.values)] = np.nan
        rows: Row = as_kept(told, self._of.kind, self._of.digits, self._of.decimals)
        return Slab(held.slab.chrom, held.slab.start, rows)
