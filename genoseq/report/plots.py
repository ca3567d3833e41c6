"""Plots of the summary: SVG as a data URI, in the colours of the tracks."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from genoseq.genome.tracks import OKABE_ITO, fractions
from genoseq.report.results import ModelResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = ("-", "--", ":", "-.")


def colour(index: int) -> tuple[float, float, float]:
    """RGB from 0 to 1 of the n-th class or model."""
    return fractions(OKABE_ITO[index % len(OKABE_ITO)])


def learning_plot(models: Sequence[ModelResult]) -> str | None:
    """Loss of training and validation by step, one colour per model; None without any curve."""
    known = [model for model in models if model.learning is not None]
    if not known:
        return None
    figure, axes = _figure("step", "loss")
    for index, model in enumerate(known):
        assert model.learning is not None
        columns = model.learning.columns
        for name, line, width in (("train_loss", "-", 1.0), ("valid_loss", "o--", 1.5)):
            points = columns.get(name, ())
            label = f"{model.name}, {'training' if name == 'train_loss' else 'validation'}"
            _line(axes, points, line, label, colour(index), width)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return _data_uri(figure)


def precision_recall_plot(models: Sequence[ModelResult]) -> str | None:
    """Precision over recall: colours are classes, dashes are models; None without classes."""
    if not any(model.precision_recall for model in models):
        return None
    figure, axes = _figure("recall", "precision")
    for number, model in enumerate(models):
        for index, curve in enumerate(model.precision_recall):
            name = f"{curve.label}, {model.name}" if len(models) > 1 else curve.label
            _line(axes, curve.points, LINES[number % len(LINES)], name, colour(index), 1.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False, loc="lower left")
    return _data_uri(figure)


def _figure(xlabel: str, ylabel: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    with _style():
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        axes = figure.add_subplot()
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.grid(alpha=0.3, linewidth=0.5)
    return figure, axes


def _line(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    line: str,
    label: str,
    rgb: tuple[float, float, float],
    width: float,
) -> None:
    if points:
        x, y = zip(*points, strict=True)
        axes.plot(x, y, line, label=label, color=rgb, linewidth=width, markersize=3)


def _data_uri(figure: Figure) -> str:
    buffer = io.BytesIO()
    with _style():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def _style() -> AbstractContextManager[None]:
    import matplotlib as mpl

    # With a fixed salt equal plots are equal bytes.
    return mpl.rc_context(
        {
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "svg.hashsalt": "genoseq",
        }
    )
