"""Labels of a genome's regions, piece by piece, by one process or by several."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from genoseq.errors import InputFormatError, listed
from genoseq.extraction.located import LocatedRegion
from genoseq.files.inputs import Input
from genoseq.files.jobs import in_jobs
from genoseq.genome.regions import Region
from genoseq.genome.sequences import N
from genoseq.labels.classes import ClassLabels
from genoseq.labels.counts import LabelCounts
from genoseq.labels.independent import IndependentLabels
from genoseq.labels.signal_counts import SignalCounts
from genoseq.labels.signals import SignalLabels
from genoseq.readers.fasta import Fasta
from genoseq.store.files import Array, LabelledRegion

Labels = ClassLabels | IndependentLabels | SignalLabels

_PIECE_BASES = 1 << 20
"""Bases of a region that are labelled at once, and of a part for one of several processes.  It is
the same for any number of them, so that sums of signals are."""


def labelled_regions(
    genome: Fasta,
    located: Sequence[LocatedRegion],
    labels: Labels | None,
    done: Callable[[int], None],
    path: Input | None,
    jobs: int,
) -> Iterator[LabelledRegion]:
    """Regions as the store takes them, one at a time; labels of N are unknown.

    Parameters
    ----------
    done
        Called with the bases of each piece.
    path
        The annotation.
    jobs
        Processes that share the pieces.

    Raises
    ------
    InputFormatError
        If none of the regions has a base of a class.
    """
    if labels is None:
        for one in located:
            yield one.region, one.split, None
            done(len(one.region))
        return
    counts = LabelCounts(labels.scheme)

    def told() -> Generator[Array, None, None]:
        for part in in_jobs(_Labelled(genome, labels), _parts(located), jobs):
            counts.join(part.counts)
            if isinstance(labels, SignalLabels) and part.signals is not None:
                labels.counts.join(part.signals)
            yield from part.labels

    with closing(told()) as pieces:
        for one in located:
            found = []
            for values in islice(pieces, len(_cut(one.region))):
                found.append(values)
                done(len(values))
            yield one.region, one.split, found[0] if len(found) == 1 else np.concatenate(found)
    if absent := counts.absent():
        raise InputFormatError(
            f"no base of the regions is labelled {listed(absent)}: what it has lies outside of "
            f"them, is masked, or is N; choose other regions, or leave the class out",
            path,
        )


class _Part(NamedTuple):
    """Labels of pieces, and what was counted in them."""

    labels: list[Array]
    counts: LabelCounts
    signals: SignalCounts | None


@dataclass(frozen=True)
class _Labelled:
    """What labels any pieces."""

    genome: Fasta
    labels: Labels

    def __call__(self, pieces: Sequence[Region]) -> Iterator[_Part]:
        labels, scheme = self.labels, self.labels.scheme
        counts, found = LabelCounts(scheme), []
        signals = labels.counts.none() if isinstance(labels, SignalLabels) else None
        for piece in pieces:
            values: Array = labels.of(piece.chrom, piece.start, piece.end)
            values[self.genome.codes(piece.chrom, piece.start, piece.end) == N] = scheme.unknown
            counts.add(values)
            if signals is not None:
                signals.add(np.asarray(values, np.float32))
            found.append(values)
        yield _Part(found, counts, signals)


def _cut(region: Region) -> list[Region]:
    """Pieces of a region; one if it is empty."""
    starts = range(region.start, max(region.end, region.start + 1), _PIECE_BASES)
    return [Region(region.chrom, at, min(at + _PIECE_BASES, region.end)) for at in starts]


def _parts(located: Sequence[LocatedRegion]) -> Iterator[list[Region]]:
    """All pieces, short ones together."""
    part: list[Region] = []
    bases = 0
    for piece in chain.from_iterable(_cut(one.region) for one in located):
        part.append(piece)
        bases += len(piece)
        if bases >= _PIECE_BASES:
            yield part
            part, bases = [], 0
    if part:
        yield part
