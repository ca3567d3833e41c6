"""What a figure of a locus shows: values and items of tracks between two bases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region, Strand
from genoseq.genome.tracks import STRAND_COLOURS, Colour
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta
from genoseq.readers.signal import open_signal
from genoseq.report.shown_tracks import (
    PROBABILITY,
    Limits,
    ShownTrack,
    axis_of,
    check_contigs,
    read_genes,
)

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Item:
    """An interval or a gene, 0-based half-open, with its exons and from where to where it codes."""

    start: int
    end: int
    strand: Strand
    name: str
    colour: Colour
    blocks: tuple[tuple[int, int], ...]
    thick: tuple[int, int]


Items = Mapping[str, Sequence[Item]]
"""Items by contig, sorted."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Values of a track at a locus, shape (L,), NaN for gaps."""

    track: ShownTrack
    values: Values


@dataclass(frozen=True, slots=True)
class Panel:
    """One row of a figure: one curve, or those of both strands, mirrored; or items.

    Attributes
    ----------
    name, group
        What is written beside it.
    curves
        The upper one first; none in a panel of items.
    limits
        Of the axis; where strands are mirrored it goes to ``-limits[1]`` below.
    items
        Those that have a base at the locus.
    genes
        Whether the items are genes.
    """

    name: str
    group: str
    curves: tuple[Curve, ...] = ()
    limits: Limits = PROBABILITY
    items: tuple[Item, ...] = ()
    genes: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether the second curve is drawn downwards."""
        return len(self.curves) == 2


@dataclass(frozen=True, slots=True)
class Locus:
    """A region, its letters, and its panels from top to bottom."""

    region: Region
    letters: str
    panels: tuple[Panel, ...]


def read_items(tracks: Sequence[ShownTrack], genome: Fasta) -> list[Items]:
    """Items of each track, none of tracks of values, whose contigs are checked instead.

    Raises
    ------
    InputFormatError
        If a file is damaged, or of another genome.
    """
    found: list[Items] = []
    for track in tracks:
        if track.shape == "values":
            check_contigs(track.path, genome)
            found.append({})
            continue
        of_contig: dict[str, list[Item]] = {}
        for chrom, item in _items(track, genome.lengths):
            of_contig.setdefault(chrom, []).append(item)
        for items in of_contig.values():
            items.sort(key=lambda item: (item.start, item.end))
        found.append(of_contig)
    return found


def _items(track: ShownTrack, lengths: Mapping[str, int]) -> list[tuple[str, Item]]:
    if track.shape == "genes":
        return [
            (
                gene.chrom,
                Item(
                    gene.start, gene.end, gene.strand, gene.other, STRAND_COLOURS[gene.strand],
                    gene.blocks, gene.thick,
                ),
            )
            for gene in read_genes(track.path, lengths)
        ]  # fmt: skip
    return [
        (
            bed.chrom,
            Item(
                bed.start, bed.end, bed.strand, bed.name, bed.colour or STRAND_COLOURS[bed.strand],
                ((bed.start, bed.end),), (bed.start, bed.end),
            ),
        )
        for bed in read_bed(track.path, lengths)
    ]  # fmt: skip


def read_locus(
    tracks: Sequence[ShownTrack], items: Sequence[Items], genome: Fasta, region: Region
) -> Locus:
    """What the tracks have at a region, in panels.

    Probabilities span 0 to 1; other values what all that can be compared span at the region.
    """
    panels: list[Panel] = []
    for index, track in enumerate(tracks):
        if track.shape == "values":
            curve = Curve(track, _values(track, region))
            partner = _partner(panels, track)
            if partner is None:
                panels.append(Panel(track.name, track.group, (curve,)))
            else:
                panels[partner] = _mirrored(panels[partner], curve)
        else:
            here = tuple(
                item
                for item in items[index].get(region.chrom, ())
                if item.start < region.end and region.start < item.end
            )
            genes = track.shape == "genes"
            panels.append(Panel(track.name, track.group, items=here, genes=genes))
    letters = genome.fetch(region.chrom, region.start, region.end).decode("latin-1").upper()
    return Locus(region, letters, tuple(_with_limits(panels)))


def _values(track: ShownTrack, region: Region) -> Values:
    with open_signal(track.path) as signal:
        if region.chrom not in signal.chroms:
            return np.full(len(region), np.nan, np.float32)
        return signal.values(region.chrom, region.start, region.end)


def _partner(panels: Sequence[Panel], track: ShownTrack) -> int | None:
    """The panel of the same values on the other strand, if it is alone and none is below 0."""
    assert track.limits is not None
    if track.strand == "." or track.limits[0] < 0:
        return None
    for number, panel in enumerate(panels):
        if len(panel.curves) == 1:
            other = panel.curves[0].track
            same = (other.name, other.group, other.kind) == (track.name, track.group, track.kind)
            if same and {other.strand, track.strand} == {"+", "-"}:
                return number
    return None


def _mirrored(panel: Panel, curve: Curve) -> Panel:
    curves = (*panel.curves, curve)
    return Panel(panel.name, panel.group, curves if curve.track.strand == "-" else curves[::-1])


def _with_limits(panels: Sequence[Panel]) -> list[Panel]:
    spans: dict[tuple[str, str], Limits] = {}
    for panel in panels:
        for curve in panel.curves:
            low, high = spans.get(axis_of(curve.track), (0.0, 0.0))
            known = curve.values[~np.isnan(curve.values)].tolist()
            spans[axis_of(curve.track)] = min([low, *known]), max([high, *known])
    return [_limited(panel, spans) for panel in panels]


def _limited(panel: Panel, spans: Mapping[tuple[str, str], Limits]) -> Panel:
    if not panel.curves or panel.curves[0].track.kind == "probability":
        return panel
    low, high = spans[axis_of(panel.curves[0].track)]
    # An axis of no height cannot be drawn.
    limits = (low, high) if low < high else (low, low + 1)
    return Panel(panel.name, panel.group, panel.curves, limits)
