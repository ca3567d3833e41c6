"""Where else a CDS may start: the other start codons of its frame, before and behind its own.

Which codons start and stop is taken from the CDS of the annotation themselves, so that any genetic
code will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds
from genoseq.genome.sequences import Codes, N, reverse_complement_codes

_STOPS = frozenset({48, 50, 56})  # TAA, TAG, TGA as 16 * first + 4 * second + third
_RARE = 0.01
"""Share of the CDS below which a codon is an exception: it is no start that others may have."""


class Genome(Protocol):
    """Bases by contig; a :class:`genoseq.readers.fasta.Fasta` is one."""

    @property
    def lengths(self) -> dict[str, int]:
        """bp of each contig."""

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Bases ``start <= i < end``."""


@dataclass(frozen=True)
class StartDoubt:
    """How many bases around a start are in doubt.

    Attributes
    ----------
    genome
        Its bases.
    starts, stops
        Codons, each 16 * first + 4 * second + third base.
    reach
        bp before and behind a start that are looked at.
    """

    genome: Genome
    starts: frozenset[int]
    stops: frozenset[int]
    reach: int

    def around(self, cds: Cds) -> tuple[int, int]:
        """Bases before the first of a CDS, and from it on, whose label depends on where it starts.

        Before: up to the farthest start codon in frame that no stop parts from it.  From it on: up
        to the last start codon in frame, in the first half of the CDS at most.  Neither is more
        than :attr:`reach`; both are 0 of a CDS that is cut off at its start.
        """
        if cds.partial_start:
            return 0, 0
        before = 0
        for count, codon in enumerate(self._codons_before(cds.parts[0]), 1):
            if codon in self.stops or codon < 0:
                break
            if codon in self.starts:
                before = 3 * count
        most = min(self.reach, len(cds) // 2) // 3
        within = _codons(_first_codes(self.genome, cds, 3 * (most + 1)))
        others = [n for n, codon in enumerate(within) if codon in self.starts and n <= most]
        return before, 3 * max(others, default=0)

    def _codons_before(self, first: Feature) -> Iterator[int]:
        """Codons in frame before a CDS, the nearest first, on its contig."""
        reach = self.reach // 3 * 3
        if first.strand == "-":
            after = _stretch(self.genome, first.chrom, first.end, first.end + reach)
            codes = reverse_complement_codes(after)
        else:
            codes = _stretch(self.genome, first.chrom, first.start - reach, first.start)
        yield from _codons(codes[len(codes) % 3 :])[::-1]


def start_doubt(annotation: Annotation, genome: Genome, reach: int) -> StartDoubt:
    """Doubt about the starts of an annotation, whose whole CDS say which codons start and stop.

    Of TAA, TAG and TGA those stop that end one CDS in a hundred, or all three if there are too few
    CDS to tell; those codons start that begin one in a hundred.
    """
    first, last = Counter[int](), Counter[int]()
    for cds in annotation.coding():
        if cds.partial_start or cds.partial_end or len(cds) % 3:
            continue
        first.update(_codons(_first_codes(genome, cds, 3)))
        last.update(_codons(_last_codes(genome, cds, 3)))
    total = first.total()
    starts = {codon for codon, n in first.items() if codon >= 0 and n >= _RARE * total}
    stops = {codon for codon in _STOPS if last[codon] >= _RARE * total}
    # Of a GTF whose CDS end before the stop none is found.
    told = stops if stops and total >= 1 / _RARE else _STOPS
    return StartDoubt(genome, frozenset(starts), frozenset(told), reach)


def _stretch(genome: Genome, chrom: str, start: int, end: int) -> Codes:
    """Bases as far as the contig goes; what lies beyond it is told where labels are made."""
    length = genome.lengths.get(chrom, 0)
    low = min(max(start, 0), length)
    return genome.codes(chrom, low, max(low, min(end, length))) if length else np.empty(0, np.uint8)


def _codons(codes: Codes) -> list[int]:
    """Numbers of whole codons, -1 where a base is N."""
    triples = codes[: len(codes) // 3 * 3].reshape(-1, 3).astype(np.int64)
    numbers = np.where((triples == N).any(1), -1, triples @ np.array([16, 4, 1]))
    return [int(number) for number in numbers]


def _first_codes(genome: Genome, cds: Cds, bases: int) -> Codes:
    """The first bases of a CDS, in its direction."""
    return _joined(genome, cds.parts, bases, first=True)


def _last_codes(genome: Genome, cds: Cds, bases: int) -> Codes:
    """The last bases of a CDS, in its direction."""
    return _joined(genome, reversed(cds.parts), bases, first=False)


def _joined(genome: Genome, parts: Iterable[Feature], bases: int, first: bool) -> Codes:
    """Bases of parts, from one end of a CDS on; in its direction whichever end that is."""
    pieces: list[Codes] = []
    for part in parts:
        size = min(bases, len(part))
        low = first == (part.strand != "-")
        start = part.start if low else part.end - size
        codes = _stretch(genome, part.chrom, start, start + size)
        pieces.append(reverse_complement_codes(codes) if part.strand == "-" else codes)
        bases -= size
        if not bases:
            break
    return np.concatenate(pieces if first else pieces[::-1])
