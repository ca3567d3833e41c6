"""From annotation to label intervals: the bases of each class, and their codon phase.

A class is a feature type, taken verbatim from the file (for BED: the name column), or one of those
that are derived from transcripts which do not state them (:mod:`genoseq.genome.derived`).

The CDS of GFF3 holds its stop codon and that of GTF does not: ``stop_codon`` features of the same
transcript that lie outside its CDS are therefore part of the CDS, so that both give the same
labels.  In a GTF without any ``stop_codon`` line the derived class is the last codon before the
stop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genoseq.errors import InputFormatError, listed
from genoseq.genome.annotation import Annotation
from genoseq.genome.circles import within_circle
from genoseq.genome.derived import DERIVED, derived, meant_type
from genoseq.genome.features import Feature


@dataclass(frozen=True, slots=True)
class LabelInterval:
    """Bases of a contig that belong to a class, 0-based half-open.

    Attributes
    ----------
    feature
        The bases; its ``phase`` is that of a part of a CDS, never None there.
    rank
        Index of the class in the list of classes.
    length
        bp of all parts of the feature: a CDS summed over its exons.
    """

    feature: Feature
    rank: int
    length: int


def label_intervals(annotation: Annotation, classes: Sequence[str]) -> list[LabelInterval]:
    """Intervals of the classes on all contigs, each once.

    Raises
    ------
    InputFormatError
        If there is no feature for one of the classes; the message lists the types there are.
    """
    intervals: dict[LabelInterval, None] = {}
    for rank, name in enumerate(classes):
        found = {
            LabelInterval(_bases(part), rank, length): None
            for whole in _wholes(annotation, name)
            for length in [sum(map(len, whole))]
            for part in whole
        }
        if not found:
            types = {feature.type for feature in annotation.features}
            close = meant_type(name, types)
            meant = f", did you mean {close}?" if close else ";"
            raise InputFormatError(
                f"no feature to label as {name}{meant} types there: {listed(types)}"
            )
        intervals |= found
    return list(intervals)


def _bases(part: Feature) -> Feature:
    """A feature as its bases, strand and phase: isoforms share exons."""
    return Feature(part.chrom, part.start, part.end, part.strand, part.type, part.phase)


def _wholes(annotation: Annotation, name: str) -> Iterator[Sequence[Feature]]:
    """The parts of each feature of a class."""
    if name == "CDS":
        yield from (cds.parts for each in annotation.transcripts for cds in each.coding)
    elif name == "exon":
        yield from (each.exons for each in annotation.transcripts)
    elif name in DERIVED:
        for transcript in annotation.transcripts:
            yield from derived(transcript, name)
    else:
        yield from _verbatim(annotation, name)


def _verbatim(annotation: Annotation, name: str) -> Iterator[Sequence[Feature]]:
    """Features of a type; lines that share an id are one."""
    wholes: dict[object, list[Feature]] = defaultdict(list)
    for number, feature in enumerate(annotation.features):
        if feature.type == name:
            key = feature.id and (feature.chrom, feature.strand, feature.id)
            wholes[key or number] += within_circle(
                feature, annotation.circles.get(feature.chrom, 0)
            )
    yield from wholes.values()
