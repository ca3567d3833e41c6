"""Heat maps of mutations: what each of the four bases would change, at each base of a region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region, format_region
from genoseq.genome.sequences import ALPHABET, Codes, N
from genoseq.genome.tracks import Channel, safe_name
from genoseq.report.locus_figure import figure_style
from genoseq.report.locus_letters import draw_scaled_letter
from genoseq.variants.mutations import Mutations, importance_of, joined

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Picture = Literal["png", "svg"]
LARGEST = 2_000
"""Bases of a region that still has a heat map."""
FOLDER = "heatmaps"
_LINE = 150
"""Bases in a line, the letters of which are wide enough to be read."""
_BASE, _BESIDE = 0.075, 1.3
"""Inches of a base, and of what stands beside a line."""
_NARROWEST = 5.0
"""Inches of a picture."""
_LETTERS, _ROWS, _BELOW, _ABOVE = 0.6, 0.55, 0.45, 0.4
"""Inches of a line's letters and of its four rows, below them, and above all of it."""
_DPI = 150
_LONGEST = 150
"""Characters of a file's name."""


class HeatMaps:
    """Keeps what mutations change until a region is whole, and draws it.

    Parameters
    ----------
    folder
        Where pictures go.
    regions
        What is drawn; those of more than :data:`LARGEST` bases are not.
    picture
        Their format.
    """

    def __init__(self, folder: Path, regions: Sequence[Region], picture: Picture) -> None:
        self._folder, self._picture = folder, picture
        self._wanted = [region for region in regions if len(region) <= LARGEST]
        self._held: list[Mutations] = []
        self.drawn: list[tuple[str, Channel]] = []

    def add(self, mutations: Mutations) -> None:
        """Add the next bases, and draw the region that they complete."""
        if not self._wanted:
            return
        region = self._wanted[0]
        if mutations.chrom != region.chrom or not region.start <= mutations.start < region.end:
            return
        self._held.append(mutations)
        if mutations.end == region.end:
            self._draw(region)
            self._held = []
            self._wanted.pop(0)

    def _draw(self, region: Region) -> None:
        whole = joined(self._held)
        for number, channel in enumerate(whole.channels):
            effect = whole.effect[..., number]
            if np.isnan(effect).all():
                continue
            stem = f"{safe_name(region.chrom)[:_LONGEST]}_{region.start + 1}-{region.end}"
            path = f"{FOLDER}/{stem}.{channel.file_stem[:_LONGEST]}.{self._picture}"
            (self._folder / FOLDER).mkdir(exist_ok=True)
            title = f"{format_region(region)}  {channel.label}"
            with figure_style():
                figure = heat_map(whole.codes, effect, region.start, title)
                metadata = {"Date": None} if self._picture == "svg" else {"Software": None}
                figure.savefig(self._folder / path, dpi=_DPI, metadata=metadata)
            self.drawn.append((path, channel))


def heat_map(codes: Codes, effect: NDArray[np.float32], start: int, title: str) -> Figure:
    """The figure: lines of letters as high as their importance, above what each base would change.

    Parameters
    ----------
    codes
        Bases as they are, (L,).
    effect
        Of A, C, G and T, (L, 4); NaN where there is none.
    start
        First base, 0-based.
    """
    from matplotlib.figure import Figure

    bases = min(len(codes), _LINE)
    lines = -(-len(codes) // _LINE)
    wide = max(_NARROWEST, bases * _BASE + _BESIDE)
    line = _LETTERS + _ROWS + _BELOW
    high = lines * line + _ABOVE
    figure = Figure(figsize=(wide, high))
    importance = importance_of(effect[:, :, None])[:, 0]
    limit = _round_number(float(np.nanmax(np.abs(effect))))
    tallest = float(np.nanmax(np.abs(importance))) or 1.0
    figure.text(0.75 / wide, 1 - 0.22 / high, title, size=8, parse_math=False)
    drawn: AxesImage | None = None
    for number in range(lines):
        part = slice(number * _LINE, min(len(codes), (number + 1) * _LINE))
        top = high - _ABOVE - number * line
        across = 0.75 / wide, (part.stop - part.start) * (wide - _BESIDE) / bases / wide
        letters = figure.add_axes((across[0], (top - _LETTERS) / high, across[1], _LETTERS / high))
        _draw_letters(letters, codes[part], importance[part], start + part.start, tallest)
        below = figure.add_axes(
            (across[0], (top - _LETTERS - _ROWS) / high, across[1], _ROWS / high)
        )
        drawn = _draw_rows(below, codes[part], effect[part], start + part.start, limit)
    height = min(1.0, high - 0.5)
    beside = figure.add_axes(
        (1 - 0.45 / wide, 1 - (_ABOVE + height) / high, 0.1 / wide, height / high)
    )
    assert drawn is not None
    bar = figure.colorbar(drawn, cax=beside, ticks=[-limit, 0, limit])
    bar.ax.tick_params(labelsize=5)
    return figure


def _draw_letters(
    axes: Axes, codes: Codes, importance: NDArray[np.float32], start: int, tallest: float
) -> None:
    axes.set_xlim(start, start + len(codes))
    axes.set_ylim(-1.05 * tallest, 1.05 * tallest)
    axes.axhline(0, color="0.7", lw=0.4)
    for at, (code, value) in enumerate(zip(codes.tolist(), importance.tolist(), strict=True)):
        if value == value and value != 0:
            draw_scaled_letter(axes, ALPHABET[code], start + at, value)
    axes.set_xticks([])
    axes.tick_params(labelsize=5)
    axes.locator_params(axis="y", nbins=3)
    axes.set_ylabel("importance", size=5)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)


def _draw_rows(
    axes: Axes, codes: Codes, effect: NDArray[np.float32], start: int, limit: float
) -> AxesImage:
    shown = np.ma.masked_invalid(effect.T)
    image = axes.imshow(
        shown, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto", interpolation="none",
        extent=(start, start + len(codes), 4, 0),
    )  # fmt: skip
    known = np.flatnonzero(codes != N)
    # The bases as they are, where nothing changes.
    axes.plot(start + known + 0.5, codes[known] + 0.5, ".", color="0.35", ms=1.2, mew=0)
    axes.set_yticks(np.arange(4) + 0.5, list("ACGT"), size=5)
    step = _round_step(min(_LINE, 2 * len(codes)) / 10)
    ticks = [at for at in range(start, start + len(codes)) if (at + 1) % step == 0]
    axes.set_xticks([at + 0.5 for at in ticks], [f"{at + 1:,}" for at in ticks], size=5)
    axes.tick_params(axis="y", length=0)
    return image


def _round_number(value: float) -> float:
    """The next number of two digits, 1 of 0."""
    if not value:
        return 1.0
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step) * step:.6g}")


def _round_step(value: float) -> int:
    """1, 2 or 5 times a power of ten, at least so large."""
    power = 10 ** math.floor(math.log10(max(value, 1)))
    return next(int(power * each) for each in (1, 2, 5, 10) if power * each >= value)
