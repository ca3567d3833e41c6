"""Labels of bases: the state of a scheme that the annotation gives each base.

Where intervals overlap, a base gets one label, by these rules in order:

1. A mask (partial genes, pseudogenes): UNKNOWN_LABEL, whatever else is there.
2. Between classes: sites (:mod:`genoseq.labels.priority`) before what is longer; then the class
   that is listed first.
3. Within a class, between genes, strands and codon phases: by ``LabelSettings.overlap``.
   ``longest``: the longer feature, a CDS counted over all its exons; of two equally long ones the
   one that begins first, then the one on the + strand, then the one that ends first, then that of
   the lower phase: the order of the file decides nothing.
   ``unknown``: UNKNOWN_LABEL, unless all of them agree (isoforms mostly do).
4. A feature without a strand, in a scheme with strands, takes part in rules 2 and 3 as any other,
   and gives its bases UNKNOWN_LABEL.

A base in no interval is ``none``, the background.

CDS that are doubted for their evidence take part in these rules as any other, and what they win is
UNKNOWN_LABEL; of equals, those that are known win.  Bases before a start that is not known are
UNKNOWN_LABEL where nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError
from genoseq.files.atomic import PathLike
from genoseq.genome.annotation import Annotation
from genoseq.genome.regions import Region, Strand, check_lengths, known_holes, touching
from genoseq.genome.schemes import (
    PHASE_SCHEMES,
    UNKNOWN_LABEL,
    IndependentScheme,
    Scheme,
    State,
    independent_scheme,
    signal_scheme,
    stranded_scheme,
    unstranded_scheme,
)
from genoseq.labels.conditions import kept_intervals
from genoseq.labels.evidence import EVERYTHING, Trust
from genoseq.labels.hidden import hidden_notes
from genoseq.labels.independent import IndependentLabels, independent_labels
from genoseq.labels.intervals import LabelInterval
from genoseq.labels.on_genome import check_on_genome
from genoseq.labels.priority import priorities, site_classes

Labels = NDArray[np.uint8]
_DOUBTED = (UNKNOWN_LABEL,) * 3


def build_scheme(settings: LabelSettings, signals: Iterable[tuple[str, Strand]] = ()) -> Scheme:
    """The scheme of label settings; ``signals`` are (name, strand) pairs for scheme ``signal``."""
    if settings.scheme in PHASE_SCHEMES:
        return PHASE_SCHEMES[settings.scheme]()
    if not settings.exclusive:
        return independent_scheme(settings.classes, settings.scheme == "stranded")
    if settings.scheme == "stranded":
        return stranded_scheme(settings.classes)
    if settings.scheme == "unstranded":
        return unstranded_scheme(settings.classes)
    return signal_scheme(signals)


@dataclass(frozen=True, slots=True)
class _ContigIntervals:
    """Label intervals of one contig as columns of shape (N,), sorted by start.

    ``order`` says when each is written, later over earlier; ``reach`` is the highest end up to each
    row; ``states`` (N, 3) has the label at each position of a codon, three times the same where the
    class has no phase.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    reach: NDArray[np.int64]
    order: NDArray[np.int64]
    rank: NDArray[np.int64]
    phase: NDArray[np.int64]
    backward: NDArray[np.bool_]
    states: Labels

    def within(self, start: int, end: int) -> list[int]:
        """Rows that touch bases ``start <= i < end``, in the order of writing."""
        first = int(np.searchsorted(self.reach, start, "right"))
        last = int(np.searchsorted(self.start, end))
        near = np.arange(first, last)[self.end[first:last] > start]
        ordered: list[int] = near[np.argsort(self.order[near])].tolist()
        return ordered

    def pattern(self, row: int, start: int, end: int) -> Labels:
        """Labels of bases ``start <= i < end`` within a row's interval, shape (end - start,)."""
        if self.backward[row]:
            position, step = int(self.end[row]) - 1 - int(self.phase[row]) - start, -1
        else:
            position, step = start - int(self.start[row]) - int(self.phase[row]), 1
        turn = self.states[row, [position % 3, (position + step) % 3, (position + 2 * step) % 3]]
        return np.tile(turn, (end - start + 2) // 3)[: end - start]


@dataclass(frozen=True)
class ClassLabels:
    """Labels of any region of an annotated genome; made by :func:`plan_labels`.

    Attributes
    ----------
    scheme, overlap
        Of the settings.
    notes
        What people should know of them, a sentence each.
    """

    scheme: Scheme
    overlap: str
    notes: Sequence[str]
    _intervals: Mapping[str, _ContigIntervals]
    _mask: Mapping[str, list[Region]]

    @property
    def chroms(self) -> set[str]:
        """Contigs with a feature."""
        return set(self._intervals)

    def of(self, chrom: str, start: int, end: int) -> Labels:
        """States of bases ``start <= i < end`` (0-based): uint8 (L,), 255 unknown.

        A base has the same label in whatever region it is asked for.
        """
        labels = np.zeros(end - start, np.uint8)
        intervals = self._intervals.get(chrom)
        if intervals is not None:
            write = _write_longest if self.overlap == "longest" else _write_agreed
            write(labels, intervals, start)
        for hole in touching(self._mask.get(chrom, []), start, end):
            labels[max(0, hole.start - start) : hole.end - start] = UNKNOWN_LABEL
        return labels


def plan_labels(
    annotation: Annotation,
    settings: LabelSettings,
    mask: Iterable[Region] = (),
    lengths: Mapping[str, int] | None = None,
    path: PathLike | None = None,
    trust: Trust = EVERYTHING,
) -> ClassLabels | IndependentLabels:
    """Prepare to label any region of a genome.

    Parameters
    ----------
    annotation
        The whole of it, with the attributes of :attr:`LabelSettings.asked`.
    settings
        A scheme of classes.
    mask
        Regions whose labels are not known.
    lengths
        Contig lengths, to check the annotation against; None if they are not known.
    path
        The annotation's file, which errors name.
    trust
        What each CDS teaches.

    Raises
    ------
    InputFormatError
        If a class has no feature or no base gets its label, a feature is on an unknown contig or
        past its end, or the annotation says another length of a contig.
    RegionError
        If the mask is of other contigs alone.
    """
    scheme = build_scheme(settings)
    classes = settings.labelled
    try:
        intervals = kept_intervals(annotation, settings, trust)
    except InputFormatError as error:
        raise InputFormatError(error.problem, path) from None
    strands = {interval.feature.strand for interval in intervals}
    if settings.scheme != "unstranded" and strands == {"."}:
        raise InputFormatError(
            f"no feature of {', '.join(classes)} has a strand: use scheme unstranded", path
        )
    if lengths is not None:
        check_on_genome(intervals, lengths, path)
        check_lengths(annotation.lengths, lengths, path)
    holes = known_holes(mask, lengths, "mask")
    if isinstance(scheme, IndependentScheme):
        return independent_labels(intervals, scheme, classes, holes, path)
    sites = site_classes(intervals, classes)
    wins = priorities(sites)
    by_contig: dict[str, list[LabelInterval]] = {}
    for interval in intervals:
        by_contig.setdefault(interval.feature.chrom, []).append(interval)
    table = {
        (rank, strand): _states(scheme, name, strand)
        for rank, name in enumerate(classes)
        for strand in "+-."
    }
    columns = {
        chrom: _columns(
            own, [_DOUBTED if i.doubted else table[i.rank, i.feature.strand] for i in own], wins
        )
        for chrom, own in by_contig.items()
    }
    labels = ClassLabels(scheme, settings.overlap, (), columns, holes)
    notes = hidden_notes(labels, _stretches(intervals, classes), sites, path)
    return replace(labels, notes=notes)


def _stretches(
    intervals: Iterable[LabelInterval], classes: Sequence[str]
) -> dict[str, list[tuple[str, int, int]]]:
    """Where each class has bases to win."""
    found: list[list[tuple[str, int, int]]] = [[] for _ in (*classes, None)]
    for each in intervals:
        found[each.rank].append((each.feature.chrom, each.feature.start, each.feature.end))
    return dict(zip(classes, found, strict=False))


def _states(scheme: Scheme, name: str, strand: str) -> list[int]:
    """Labels of the class at the three positions of a codon."""
    own = [
        (s.phase, i) for i, s in enumerate(scheme.states) if (s.name, s.strand) == (name, strand)
    ]
    if not own:
        # A scheme without strands takes features of either; one with strands has none for these.
        either = State(name)
        return [scheme.states.index(either) if either in scheme.states else UNKNOWN_LABEL] * 3
    return [index for _, index in sorted(own, key=lambda x: x[0] or 0)] * (3 // len(own))


def _columns(
    intervals: Sequence[LabelInterval], states: Sequence[Sequence[int]], wins: Sequence[int]
) -> _ContigIntervals:
    """Columns of the intervals of one contig; ``wins`` is the place of each rank."""
    columns = np.array(
        [
            (i.feature.start, i.feature.end, wins[i.rank], i.length, i.feature.strand == "-",
             i.feature.phase or 0, i.doubted)
            for i in intervals
        ],
        np.int64,
    )  # fmt: skip
    by_start = np.argsort(columns[:, 0], kind="stable")
    start, end, rank, length, backward, phase, doubted = columns[by_start].T
    # The last key decides first: low ranks, long features, known ones, early starts come last.
    written = np.lexsort((-phase, -end, -backward, -start, -doubted, length, -rank))
    order = np.empty_like(written)
    order[written] = np.arange(len(written))
    return _ContigIntervals(
        start, end, np.maximum.accumulate(end), order, rank, phase, backward.astype(bool),
        np.array(states, np.uint8)[by_start],
    )  # fmt: skip


def _write_longest(labels: Labels, intervals: _ContigIntervals, origin: int) -> None:
    for row, start, end in _clipped(intervals, origin, origin + len(labels)):
        labels[start - origin : end - origin] = intervals.pattern(row, start, end)


def _write_agreed(labels: Labels, intervals: _ContigIntervals, origin: int) -> None:
    """Class by class: bases whose intervals of one class differ are UNKNOWN_LABEL."""
    own = np.zeros_like(labels)
    rank = -1
    for row, start, end in _clipped(intervals, origin, origin + len(labels)):
        if intervals.rank[row] != rank:
            np.copyto(labels, own, where=own != 0)
            own[:] = 0
            rank = int(intervals.rank[row])
        here = own[start - origin : end - origin]
        pattern = intervals.pattern(row, start, end)
        here[:] = np.where((here == 0) | (here == pattern), pattern, UNKNOWN_LABEL)
    np.copyto(labels, own, where=own != 0)


def _clipped(intervals: _ContigIntervals, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    for row in intervals.within(start, end):
        yield row, max(start, int(intervals.start[row])), min(end, int(intervals.end[row]))
