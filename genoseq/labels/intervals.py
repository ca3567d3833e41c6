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
from dataclasses import dataclass, replace
from typing import NamedTuple

from genoseq.errors import InputFormatError, listed
from genoseq.genome.annotation import Annotation
from genoseq.genome.circles import within_circle
from genoseq.genome.derived import DERIVED, cut_after, derived, meant_type
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds, Transcript
from genoseq.labels.evidence import EVERYTHING, Trust


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
        bp of all parts of the feature: a CDS summed over its exons; 0 of what may be coding before
        a start that is not known, which any feature outdoes.
    doubted
        Whether its bases are unknown, as the evidence for it does not do.
    """

    feature: Feature
    rank: int
    length: int
    doubted: bool = False

    @property
    def unknown(self) -> LabelInterval:
        """The same, doubted."""
        return replace(self, doubted=True)


class _Whole(NamedTuple):
    """The parts of a feature, or of a piece of it: bp of all of the feature, and whether these are
    doubted."""

    parts: Sequence[Feature]
    length: int
    doubted: bool = False


def label_intervals(
    annotation: Annotation, classes: Sequence[str], trust: Trust = EVERYTHING
) -> list[LabelInterval]:
    """Intervals of the classes on all contigs, each once.

    Parameters
    ----------
    classes
        Names, in the order of their ranks.
    trust
        What each CDS teaches.  Introns, sites and exons of a transcript are doubted where all of
        its CDS are unknown, its start codon where all their starts are.

    Raises
    ------
    InputFormatError
        If there is no feature for one of the classes; the message lists the types there are.
    """
    intervals: dict[LabelInterval, None] = {}
    for rank, name in enumerate(classes):
        found = class_intervals(annotation, name, rank, len(classes), trust)
        if not found:
            types = {feature.type for feature in annotation.features}
            close = meant_type(name, types)
            meant = f", did you mean {close}?" if close else ";"
            raise InputFormatError(
                f"no feature to label as {name}{meant} types there: {listed(types)}"
            )
        intervals |= found
    return list(intervals)


def class_intervals(
    annotation: Annotation, name: str, rank: int, behind: int, trust: Trust = EVERYTHING
) -> dict[LabelInterval, None]:
    """Intervals of one class, each once; none if it has no feature.

    Parameters
    ----------
    rank, behind
        That of the class, and one behind those of all.
    """
    return {
        # What comes before an unknown start is less than any feature of any class.
        LabelInterval(_bases(part), rank if length else behind, length, doubted): None
        for parts, length, doubted in _wholes(annotation, name, trust)
        for part in parts
    }


def _bases(part: Feature) -> Feature:
    """A feature as its bases, strand and phase: isoforms share exons."""
    return Feature(part.chrom, part.start, part.end, part.strand, part.type, part.phase)


def _wholes(annotation: Annotation, name: str, trust: Trust) -> Iterator[_Whole]:
    """The parts of each feature of a class."""
    if name == "CDS":
        for cds in annotation.coding():
            yield from _coding(cds, trust)
    elif name == "exon":
        for transcript in annotation.transcripts:
            yield _whole(transcript.exons, _doubted(transcript, trust))
    elif name in DERIVED:
        for transcript in annotation.transcripts:
            doubted = _doubted(transcript, trust, start=name == "start_codon")
            yield from (_whole(each, doubted) for each in derived(transcript, name))
    else:
        yield from map(_whole, _verbatim(annotation, name))


def _whole(parts: Sequence[Feature], doubted: bool = False) -> _Whole:
    return _Whole(parts, sum(map(len, parts)), doubted)


def _coding(cds: Cds, trust: Trust) -> Iterator[_Whole]:
    """A CDS; one whose start is not known in pieces: before it, behind it, and the rest."""
    taught = trust.of(cds)
    if taught != "start-unknown" or trust.starts is None:
        yield _whole(cds.parts, taught == "unknown")
        return
    before, behind = trust.starts.around(cds)
    first = cds.parts[0]
    if before and first.strand == "-":
        yield _Whole([replace(first, start=first.end, end=first.end + before)], 0, doubted=True)
    elif before:
        yield _Whole([replace(first, start=first.start - before, end=first.start)], 0, doubted=True)
    head, rest = cut_after(cds.parts, behind)
    yield _Whole(head, len(cds), doubted=True)
    yield _Whole(rest, len(cds))


def _doubted(transcript: Transcript, trust: Trust, start: bool = False) -> bool:
    """Whether all of the CDS of a transcript are unknown, or of its start at least the starts."""
    taught = {trust.of(cds) for cds in transcript.coding}
    return bool(taught) and taught <= ({"unknown", "start-unknown"} if start else {"unknown"})


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
