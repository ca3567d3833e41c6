"""Labels of bases: the state of a scheme that the annotation gives each base.

Where claims overlap, a base gets one label, by these rules in order:

1. A mask (partial genes, pseudogenes): UNKNOWN, whatever else is there.
2. Between classes: the class that is listed first.
3. Within a class, between genes, strands and codon phases: by ``LabelSettings.overlap``.
   ``longest``: the longer whole, a CDS counted over all its exons; of two equally long ones the one
   that begins first, then the one on the + strand.  ``unknown``: UNKNOWN, unless all claims agree
   (isoforms mostly do).
4. A feature without a strand, in a scheme with strands, makes its bases UNKNOWN in its place.

A base that no feature claims is ``none``, the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genoseq.config.schema import LabelSettings
from genoseq.errors import InputFormatError, listed
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region, Strand, holes_by_contig, touching
from genoseq.genome.schemes import (
    UNKNOWN,
    Scheme,
    State,
    cds_phase_scheme,
    signal_scheme,
    stranded_scheme,
    unstranded_scheme,
)
from genoseq.labels.claims import Claim, claims_of

Labels = NDArray[np.uint8]


def build_scheme(settings: LabelSettings, signals: Iterable[tuple[str, Strand]] = ()) -> Scheme:
    """The scheme of label settings; ``signals`` are (name, strand) pairs for scheme ``signal``."""
    if settings.scheme == "cds-phase":
        return cds_phase_scheme()
    if settings.scheme == "stranded":
        return stranded_scheme(settings.classes)
    if settings.scheme == "unstranded":
        return unstranded_scheme(settings.classes)
    return signal_scheme(signals)


@dataclass(frozen=True, slots=True)
class _Strokes:
    """Claims on one contig as columns of shape (N,), sorted by start.

    ``order`` is the turn in which each is painted, later over earlier; ``reach`` the highest end up
    to each; ``states`` (N, 3) the label of a base at each place of its codon, all the same where
    the class has no phase.
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
        """Claims that touch bases ``start <= i < end``, in the order of painting."""
        first = int(np.searchsorted(self.reach, start, "right"))
        last = int(np.searchsorted(self.start, end))
        near = np.arange(first, last)[self.end[first:last] > start]
        ordered: list[int] = near[np.argsort(self.order[near])].tolist()
        return ordered

    def pattern(self, claim: int, start: int, end: int) -> Labels:
        """Labels that a claim gives bases ``start <= i < end`` within it, (end - start,)."""
        if self.backward[claim]:
            place, step = int(self.end[claim]) - 1 - int(self.phase[claim]) - start, -1
        else:
            place, step = start - int(self.start[claim]) - int(self.phase[claim]), 1
        turn = self.states[claim, [place % 3, (place + step) % 3, (place + 2 * step) % 3]]
        return np.tile(turn, (end - start + 2) // 3)[: end - start]


@dataclass(frozen=True)
class ClassLabels:
    """Labels of any region of an annotated genome; made by :func:`plan_labels`."""

    scheme: Scheme
    overlap: str
    _strokes: Mapping[str, _Strokes]
    _mask: Mapping[str, list[Region]]

    @property
    def chroms(self) -> set[str]:
        """Contigs with a feature."""
        return set(self._strokes)

    def of(self, chrom: str, start: int, end: int) -> Labels:
        """States of bases ``start <= i < end`` (0-based): uint8 (L,), 255 unknown.

        The same for a base whatever region it is asked for in.
        """
        labels = np.zeros(end - start, np.uint8)
        strokes = self._strokes.get(chrom)
        if strokes is not None:
            paint = _paint_longest if self.overlap == "longest" else _paint_agreed
            paint(labels, strokes, start)
        for hole in touching(self._mask.get(chrom, []), start, end):
            labels[max(0, hole.start - start) : hole.end - start] = UNKNOWN
        return labels


def plan_labels(
    features: Iterable[Feature],
    settings: LabelSettings,
    mask: Iterable[Region] = (),
    lengths: Mapping[str, int] | None = None,
    path: str | Path | None = None,
) -> ClassLabels:
    """What is needed to label any region of a genome.

    Parameters
    ----------
    features
        The whole annotation.
    settings
        A scheme of classes.
    mask
        Regions whose labels are not known.
    lengths
        Contig lengths, to check the annotation against; None if they are not known.
    path
        The annotation's file, to be named in errors.

    Raises
    ------
    InputFormatError
        If no feature is of the asked classes, or one is on an unknown contig or past its end.
    """
    scheme = build_scheme(settings)
    classes = settings.classes or ("CDS",)
    try:
        claims = claims_of(features, classes)
    except InputFormatError as error:
        raise InputFormatError(error.problem, path) from None
    strands = {claim.feature.strand for claim in claims}
    if settings.scheme != "unstranded" and strands == {"."}:
        raise InputFormatError(
            f"no feature of {', '.join(classes)} has a strand: use scheme unstranded", path
        )
    holes = list(mask)
    if lengths is not None:
        _check_on_genome(claims, lengths, path)
        if holes and not any(hole.chrom in lengths for hole in holes):
            raise InputFormatError(f"mask: none of its contigs ({holes[0].chrom} ...) is there")
    by_contig: dict[str, list[Claim]] = {}
    for claim in claims:
        by_contig.setdefault(claim.feature.chrom, []).append(claim)
    table = {(name, strand): _states(scheme, name, strand) for name in classes for strand in "+-."}
    strokes = {
        chrom: _strokes(listed, [table[classes[c.rank], c.feature.strand] for c in listed])
        for chrom, listed in by_contig.items()
    }
    return ClassLabels(scheme, settings.overlap, strokes, holes_by_contig(holes))


def _states(scheme: Scheme, name: str, strand: str) -> list[int]:
    """Labels of the class at the three places of a codon."""
    own = [
        (s.phase, i) for i, s in enumerate(scheme.states) if (s.name, s.strand) == (name, strand)
    ]
    if not own:
        # A scheme without strands takes features of either; one with strands cannot place these.
        either = State(name)
        return [scheme.states.index(either) if either in scheme.states else UNKNOWN] * 3
    return [index for _, index in sorted(own, key=lambda x: x[0] or 0)] * (3 // len(own))


def _strokes(claims: Sequence[Claim], states: Sequence[Sequence[int]]) -> _Strokes:
    """Columns of the claims on one contig."""
    columns = np.array(
        [
            (c.feature.start, c.feature.end, c.rank, c.length, c.feature.strand == "-",
             c.feature.phase or 0)
            for c in claims
        ],
        np.int64,
    )  # fmt: skip
    place = np.argsort(columns[:, 0], kind="stable")
    start, end, rank, length, backward, phase = columns[place].T
    # The last key decides first: low ranks, long wholes and early starts are painted last.
    painted = np.lexsort((-backward, -start, length, -rank))
    order = np.empty_like(painted)
    order[painted] = np.arange(len(painted))
    return _Strokes(
        start, end, np.maximum.accumulate(end), order, rank, phase, backward.astype(bool),
        np.array(states, np.uint8)[place],
    )  # fmt: skip


def _paint_longest(labels: Labels, strokes: _Strokes, origin: int) -> None:
    for claim, start, end in _clipped(strokes, origin, origin + len(labels)):
        labels[start - origin : end - origin] = strokes.pattern(claim, start, end)


def _paint_agreed(labels: Labels, strokes: _Strokes, origin: int) -> None:
    """Class by class: where claims of a class differ their bases are UNKNOWN."""
    own = np.zeros_like(labels)
    rank = -1
    for claim, start, end in _clipped(strokes, origin, origin + len(labels)):
        if strokes.rank[claim] != rank:
            np.copyto(labels, own, where=own != 0)
            own[:] = 0
            rank = int(strokes.rank[claim])
        here = own[start - origin : end - origin]
        pattern = strokes.pattern(claim, start, end)
        here[:] = np.where((here == 0) | (here == pattern), pattern, UNKNOWN)
    np.copyto(labels, own, where=own != 0)


def _clipped(strokes: _Strokes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    for claim in strokes.within(start, end):
        yield claim, max(start, int(strokes.start[claim])), min(end, int(strokes.end[claim]))


def _check_on_genome(
    claims: Sequence[Claim], lengths: Mapping[str, int], path: str | Path | None
) -> None:
    for item in (claim.feature for claim in claims):
        where = f"{item.type} {item.chrom}:{item.start + 1}-{item.end}"
        if item.chrom not in lengths:
            raise InputFormatError(
                f"{where}: the FASTA has no contig {item.chrom!r} but {listed(lengths)}: names "
                f"must be equal to the first word of its headers (chr is never added or removed)",
                path,
            )
        if item.end > lengths[item.chrom]:
            raise InputFormatError(
                f"{where} ends past the contig's last base, {lengths[item.chrom]}: is it another "
                f"assembly?  (Split a feature across a circle's origin into two lines.)",
                path,
            )
