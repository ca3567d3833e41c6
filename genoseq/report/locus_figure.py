"""The figure of a locus: coordinates, letters, curves, segments and genes, one below the other.

Lengths are centimetres.  Strands are told apart by where they are drawn (+ above, - below) and by
arrows, not by colours alone, so that figures can be read in grey.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import format_region
from genoseq.genome.tracks import fractions
from genoseq.report.locus import Curve, Locus, Panel, Values
from genoseq.report.locus_genes import draw_genes, draw_intervals, gene_lanes, plain_text
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
        rows = [_ruler(locus)]
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
        lines = [plain_text(text, _NAME) for text in (panel.name, panel.group) if text]
        axes.set_ylabel(
            "\n".join(lines), rotation=0, ha="right", va="center", parse_math=False,
            labelpad=16 if panel.curves else 4,
        )  # fmt: skip
        if panel.curves:
            _draw_curves(axes, panel, locus, letters)
        elif lanes is not None:
            draw_genes(axes, panel.items, lanes)
        else:
            draw_intervals(axes, panel.items)

    if lanes is not None:
        return _LANE * (max(lanes, default=0) + 1), draw
    if panel.curves:
        return _MIRRORED if panel.mirrored else _CURVE, draw
    return _INTERVALS, draw


def _ruler(locus: Locus) -> tuple[float, _Draw]:
    from matplotlib.ticker import MaxNLocator

    region = locus.region

    def draw(axes: Axes) -> None:
        found = MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]).tick_values(
            region.start + 1, region.end
        )
        ticks = [int(at) for at in found if region.start < at <= region.end]
        # A base is drawn from its 0-based number to the next, and its tick is in its middle.
        axes.set_xticks([at - 0.5 for at in ticks], [f"{at:,}" for at in ticks])
        axes.set_ylim(0, 1)
        axes.spines["bottom"].set_visible(True)
        axes.spines["bottom"].set_position(("axes", 0.4))
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
    bottom = -high if panel.mirrored else low
    axes.set_ylim(bottom, high)
    ticks = [bottom, 0, high] if bottom < 0 else [bottom, high]
    axes.set_yticks(ticks, [_number(abs(at) if panel.mirrored else at) for at in ticks])
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


def _number(value: float) -> str:
    return f"{value:.3g}"


def figure_style() -> AbstractContextManager[None]:
    """matplotlib's settings of figures: text stays text in SVG and PDF, equal figures are equal
    bytes."""
    import matplotlib as mpl

    return mpl.rc_context(
        {
            "font.size": 7,
            "axes.titlesize": 7,
            "axes.linewidth": 0.5,
            "xtick.major.width": 0.5,
            "ytick.major.width": 0.5,
            "xtick.major.size": 2.5,
            "ytick.major.size": 2.5,
            "pdf.fonttype": 42,
            "svg.fonttype": "none",
            "svg.hashsalt": "genoseq",
        }
    )
