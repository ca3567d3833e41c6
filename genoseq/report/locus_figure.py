"""The figure of a locus: coordinates, letters, curves, segments and genes, one below the other.

Lengths are centimetres.  Strands are told apart by where they are drawn (+ above, - below) and by
arrows, not by colours alone, so that figures can be read in grey.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Strand, format_region
from genoseq.genome.tracks import fractions
from genoseq.report.locus import Curve, Locus, Panel, Values
from genoseq.report.locus_genes import (
    STRAND_HEIGHTS,
    draw_genes,
    draw_intervals,
    gene_lanes,
    plain_text,
    text_width,
)
from genoseq.report.locus_letters import draw_letters, draw_scaled_letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT, RIGHT, GAP = 2.6, 0.4, 0.18
"""Margins beside the panels, and the space between them."""
_RULER, _LETTERS, _CURVE, _MIRRORED, _INTERVALS, _LANE = 0.9, 0.35, 1.3, 1.9, 0.55, 0.62
_CM = 1 / 2.54
_POINTS = 72 / 2.54
LEGIBLE = 4.0
"""Points that a base is wide where letters are drawn."""
_BINS = 4_000
"""Steps of a curve; where there are more bases, each step is the most extreme value of some."""
_NAME = 15
"""Characters of a name beside a panel."""
_SIZE, _NUMBERS = 7, 6
"""Points of names and coordinates, and of the numbers beside an axis."""
_PAD = 6
"""Points between a panel, its numbers and its name."""
_SIGNS: dict[Strand, str] = {"+": "+", "-": "\N{MINUS SIGN}"}
"""Strands as they are written right of a panel."""

_Draw = Callable[["Axes"], None]


def locus_figure(locus: Locus, width: float, scaled_letters: bool = False) -> Figure:
    """The figure.

    Parameters
    ----------
    width
        Of the whole; the height follows from what there is to draw.
    scaled_letters
        Draw values as letters of their height where a base is wide enough; on the - strand those
        of the complement.
    """
    from matplotlib.figure import Figure

    inner = width - LEFT - RIGHT
    close = inner * _POINTS / len(locus.region) >= LEGIBLE
    with figure_style():
        figure = Figure(figsize=(width * _CM, _CM))
        rows = [_ruler(locus, inner)]
        if close:
            rows.append((_LETTERS, lambda axes: draw_letters(axes, locus)))
        letters = scaled_letters and close
        rows += [_row(panel, locus, inner, letters) for panel in locus.panels]
        _lay_out(figure, locus, rows, width)
    return figure


def _lay_out(
    figure: Figure, locus: Locus, rows: Sequence[tuple[float, _Draw]], width: float
) -> None:
    height = sum(high for high, _ in rows) + GAP * (len(rows) + 1)
    figure.set_size_inches(width * _CM, height * _CM)
    top = height - GAP
    for high, draw in rows:
        share = (LEFT / width, (top - high) / height, (width - LEFT - RIGHT) / width, high / height)
        axes = figure.add_axes(share)
        axes.set_xlim(locus.region.start, locus.region.end)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.patch.set_visible(False)
        for side in axes.spines.values():
            side.set_visible(False)
        draw(axes)
        top -= high + GAP


def _row(panel: Panel, locus: Locus, inner: float, letters: bool) -> tuple[float, _Draw]:
    """Height of a panel, and what draws it."""
    lanes = gene_lanes(panel.items, locus.region, inner) if panel.genes else None

    def draw(axes: Axes) -> None:
        room = LEFT * _POINTS - 2 * _PAD
        if panel.curves:
            room -= _PAD + max(text_width(text, _NUMBERS) for _, text in _numbers(panel))
        lines = [_fitting(text, room) for text in (panel.name, panel.group) if text]
        axes.set_ylabel(
            "\n".join(lines), rotation=0, ha="right", va="center", parse_math=False, labelpad=_PAD
        )
        if panel.curves:
            _draw_curves(axes, panel, locus, letters)
        elif lanes is not None:
            draw_genes(axes, panel.items, lanes)
        else:
            draw_intervals(axes, panel.items)
            strands = {item.strand for item in panel.items}
            _write_strands(axes, {each: STRAND_HEIGHTS[each] for each in strands})

    if lanes is not None:
        return _LANE * (max(lanes, default=0) + 1), draw
    if panel.curves:
        return _MIRRORED if panel.mirrored else _CURVE, draw
    return _INTERVALS, draw


def _ruler(locus: Locus, inner: float) -> tuple[float, _Draw]:
    from matplotlib.ticker import MaxNLocator

    region = locus.region

    def draw(axes: Axes) -> None:
        found = MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]).tick_values(
            region.start + 1, region.end
        )
        whole = [int(at) for at in found if at == int(at) and region.start < at <= region.end]
        ticks = whole or [region.end]
        axes.set_ylim(0, 1)
        axes.spines["bottom"].set_visible(True)
        axes.spines["bottom"].set_position(("axes", 0.4))  # which takes its ticks away
        # A base is drawn from its 0-based number to the next, and its tick is in its middle.
        axes.set_xticks([at - 0.5 for at in ticks], [f"{at:,}" for at in ticks])
        room = (region.end - ticks[-1] + 0.5) * inner / len(region) + RIGHT
        last = axes.xaxis.get_major_ticks()[-1].label1
        if text_width(last.get_text(), _SIZE) / 2 > room * _POINTS:  # it would be cut off
            last.set_horizontalalignment("right")
        axes.set_title(
            plain_text(f"{format_region(region)}, {len(region):,} bp", 90),
            loc="left", parse_math=False, y=0.6,
        )  # fmt: skip

    return _RULER, draw


def _draw_curves(axes: Axes, panel: Panel, locus: Locus, letters: bool) -> None:
    low, high = panel.limits
    for curve, sign in zip(panel.curves, (1, -1), strict=False):
        if letters:
            complement = curve.track.strand == "-"
            draw_scaled_letters(axes, locus, curve.values * sign, complement)
        else:
            _draw_steps(axes, curve, sign, locus.region.start)
    axes.set_ylim(-high if panel.mirrored else low, high)
    ticks, numbers = zip(*_numbers(panel), strict=True)
    axes.set_yticks(ticks, numbers, fontsize=_NUMBERS)
    labels = axes.get_yticklabels()
    labels[0].set_verticalalignment("bottom")  # within the panel, away from the next one's
    labels[-1].set_verticalalignment("top")
    heights = (0.75, 0.25) if panel.mirrored else (0.5,)
    strands = (curve.track.strand for curve in panel.curves)
    _write_strands(axes, dict(zip(strands, heights, strict=True)))
    axes.spines["left"].set_visible(True)
    axes.axhline(0, color="black", linewidth=0.4)


def _draw_steps(axes: Axes, curve: Curve, sign: int, start: int) -> None:
    values, edges = steps(curve.values, start)
    if not np.isnan(values).all():
        strand = "" if curve.track.strand == "." else curve.track.strand
        axes.stairs(
            values * sign, edges, baseline=0, fill=True, color=fractions(curve.track.colour),
            label=f"{curve.track.name}{strand}", linewidth=0,
        )  # fmt: skip


def steps(values: Values, start: int) -> tuple[Values, NDArray[np.int64]]:
    """Values of steps (N,) and their edges (N + 1,) on the contig, for values (L,) from ``start``.

    A step is a base, or, of more than :data:`_BINS` bases, the value farthest from 0 of several.
    """
    edges = np.unique(np.linspace(0, len(values), min(len(values), _BINS) + 1).astype(np.int64))
    if len(edges) <= len(values):
        high = np.fmax.reduceat(values, edges[:-1])
        low = np.fmin.reduceat(values, edges[:-1])
        values = np.where(-low > high, low, high)
    return values, edges + start


def _numbers(panel: Panel) -> list[tuple[float, str]]:
    """Where the axis of a panel has numbers, and what they are."""
    low, high = panel.limits
    low = -high if panel.mirrored else low
    ticks = sorted({low, 0, high} if low < 0 else {low, high})
    return [(at, _number(abs(at) if panel.mirrored else at)) for at in ticks]


def _fitting(text: str, room: float) -> str:
    """A name that is no wider than so many points."""
    for longest in range(_NAME, 1, -1):
        shown = plain_text(text, longest)
        if text_width(shown, _SIZE) <= room:
            return shown
    return plain_text(text, 1)


def _write_strands(axes: Axes, heights: Mapping[Strand, float]) -> None:
    """Write the signs of strands right of a panel, at shares of its height."""
    for strand, height in heights.items():
        if strand in _SIGNS:
            axes.annotate(
                _SIGNS[strand], (1, height), (2, 0), xycoords="axes fraction",
                textcoords="offset points", va="center",
            )  # fmt: skip


def _number(value: float) -> str:
    """Three digits, without exponents where people read numbers without: 12,300 and 6.17e-6."""
    if 1_000 <= abs(value) < 10_000_000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e")


@contextmanager
def figure_style() -> Iterator[None]:
    """matplotlib's settings of figures: text stays text in SVG and PDF, equal figures are equal
    bytes."""
    with _fonts_listed_aside():
        import matplotlib as mpl

        with mpl.rc_context(
            {
                "font.size": _SIZE,
                "axes.titlesize": _SIZE,
                "axes.linewidth": 0.5,
                "xtick.major.width": 0.5,
                "ytick.major.width": 0.5,
                "xtick.major.size": 2.5,
                "ytick.major.size": 2.5,
                "pdf.fonttype": 42,
                "svg.fonttype": "none",
                "svg.hashsalt": "genoseq",
            }
        ):
            yield


@contextmanager
def _fonts_listed_aside() -> Iterator[None]:
    """matplotlib keeps its list of fonts in a temporary folder, which goes, and not in HOME; in
    MPLCONFIGDIR where that is set."""
    if "matplotlib.font_manager" in sys.modules or "MPLCONFIGDIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="genoseq-") as folder:
        os.environ["MPLCONFIGDIR"] = folder
        try:
            import matplotlib.font_manager  # noqa: F401  lists them now

            yield
        finally:
            del os.environ["MPLCONFIGDIR"]
