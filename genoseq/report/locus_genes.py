"""Segments and genes of a figure: boxes, arrows, exons, and names that do not overlap."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from genoseq.genome.regions import Region, Strand
from genoseq.genome.tracks import fractions
from genoseq.report.locus import Item

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 72 / 2.54
_SIZE = 5.5
"""Points of a gene's name."""
MOST_LANES = 10
_SPACE = 3.0
"""Points between two genes of one lane."""
_LONGEST = 30
"""Characters of a gene's name."""
_TIP = 0.012
"""Of the figure's width: an arrow's tip, if the gene is as long."""
_MIDDLE, _THICK, _THIN = 0.7, 0.22, 0.11
"""Height of a gene's line in its lane, counted from below, and half the height of its boxes."""
STRAND_HEIGHTS: dict[Strand, float] = {"+": 0.72, "-": 0.28, ".": 0.5}
"""Middle of segments,"""
_SEGMENT = 0.4
"""and how high they are."""


def gene_lanes(items: Sequence[Item], region: Region, inner: float) -> list[int] | None:
    """The lane of each gene, so that in no lane two genes or their names share a base.

    None where that takes more than :data:`MOST_LANES` lanes: genes are then drawn as segments are.

    Parameters
    ----------
    items
        Sorted by start.
    inner
        Centimetres that the region is wide.
    """
    scale = len(region) / (inner * _POINTS)
    free: list[float] = []
    lanes = []
    for item in items:
        low, high = _extent(item, region, scale)
        lane = next((number for number, end in enumerate(free) if end <= low), len(free))
        if lane == MOST_LANES:
            return None
        free[lane:] = [high + _SPACE * scale, *free[lane + 1 :]]
        lanes.append(lane)
    return lanes


def _extent(item: Item, region: Region, scale: float) -> tuple[float, float]:
    """Of a gene and its name, which is in its middle, as far as that is at the locus."""
    start, end = max(item.start, region.start), min(item.end, region.end)
    half = text_width(plain_text(item.name, _LONGEST), _SIZE) * scale / 2
    middle = _middle(item, region, half)
    return min(start, middle - half), max(end, middle + half)


def _middle(item: Item, region: Region, half: float) -> float:
    """Where a name goes, so that it is within the figure."""
    middle = (max(item.start, region.start) + min(item.end, region.end)) / 2
    return max(min(middle, region.end - half), region.start + half)


def draw_genes(axes: Axes, items: Sequence[Item], lanes: Sequence[int]) -> None:
    """Draw genes in their lanes, the first at the top."""
    count = max(lanes, default=0) + 1
    axes.set_ylim(-count, 0)
    left, right = axes.get_xlim()
    region = Region("", int(left), int(right))
    points = axes.get_window_extent().width / axes.figure.dpi * 72
    for item, lane in zip(items, lanes, strict=True):
        _draw_gene(axes, item, region, _MIDDLE - lane - 1)
        name = plain_text(item.name, _LONGEST)
        half = text_width(name, _SIZE) * (right - left) / points / 2
        axes.text(
            _middle(item, region, half), -lane - 0.98, name, ha="center", va="bottom",
            fontsize=_SIZE, parse_math=False,
        )  # fmt: skip


def _draw_gene(axes: Axes, item: Item, region: Region, height: float) -> None:
    from matplotlib.patches import Polygon

    colour = fractions(item.colour)
    axes.plot([item.start, item.end], [height, height], color=colour, linewidth=0.7, zorder=1)
    tip = min(_TIP * len(region), (item.end - item.start) / 2)
    low, high = item.thick
    for start, end in item.blocks:
        for left, right, half in (
            (start, min(end, low), _THIN),
            (max(start, low), min(end, high), _THICK),
            (max(start, high), end, _THIN),
        ):
            if left < right:
                corners = _corners(left, right, item, tip)
                shape = [(at, height + side * half) for at, side in corners]
                axes.add_patch(Polygon(shape, facecolor=colour, edgecolor="none", zorder=2))


def _corners(left: int, right: int, item: Item, tip: float) -> list[tuple[float, int]]:
    """Corners of a box of a gene, each with its side of the line: a tip where the gene ends 3'."""
    back, front = (right, left) if item.strand == "-" else (left, right)
    ends = {"+": front == item.end, "-": front == item.start, ".": False}[item.strand]
    tip = min(tip, right - left) if ends else 0
    neck = front + tip if item.strand == "-" else front - tip
    return [(back, -1), (neck, -1), (front, 0), (neck, 1), (back, 1)]


def draw_intervals(axes: Axes, items: Sequence[Item]) -> None:
    """Draw segments, those of + above and those of - below; of genes their exons."""
    axes.set_ylim(0, 1)
    colours = list(dict.fromkeys((item.colour, item.strand) for item in items))
    for colour, strand in colours:
        spans = [
            (start, end - start)
            for item in items
            if (item.colour, item.strand) == (colour, strand)
            for start, end in item.blocks
        ]
        rows = STRAND_HEIGHTS[strand] - _SEGMENT / 2, _SEGMENT
        axes.broken_barh(spans, rows, facecolors=fractions(colour), linewidth=0)


@cache
def text_width(text: str, size: float) -> float:
    """Points that a text is wide."""
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    # Two dollars would begin a formula: a path of letters can be told in no other way.
    path = TextPath((0, 0), text.replace("$", r"\$"), size=size)
    return float(path.get_extents().width)


def plain_text(text: str, longest: int) -> str:
    """A name as figures can have it: no line breaks or other signs without a picture, not long."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
