"""Plots of the page, as SVG that takes its colours from the page: light, dark or printed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup

from genoseq.genome.tracks import OKABE_ITO

WIDTH, HEIGHT = 480, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 44
DASHES = 4
"""Kinds of lines, classes ``d0`` to ``d3`` of the page's style."""
_TICKS = 5

Number = float | int | None
_BOX = (_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM)
"""Left, top, right and bottom of what is drawn on."""


@dataclass(frozen=True)
class Axis:
    """What one direction of a plot is: its name and its first and last value."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Series:
    """A line: its name, its (x, y) and how it is told apart; points alone if not ``joined``."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: int = 0
    dash: int = 0
    dots: bool = False
    joined: bool = True


@dataclass(frozen=True)
class Data:
    """The numbers behind a plot or table, as people download them."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str | Number]]


@dataclass(frozen=True)
class Chart:
    """A plot.

    Attributes
    ----------
    key
        Its name on the page, and in that of its data's file.
    title, said
        What it shows, and in a sentence for those who do not see it.
    drawing
        SVG.
    legend
        Name, number of its colour and of its dashes, of each line.
    """

    key: str
    title: str
    said: str
    drawing: Markup
    data: Data
    legend: Sequence[tuple[str, int, int]] = field(default_factory=tuple)


def colour_names() -> list[tuple[str, str]]:
    """CSS variables of the colours: name and value."""
    return [(f"--c{n}", f"{r} {g} {b}") for n, (r, g, b) in enumerate(OKABE_ITO)]


def colour_class(index: int) -> str:
    """The CSS class of the n-th colour."""
    return f"c{index % len(OKABE_ITO)}"


def lines(series: Sequence[Series], x: Axis, y: Axis, diagonal: bool = False) -> Markup:
    """Lines over two axes; ``diagonal`` adds the line of equal values."""
    parts = [_axes(x, y)]
    if diagonal:
        ends = _points([(x.low, y.low), (x.high, y.high)], x, y)
        parts.append(Markup('<polyline class="grid diagonal" points="{}"/>').format(_joined(ends)))
    for each in series:
        points = _points(each.points, x, y)
        kind = colour_class(each.colour)
        if len(points) > 1 and each.joined:
            parts.append(
                Markup('<polyline class="line {} d{}" points="{}"/>').format(
                    kind, each.dash % DASHES, _joined(points)
                )
            )
        if each.dots or len(points) == 1:
            parts += [
                Markup('<circle class="dot {}" cx="{}" cy="{}" r="3.5"/>').format(kind, *point)
                for point in points
            ]
    return _svg(parts)


def bars(
    names: Sequence[str], values: Sequence[float], y: str, x: str = "", colour: int = 0
) -> Markup:
    """A bar for each name; few names, of which long ones are cut."""
    left, top, right, bottom = _BOX
    most = max(values, default=0) or 1
    parts = [_axes(Axis(x, 0, 1), Axis(y, 0, most), numbered=False)]
    step = (right - left) / max(len(names), 1)
    longest = max((min(len(name), 9) for name in names), default=1)
    every = max(1, math.ceil(8 * (longest + 1) / step))  # a letter is some 8 wide
    for index, (name, value) in enumerate(zip(names, values, strict=True)):
        height = (bottom - top) * value / most
        at = left + index * step
        parts.append(
            Markup('<rect class="bar {}" x="{}" y="{}" width="{}" height="{}"/>').format(
                colour_class(colour),
                *_short(at + 0.1 * step, bottom - height, max(0.8 * step, 0.5), height),
            )
        )
        if index % every == 0:
            shown = name if len(name) <= 9 else name[:8] + "…"
            parts.append(_text(at + step / 2, bottom + 15, shown, "middle"))
    return _svg(parts)


def logo(columns: Sequence[Sequence[float]], background: Sequence[float]) -> Markup:
    """A column of letters for each position, as high as what it says, the likeliest on top.

    The height is the relative entropy in bits (Stormo 1998), each letter's part its probability.

    Parameters
    ----------
    columns
        Probabilities of A, C, G and T at each position.
    background
        Their probabilities elsewhere.
    """
    p = np.asarray(columns, np.float64).clip(1e-9)
    heights = p * (p * np.log2(p / np.asarray(background, np.float64).clip(1e-9))).sum(1)[:, None]
    most = max(2.0, float(heights.sum(1).max(initial=0)))
    left, top, right, bottom = _BOX
    scale, step = (bottom - top) / most, (right - left) / max(len(p), 1)
    parts = [_axes(Axis("position", 0, 1), Axis("bits", 0, most), numbered=False)]
    for position, column in enumerate(heights):
        middle, base = left + (position + 0.5) * step, float(bottom)
        for letter in np.argsort(column):
            size = float(column[letter]) * scale
            if size >= 0.5:
                parts.append(_letter(int(letter), middle, base, size, step))
            base -= size
        parts.append(_text(middle, bottom + 15, str(position + 1), "middle"))
    return _svg(parts)


_LETTER_COLOURS = (2, 0, 4, 1)  # A green, C blue, G orange, T vermilion
_CAP = 0.72  # height of a capital, in sizes of the font


def _letter(letter: int, x: float, y: float, height: float, width: float) -> Markup:
    size = 40.0
    across, along = width * 0.9 / (size * _CAP), height / (size * _CAP)
    moved = "translate({} {}) scale({} {})".format(*_short(x, y, across, along))
    return Markup(
        '<text class="letter {}" font-size="{}" text-anchor="middle" transform="{}">{}</text>'
    ).format(colour_class(_LETTER_COLOURS[letter]), int(size), moved, "ACGT"[letter])


def _axes(x: Axis, y: Axis, numbered: bool = True) -> Markup:
    """Grid, numbers and names of both axes; without ``numbered`` x has its name alone."""
    left, top, right, bottom = _BOX
    parts = []
    for value in _ticks(y):
        at = bottom - (bottom - top) * (value - y.low) / (y.high - y.low)
        ends = _short(left, at, right, at)
        parts.append(Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(*ends))
        parts.append(_text(left - 6, at + 4, f"{value:,.4g}", "end"))
    for value in _ticks(x) if numbered else ():
        at = left + (right - left) * (value - x.low) / (x.high - x.low)
        parts.append(_text(at, bottom + 15, f"{value:,.6g}", "middle"))
    ends = _short(left, bottom, right, bottom)
    parts.append(Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(*ends))
    parts.append(_text((left + right) / 2, bottom + 34, x.name, "middle"))
    turned = 'transform="translate({} {}) rotate(-90)">{}</text>'
    text = Markup('<text text-anchor="middle" ' + turned)
    parts.append(text.format(*_short(12, (top + bottom) / 2), y.name))
    return Markup("").join(parts)


def _ticks(axis: Axis) -> list[float]:
    """Round values along an axis."""
    span = axis.high - axis.low
    if span <= 0:
        return []
    rough = span / _TICKS
    unit = 10.0 ** np.floor(np.log10(rough))
    step = unit * next(each for each in (1, 2, 2.5, 5, 10) if each * unit >= rough * 0.999)
    first = int(np.ceil(axis.low / step - 1e-9))
    last = int(np.floor(axis.high / step + 1e-9))
    return [float(np.round(number * step, 12)) for number in range(first, last + 1)]


def _points(points: Sequence[tuple[float, float]], x: Axis, y: Axis) -> list[tuple[str, ...]]:
    left, top, right, bottom = _BOX
    return [
        _short(
            left + (right - left) * (at - x.low) / ((x.high - x.low) or 1),
            bottom - (bottom - top) * (value - y.low) / ((y.high - y.low) or 1),
        )
        for at, value in points
    ]


def _joined(points: Sequence[tuple[str, ...]]) -> str:
    return " ".join(",".join(point) for point in points)


def _short(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.2f}".rstrip("0").rstrip(".") for value in values)


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    at = _short(x, y)
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(*at, anchor, words)


def _svg(parts: Sequence[Markup]) -> Markup:
    """A drawing of which the page's figure says in words what it is."""
    start = Markup('<svg viewBox="0 0 {} {}" aria-hidden="true" focusable="false">')
    return start.format(WIDTH, HEIGHT) + Markup("").join(parts) + Markup("</svg>")
