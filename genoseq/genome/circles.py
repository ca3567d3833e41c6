"""Circular contigs: features across the origin, in pieces that lie within the contig."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from genoseq.genome.features import Feature


def within_circle(feature: Feature, circle: int) -> list[Feature]:
    """A feature in one piece, or, if it crosses the origin, in two, 5' to 3'.

    Parameters
    ----------
    feature
        Its end may be beyond the contig's, as GFF3 writes it, by less than the contig's length.
    circle
        Length of the contig (bp) if it is a circle, else 0.
    """
    if not circle or feature.end <= circle:
        return [feature]
    if feature.start >= circle:
        return [replace(feature, start=feature.start - circle, end=feature.end - circle)]
    before = replace(feature, end=circle, open_end=False)
    after = replace(feature, start=0, end=feature.end - circle, open_start=False)
    first, second = (after, before) if feature.strand == "-" else (before, after)
    phase = None if first.phase is None else (first.phase - len(first)) % 3
    return [first, replace(second, phase=phase)]


def all_within(features: Iterable[Feature], circles: Mapping[str, int]) -> Iterator[Feature]:
    """:func:`within_circle` of each; ``circles`` has the lengths of contigs that are circles."""
    for feature in features:
        yield from within_circle(feature, circles.get(feature.chrom, 0))


def from_gap(parts: Sequence[Feature], circle: int) -> list[Feature]:
    """Parts on a contig, sorted by start, from the one after the largest gap on.

    Two lines that meet at the origin of a circle are one stretch: what lies between the last base
    of the contig and its first is nothing.  Parts that do not meet there stay as they are.
    """
    if len(parts) < 2 or not meets_itself(parts, circle):
        return list(parts)
    gaps = [after.start - before.end for before, after in pairwise(parts)]
    cut = gaps.index(max(gaps)) + 1
    return [*parts[cut:], *parts[:cut]]


def meets_itself(parts: Sequence[Feature], circle: int) -> bool:
    """Whether parts, sorted by start, hold both the first base of a circle and its last."""
    return bool(circle) and parts[0].start == 0 and parts[-1].end == circle
