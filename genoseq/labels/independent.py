"""Labels of bases that may be of several classes: each class and strand by itself.

A base is of a class where a feature of it lies, whatever else is there.  It is not known of a class
where only features lie that are doubted, or of a class with strands where only features without one
do; and of no class where a mask lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError
from genoseq.files.atomic import PathLike
from genoseq.genome.regions import Region, touching
from genoseq.genome.scheme import UNKNOWN_LABEL, State
from genoseq.genome.schemes import IndependentScheme
from genoseq.labels.intervals import LabelInterval

Labels = NDArray[np.uint8]
_CHUNK_BASES = 1 << 20


@dataclass(frozen=True, slots=True)
class _ContigIntervals:
    """Intervals of one contig as columns of shape (N,), sorted by start.

    ``reach`` is the highest end up to each row; ``states`` (N, S) says of which states a row is,
    ``value`` what it says of them: 1, or unknown.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    reach: NDArray[np.int64]
    states: NDArray[np.bool_]
    value: Labels


@dataclass(frozen=True)
class IndependentLabels:
    """Labels of any region of an annotated genome; made by :func:`independent_labels`.

    Attributes
    ----------
    scheme
        Classes, on either strand where they have one.
    """

    scheme: IndependentScheme
    _intervals: Mapping[str, _ContigIntervals]
    _mask: Mapping[str, list[Region]]

    @property
    def notes(self) -> Sequence[str]:
        """None: no class hides another."""
        return ()

    @property
    def chroms(self) -> set[str]:
        """Contigs with a feature."""
        return set(self._intervals)

    def of(self, chrom: str, start: int, end: int) -> Labels:
        """Whether bases ``start <= i < end`` (0-based) are of each state: uint8 (L, S), 0, 1 or
        255 unknown."""
        labels = np.zeros((end - start, len(self.scheme)), np.uint8)
        rows = self._intervals.get(chrom)
        if rows is not None:
            first = int(np.searchsorted(rows.reach, start, "right"))
            last = int(np.searchsorted(rows.start, end))
            near = np.arange(first, last)[rows.end[first:last] > start]
            # What is known is written over what is not.
            for row in near[np.argsort(rows.value[near] == 1, kind="stable")].tolist():
                low, high = max(0, int(rows.start[row]) - start), int(rows.end[row]) - start
                labels[low:high, rows.states[row]] = rows.value[row]
        for hole in touching(self._mask.get(chrom, []), start, end):
            labels[max(0, hole.start - start) : hole.end - start] = UNKNOWN_LABEL
        return labels


def independent_labels(
    intervals: Iterable[LabelInterval],
    scheme: IndependentScheme,
    classes: Sequence[str],
    mask: Mapping[str, list[Region]],
    path: PathLike | None = None,
) -> IndependentLabels:
    """Labels by the intervals of classes.

    Raises
    ------
    InputFormatError
        If no base is of a class; ``path`` is the annotation's file.
    """
    by_contig: dict[str, list[LabelInterval]] = {}
    for interval in intervals:
        by_contig.setdefault(interval.feature.chrom, []).append(interval)
    columns = {chrom: _columns(own, scheme, classes) for chrom, own in by_contig.items()}
    labels = IndependentLabels(scheme, columns, mask)
    for name in classes:
        if not _seen(labels, name):
            raise InputFormatError(
                f"no base is labelled {name}: its bases are masked, its features have no strand, "
                f"or their evidence (labels.evidence) is not trusted",
                path,
            )
    return labels


def _columns(
    intervals: Sequence[LabelInterval], scheme: IndependentScheme, classes: Sequence[str]
) -> _ContigIntervals:
    ordered = sorted(intervals, key=lambda each: each.feature.start)
    pairs = [_said(each, scheme, classes) for each in ordered]
    end = np.array([each.feature.end for each in ordered], np.int64)
    return _ContigIntervals(
        np.array([each.feature.start for each in ordered], np.int64),
        end,
        np.maximum.accumulate(end),
        np.array([states for states, _ in pairs]),
        np.array([value for _, value in pairs], np.uint8),
    )


def _said(
    interval: LabelInterval, scheme: IndependentScheme, classes: Sequence[str]
) -> tuple[list[bool], int]:
    """Of which states an interval is, and what it says of them."""
    # What comes behind all classes may be coding, before a start that is not known.
    name, strand = [*classes, "CDS"][interval.rank], interval.feature.strand
    own = State(name, strand) if State(name, strand) in scheme.states else None
    either = State(name) in scheme.states
    states = [state == own or (own is None and state.name == name) for state in scheme.states]
    known = not interval.doubted and (own is not None or either)
    return states, 1 if known else UNKNOWN_LABEL


def _seen(labels: IndependentLabels, name: str) -> bool:
    """Whether a base is of a class."""
    own = [state.name == name for state in labels.scheme.states]
    for chrom, rows in labels._intervals.items():
        for row in np.flatnonzero(rows.states[:, own].any(1) & (rows.value == 1)).tolist():
            start, end = int(rows.start[row]), int(rows.end[row])
            for at in range(start, end, _CHUNK_BASES):
                if (labels.of(chrom, at, min(at + _CHUNK_BASES, end))[:, own] == 1).any():
                    return True
    return False
