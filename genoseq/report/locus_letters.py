"""Letters of a figure: the sequence, and values as letters of their height."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from genoseq.genome.complement import reverse_complement
from genoseq.genome.tracks import OKABE_ITO, fractions
from genoseq.report.locus import Locus, Values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

_COLOURS = {"A": OKABE_ITO[2], "C": OKABE_ITO[0], "G": OKABE_ITO[4], "T": OKABE_ITO[1]}
_UNKNOWN_COLOUR = (110, 110, 110)
_MARGIN = 0.06
"""Of a base's width, on either side of its letter."""


def draw_letters(axes: Axes, locus: Locus) -> None:
    """Draw the sequence, each letter in the middle of its base."""
    axes.set_ylim(0, 1)
    for at, letter in enumerate(locus.letters, locus.region.start):
        axes.text(
            at + 0.5, 0.5, letter, ha="center", va="center", fontsize=6, family="monospace",
            color=_colour(letter),
        )  # fmt: skip


def draw_scaled_letters(axes: Axes, locus: Locus, values: Values, complement: bool) -> None:
    """Draw a letter from 0 to the value of each base, upside down below 0.

    Parameters
    ----------
    values
        Shape (L,), NaN for bases without a letter.
    complement
        Draw the bases of the - strand.
    """
    letters = locus.letters
    if complement:
        letters = reverse_complement(letters.encode()).decode()[::-1]
    for at, (letter, value) in enumerate(zip(letters, values.tolist(), strict=True)):
        if value == value and value != 0:
            draw_scaled_letter(axes, letter, locus.region.start + at, value)


def draw_scaled_letter(axes: Axes, letter: str, at: float, value: float) -> None:
    """Draw one letter from 0 to a value, at a base."""
    from matplotlib.patches import PathPatch
    from matplotlib.transforms import Affine2D

    scale = Affine2D().scale(1, value).translate(at, 0)
    path = letter_path(letter).transformed(scale)
    axes.add_patch(PathPatch(path, facecolor=_colour(letter), edgecolor="none"))


def draw_stack(axes: Axes, start: float, heights: Mapping[str, float]) -> None:
    """Draw letters of these heights above one another, the highest on top, as in logos."""
    from matplotlib.patches import PathPatch
    from matplotlib.transforms import Affine2D

    base = 0.0
    for letter, height in sorted(heights.items(), key=lambda each: each[1]):
        if height > 0:
            path = letter_path(letter).transformed(
                Affine2D().scale(1, height).translate(start, base)
            )
            axes.add_patch(PathPatch(path, facecolor=_colour(letter), edgecolor="none"))
            base += height


@cache
def letter_path(letter: str) -> Path:
    """A letter as wide as a base, but for a margin, and as high as 1."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    path = TextPath((0, 0), letter, size=1, prop=FontProperties(weight="bold"))
    box = path.get_extents()
    move = Affine2D().translate(-box.x0, -box.y0)
    scaled = move.scale((1 - 2 * _MARGIN) / box.width, 1 / box.height).translate(_MARGIN, 0)
    return path.transformed(scaled)


def _colour(letter: str) -> tuple[float, float, float]:
    return fractions(_COLOURS.get(letter, _UNKNOWN_COLOUR))
