"""predictions.tsv.gz: one line per base with every channel's value, compressed and indexed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from genoseq.genome.tracks import Channel
from genoseq.writers import digits
from genoseq.writers.lattice import Slab, is_gap
from genoseq.writers.manifest import MANY, OutputFile, plain
from genoseq.writers.short_contigs import Joined
from genoseq.writers.tabix import Blocks, TabixFile, in_blocks
from genoseq.writers.tbi import Text

PREDICTIONS = "predictions.tsv.gz"
_LINES = 1 << 15
"""Lines built at once: they fit the processor's cache."""


class TsvWriter:
    """Writes ``predictions.tsv.gz`` and its index, slab by slab.

    The header is ``#chrom start end`` and the channels' labels.  A base without any value has no
    line; a missing value of one channel is ``nan``.
    """

    def __init__(
        self, folder: Path, lengths: Mapping[str, int], channels: tuple[Channel, ...]
    ) -> None:
        self._file = TabixFile(folder / PREDICTIONS, lengths)
        names = [plain(channel.label) for channel in channels]
        self._file.write(("\t".join(["#chrom", "start", "end", *names]) + "\n").encode())

    def write(self, slab: Slab) -> None:
        """Add a slab, shape (C, L)."""
        self.add(tsv_lines(slab))

    def add(self, lines: Blocks) -> None:
        """Add the lines of a slab, or of a few short contigs."""
        self._file.append(lines)

    def finish(self) -> list[OutputFile]:
        """Index the file."""
        index = self._file.finish()
        return [
            OutputFile(PREDICTIONS, "predictions", MANY, MANY, "tsv"),
            OutputFile(f"{PREDICTIONS}.{index}", "index", MANY, MANY, index),
        ]

    def close(self) -> None:
        """The file does not stay open between two slabs."""


def tsv_lines(unit: Slab | Joined) -> Blocks:
    """Lines of a slab, or of a few short contigs."""
    slabs = [unit] if isinstance(unit, Slab) else unit.slabs()
    return in_blocks(text for slab in slabs for text in tsv_texts(slab))


def tsv_texts(slab: Slab) -> Iterator[Text]:
    """Lines of a slab, a few at a time."""
    chrom = slab.chrom.encode()
    bases = np.flatnonzero(~is_gap(slab.values).all(axis=0))
    for at in range(0, len(bases), _LINES):
        part = bases[at : at + _LINES]
        starts = part + slab.start
        whole = part[-1] - part[0] + 1 == len(part)
        rows = slab.values[:, part[0] : part[-1] + 1] if whole else slab.values[:, part]
        columns = [digits.values(row) for row in rows]
        low, high = digits.integers(starts), digits.integers(starts + 1)
        text = digits.lines([chrom, low, high, *columns], len(part))
        yield Text(text, slab.chrom, starts, starts + 1)
