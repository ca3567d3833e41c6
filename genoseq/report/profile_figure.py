"""The figure of profiles around sites: a panel for each class, and a logo below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.tracks import OKABE_ITO, fractions
from genoseq.report.locus_figure import figure_style
from genoseq.report.locus_letters import draw_stack

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from genoseq.report.profile import Profile

_LOGO = 20
"""bp on either side of which the logo shows letters: more are too narrow to read."""
_WIDTH, _HIGH = 3.5, 1.4
"""Inches of the figure and of a panel."""


def profile_figure(
    profiles: Sequence[Profile], heights: NDArray[np.float64] | None, flank: int
) -> Figure:
    """The figure: means as lines, with the quartiles around them.

    Parameters
    ----------
    heights
        Bits of A, C, G and T at each position, shape (2 * flank + 1, 4); None: no logo.
    """
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(each.name for each in profiles))
    rows = len(names) + (heights is not None)
    with figure_style():
        figure = Figure(figsize=(_WIDTH, _HIGH * rows), layout="constrained")
        panels = figure.subplots(rows, 1, squeeze=False)[:, 0]
        positions = np.arange(-flank, flank + 1)
        for name, axes in zip(names, panels, strict=False):
            here = [each for each in profiles if each.name == name]
            for each, colour in zip(here, OKABE_ITO * len(here), strict=False):
                low, _, high = each.quartiles
                axes.fill_between(positions, low, high, color=fractions(colour), alpha=0.2, lw=0)
                axes.plot(positions, each.mean, color=fractions(colour), lw=1, label=each.label)
            axes.legend(frameon=False, fontsize=6)
            axes.set_ylabel("mean")
            axes.set_xlim(-flank - 0.5, flank + 0.5)
        if heights is not None:
            shown = min(flank, _LOGO)
            for at in range(-shown, shown + 1):
                draw_stack(
                    panels[-1],
                    at - 0.5,
                    dict(zip("ACGT", heights[at + flank].tolist(), strict=True)),
                )
            panels[-1].set_xlim(-shown - 0.5, shown + 0.5)
            panels[-1].set_ylim(0, 2)
            panels[-1].set_ylabel("bits")
        panels[-1].set_xlabel("bp from the site, 5' to 3'")
    return figure


def save_figure(figure: Figure, svg: Path, png: Path) -> None:
    """Save it, the same bytes each time."""
    with figure_style():
        figure.savefig(svg, format="svg", metadata={"Date": None})
        figure.savefig(png, format="png", dpi=300, metadata={"Software": None})
