"""Reading letters of many regions with few reads: those near one another share a stretch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genoseq.extraction.intervals import Intervals
from genoseq.genome.complement import reverse_complement

if TYPE_CHECKING:
    from genoseq.readers.fasta import Fasta

# Bases read at once, and held at once in a chunk of regions.
STRETCH = 1 << 23
# Stretches begin and end on multiples of this, so that the next chunk finds its bases there.
_ROUND = 1 << 20
# Bases between two regions that are cheaper to read than a second read: 4 kb take 4 us.
_NEAR = 1 << 12
# A span is read whole if its regions are this near on average.  That costs more than reading them
# one by one, but where regions come in random order the next chunk finds its bases there.
_SPREAD = 1 << 13


@dataclass
class Stretch:
    """Consecutive bases of one contig that are held in memory, and their reverse complement."""

    chrom: str
    start: int
    forward: str
    _reverse: str | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.forward)

    @property
    def reverse(self) -> str:
        if self._reverse is None:
            self._reverse = reverse_complement(self.forward.encode("latin-1")).decode("latin-1")
        return self._reverse

    def cut(self, starts: Iterable[int], ends: Iterable[int]) -> list[str]:
        text, origin = self.forward, self.start
        return [text[start - origin : end - origin] for start, end in zip(starts, ends)]  # noqa: B905

    def cut_stranded(
        self, starts: Iterable[int], ends: Iterable[int], strands: Iterable[str]
    ) -> list[str]:
        text, back, origin, end_of_all = self.forward, self.reverse, self.start, self.end
        return [
            back[end_of_all - end : end_of_all - start]
            if strand == "-"
            else text[start - origin : end - origin]
            for start, end, strand in zip(starts, ends, strands)  # noqa: B905
        ]


class Cutter:
    """Reads letters of many regions, and keeps the last stretch for the next chunk."""

    def __init__(self, fasta: Fasta, stranded: bool) -> None:
        self.fasta = fasta
        self.stranded = stranded
        self._kept = Stretch("", 0, "")

    def cut(self, chunk: Intervals) -> list[str]:
        """Letters of each region, in order; all lie on the FASTA."""
        contigs: dict[str, list[int]] = {}
        if len(set(chunk.chroms)) == 1:
            return self._cut_contig(chunk.chroms[0], chunk.starts, chunk.ends, chunk.strands)
        for index, chrom in enumerate(chunk.chroms):
            contigs.setdefault(chrom, []).append(index)
        letters = [""] * len(chunk.chroms)
        for chrom, indices in contigs.items():
            starts, ends = [chunk.starts[i] for i in indices], [chunk.ends[i] for i in indices]
            texts = self._cut_contig(chrom, starts, ends, [chunk.strands[i] for i in indices])
            for i, text in zip(indices, texts, strict=True):
                letters[i] = text
        return letters

    def _cut_contig(
        self, chrom: str, starts: list[int], ends: list[int], strands: list[str]
    ) -> list[str]:
        low, high = min(starts), max(ends)
        spare = high - low - (sum(ends) - sum(starts))
        kept = self._kept
        if kept.chrom == chrom and kept.start <= low and high <= kept.end:
            return self._cut_stretch(kept, starts, ends, strands)
        if high - low <= STRETCH and spare <= len(starts) * _SPREAD:
            self._kept = self._read(chrom, low // _ROUND * _ROUND, -(-high // _ROUND) * _ROUND)
            return self._cut_stretch(self._kept, starts, ends, strands)
        letters = [""] * len(starts)
        for indices in _neighbours(starts, ends):
            near_starts, near_ends = [starts[i] for i in indices], [ends[i] for i in indices]
            stretch = self._read(chrom, near_starts[0], max(near_ends))
            texts = self._cut_stretch(
                stretch, near_starts, near_ends, [strands[i] for i in indices]
            )
            for i, text in zip(indices, texts, strict=True):
                letters[i] = text
        return letters

    def _cut_stretch(
        self, stretch: Stretch, starts: list[int], ends: list[int], strands: list[str]
    ) -> list[str]:
        if self.stranded and "-" in strands:
            return stretch.cut_stranded(starts, ends, strands)
        return stretch.cut(starts, ends)

    def _read(self, chrom: str, start: int, end: int) -> Stretch:
        end = min(end, self.fasta.lengths[chrom])
        return Stretch(chrom, start, self.fasta.fetch(chrom, start, end).decode("latin-1"))


def _neighbours(starts: Sequence[int], ends: Sequence[int]) -> Iterator[list[int]]:
    """Indices of regions, sorted by start, in groups that are near and fit into one stretch."""
    group: list[int] = []
    reach = 0
    for index in sorted(range(len(starts)), key=starts.__getitem__):
        grown = max(reach, ends[index])
        if group and (starts[index] > reach + _NEAR or grown - starts[group[0]] > STRETCH):
            yield group
            group, grown = [], ends[index]
        group.append(index)
        reach = grown
    if group:
        yield group
