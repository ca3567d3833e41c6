"""From annotation to label intervals: the bases of each class, and their codon phase.

A class is a feature type, taken verbatim from the file (for BED: the name column), or one of these,
which are derived from exons and CDS **where the annotation has no feature of that type**:

``intron``
    gaps of at least 10 bp between the exons of one transcript.  Shorter ones correct a frameshift.
    A CDS of several parts without exons, as in bacteria, has no intron.
``splice_donor``, ``splice_acceptor``
    the first and last 2 bp of each intron on its strand.
``five_prime_UTR``, ``three_prime_UTR``
    exons of a transcript outside its first to last coding base (``five_prime_utr``, ``5UTR`` and
    their like count as explicit).
``start_codon``, ``stop_codon``
    the first and last three coding bases of a CDS that begins in phase 0 and ends in frame.

The CDS of GFF3 holds its stop codon and that of GTF does not: ``stop_codon`` features of the same
transcript that lie outside its CDS are therefore added to the CDS, so that both give the same
labels.  In GTF without ``stop_codon`` lines the derived class is the last codon before the stop.

What belongs together: features that share an id, or else a first parent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from genoseq.errors import InputFormatError, listed
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region, merge, subtract

SHORTEST_INTRON = 10
_SITE = 2
_SPELLINGS = {
    "five_prime_UTR": ("five_prime_UTR", "five_prime_utr", "5UTR"),
    "three_prime_UTR": ("three_prime_UTR", "three_prime_utr", "3UTR"),
}

Family = tuple[str, str, str]
"""Contig, strand, and the id or parent that the parts of one feature share."""
ByType = Mapping[str, Sequence[Feature]]


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


def label_intervals(features: Iterable[Feature], classes: Sequence[str]) -> list[LabelInterval]:
    """Intervals of the classes on all contigs.

    Raises
    ------
    InputFormatError
        If there is no feature for any of the classes; the message lists the types there are.
    """
    by_type: dict[str, list[Feature]] = defaultdict(list)
    for feature in features:
        by_type[feature.type].append(feature)
    intervals = [
        LabelInterval(part, rank, length)
        for rank, name in enumerate(classes)
        for whole in _families(_of_class(name, by_type)).values()
        for length in [sum(map(len, whole))]
        for part in whole
    ]
    if not intervals:
        raise InputFormatError(
            f"no feature to label as {', '.join(classes)}; types there: {listed(by_type)}"
        )
    return intervals


def coding_parts(by_type: ByType) -> list[Feature]:
    """Parts of every CDS, 5' to 3' within each, all with a phase.

    A part keeps the phase of its file, which is right by definition even across a frameshift; one
    without a phase goes on where the part before it ended, and a first part starts in phase 0.
    """
    stops: dict[Family, list[Feature]] = defaultdict(list)
    for stop in by_type.get("stop_codon", ()):
        for parent in stop.parents:
            stops[stop.chrom, stop.strand, parent].append(stop)
    coding: list[Feature] = []
    for (chrom, strand, _), parts in _families(by_type.get("CDS", ())).items():
        parents = dict.fromkeys(parent for part in parts for parent in part.parents)
        ends = [stop for parent in parents for stop in stops.get((chrom, strand, parent), ())]
        coding += _in_phase(_upstream_first([*parts, *_outside(ends, parts)]))
    return coding


def _outside(stops: Sequence[Feature], parts: Sequence[Feature]) -> Iterator[Feature]:
    """The bases of stop codons that lie outside the CDS, as further parts of it."""
    if not stops:
        return
    holes = merge(Region(part.chrom, part.start, part.end) for part in parts)
    distinct = dict.fromkeys((stop.start, stop.end, stop.phase) for stop in stops)
    for start, end, phase in distinct:
        for left in subtract(Region(parts[0].chrom, start, end), holes):
            whole = (left.start, left.end) == (start, end)
            yield replace(parts[0], start=left.start, end=left.end, phase=phase if whole else None)


def _in_phase(parts: Sequence[Feature]) -> Iterator[Feature]:
    phase = 0
    for part in parts:
        phase = phase if part.phase is None else part.phase
        yield replace(part, phase=phase)
        phase = (phase - len(part)) % 3


def _of_class(name: str, by_type: ByType) -> list[Feature]:
    """Features of a class: coding parts, explicit ones, or else derived ones."""
    if name == "CDS":
        return coding_parts(by_type)
    explicit = [f for kind in _SPELLINGS.get(name, (name,)) for f in by_type.get(kind, ())]
    if explicit:
        return explicit
    if name == "intron":
        return _introns(by_type)
    if name in ("splice_donor", "splice_acceptor"):
        introns = _of_class("intron", by_type)
        return [_end_of(intron, _SITE, first=name == "splice_donor") for intron in introns]
    if name in _SPELLINGS:
        return list(_untranslated(by_type, first=name == "five_prime_UTR"))
    if name in ("start_codon", "stop_codon"):
        return list(_codons(by_type, first=name == "start_codon"))
    return []


def _families(features: Iterable[Feature]) -> dict[Family, list[Feature]]:
    """Features by what they are parts of: a shared id, or else the first parent, or themselves."""
    listed = list(features)
    count = Counter((f.chrom, f.strand, f.id) for f in listed if f.id is not None)
    families: dict[Family, list[Feature]] = defaultdict(list)
    for number, item in enumerate(listed):
        shared = item.id is not None and count[item.chrom, item.strand, item.id] > 1
        parent = item.parents[0] if item.parents else f"\0{number}"
        name = item.id if shared and item.id is not None else parent
        families[item.chrom, item.strand, name].append(item)
    return families


def _transcripts(features: Iterable[Feature]) -> dict[Family, list[Feature]]:
    """Features by each of their parents, or by their id."""
    transcripts: dict[Family, list[Feature]] = defaultdict(list)
    for item in features:
        for name in item.parents or ((item.id,) if item.id is not None else ()):
            transcripts[item.chrom, item.strand, name].append(item)
    return transcripts


def _introns(by_type: ByType) -> list[Feature]:
    introns: list[Feature] = []
    for (chrom, _, name), exons in _transcripts(by_type.get("exon", ())).items():
        spans = merge(Region(chrom, exon.start, exon.end) for exon in exons)
        for left, right in pairwise(spans):
            if right.start - left.end >= SHORTEST_INTRON:
                introns.append(
                    Feature(
                        chrom, left.end, right.start, exons[0].strand, "intron", parents=(name,)
                    )
                )
    return introns


def _untranslated(by_type: ByType, first: bool) -> Iterator[Feature]:
    coding = _transcripts(coding_parts(by_type))
    for family, exons in _transcripts(by_type.get("exon", ())).items():
        if family not in coding:
            continue
        low = min(part.start for part in coding[family])
        high = max(part.end for part in coding[family])
        for exon in exons:
            before, after = min(exon.end, low), max(exon.start, high)
            if first == (exon.strand != "-") and exon.start < before:
                yield replace(exon, end=before, id=None, parents=(family[2],))
            elif first == (exon.strand == "-") and after < exon.end:
                yield replace(exon, start=after, id=None, parents=(family[2],))


def _codons(by_type: ByType, first: bool) -> Iterator[Feature]:
    """The first or last three bases of each whole CDS, in up to three parts."""
    for parts in _families(coding_parts(by_type)).values():
        ordered = _upstream_first(parts)
        if ordered[0].phase != 0 or sum(map(len, ordered)) % 3:
            continue
        missing = 3
        for part in ordered if first else ordered[::-1]:
            codon_part = _end_of(part, min(missing, len(part)), first)
            missing -= len(codon_part)
            yield replace(codon_part, phase=None)
            if not missing:
                break


def _upstream_first(parts: Sequence[Feature]) -> list[Feature]:
    if parts[0].strand == "-":
        return sorted(parts, key=lambda part: (-part.end, -part.start))
    return sorted(parts, key=lambda part: (part.start, part.end))


def _end_of(item: Feature, size: int, first: bool) -> Feature:
    """The first or last ``size`` bases of a feature on its strand."""
    if first == (item.strand != "-"):
        return replace(item, end=min(item.start + size, item.end))
    return replace(item, start=max(item.end - size, item.start))
