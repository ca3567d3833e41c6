"""Where a model is most wrong: the stretches that people look at first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np

from genoseq.report.calls import Compared, calls, compared
from genoseq.report.results import Results
from genoseq.store.store import Store

ErrorKind = Literal["FP", "FN"]
MOST = 100
"""Loci of each model."""
_HELD_OUT = ("test", "valid")


@dataclass(frozen=True)
class Locus:
    """A stretch where a model calls what is not labelled, or misses what is.

    Attributes
    ----------
    genome, model
        Whose bases they are, and who read them.
    chrom, start, end
        Interval, 0-based half-open.
    name, strand
        Class, and + - or . where it has none.
    kind
        FP: called, not labelled; FN: labelled, not called.
    bases
        How many are wrong.
    mean
        Probability of the class, mean over them.
    """

    genome: str
    model: str
    chrom: str
    start: int
    end: int
    name: str
    strand: str
    kind: ErrorKind
    bases: int
    mean: float

    @property
    def confidence(self) -> float:
        """How sure the model was of what is wrong: 0 to 1."""
        return self.mean if self.kind == "FP" else 1 - self.mean

    @property
    def weight(self) -> float:
        """What loci of a class are ranked by: bases times confidence."""
        return self.bases * self.confidence


def worst_loci(results: Results, most: int = MOST) -> list[Locus]:
    """The worst errors of each model: the worst of each class, then the second of each.

    Sites of a base or two would else stand behind all errors of what is long.

    Only bases of the test split count, or of the validation split where a genome has no test; of
    these only those whose label is known and that have a prediction.

    Parameters
    ----------
    results
        Tracks and stores; tracks of genomes without a store have no loci.
    most
        Of each model, over all genomes.

    Raises
    ------
    InputFormatError
        If a bigWig is damaged, or of a genome with other contigs.
    """
    heaps: dict[str, dict[str, list[tuple[float, int, Locus]]]] = {}
    number = count()
    for of in compared(results):
        classes = heaps.setdefault(of.tracks.model, {})
        for locus in _errors(of):
            heap = classes.setdefault(locus.name, [])
            # Of equal ones the first stay: the number counts down.
            entry = locus.weight, -next(number), locus
            if len(heap) < most:
                heapq.heappush(heap, entry)
            elif entry > heap[0]:
                heapq.heapreplace(heap, entry)
    found: list[tuple[int, float, int, Locus]] = []
    for classes in heaps.values():
        ranked = [
            (-rank, *entry)
            for heap in classes.values()
            for rank, entry in enumerate(sorted(heap, reverse=True))
        ]
        found += heapq.nlargest(most, ranked)
    return [locus for *_, locus in sorted(found, reverse=True)]


def _errors(of: Compared) -> Iterator[Locus]:
    for call in calls(of, held_out(of.store)):
        if call.kind != "TP":
            yield Locus(
                of.store.name, of.tracks.model, call.chrom, call.start, call.end,
                call.channel.full_name, call.channel.strand, call.kind, call.bases, call.mean,
            )  # fmt: skip


def held_out(store: Store) -> list[int]:
    """Indices of the regions of test, else of validation, that have a base; perhaps none."""
    for split in _HELD_OUT:
        rows = store.regions.of_split(split)
        if len(rows):
            return [int(row) for row in np.sort(rows)]
    return []
