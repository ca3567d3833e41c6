"""Tables that lie beside a model and its evaluation: learning and precision-recall curves, and
baselines."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genoseq.errors import InputFormatError
from genoseq.genome.schemes import BACKGROUND
from genoseq.genome.tracks import Channel


@dataclass(frozen=True)
class Curve:
    """Columns of the learning curve by name, each a list of (step, value)."""

    columns: Mapping[str, tuple[tuple[int, float], ...]]


@dataclass(frozen=True)
class Baseline:
    """Figures of something simpler, on the bases that a model was tested on.

    ``fair`` is False of a program whose own predictions the labels seem to be.
    """

    name: str
    label: str
    figures: Mapping[str, float | None]
    note: str = ""
    fair: bool = True


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision and recall of a class at falling thresholds."""

    label: str
    points: tuple[tuple[float, float], ...]
    """(recall, precision)"""


@dataclass(frozen=True, slots=True)
class Point:
    """A bin of a genome: what was predicted of a signal, and what was measured."""

    genome: str
    signal: str
    bin: int
    predicted: float
    measured: float


def read_scatter(path: Path) -> tuple[Point, ...]:
    """Rows of ``scatter.tsv``; none without the file."""
    if not path.is_file():
        return ()
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return tuple(
        Point(
            row["genome"],
            row["signal"],
            int(row["bin"]),
            float(row["predicted"]),
            float(row["measured"]),
        )
        for row in rows
    )


def read_learning_curve(path: Path) -> Curve:
    """Learning curve of a CSV with a ``step`` column; empty and NaN fields are left out.

    Raises
    ------
    InputFormatError
        If it is not as genoseq wrote it; so do those below.
    """
    columns: dict[str, list[tuple[int, float]]] = {}
    with _damage(path), path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            step = int(row.pop("step"))
            for name, text in row.items():
                value = float(text or "nan")
                if not math.isnan(value):
                    columns.setdefault(name, []).append((step, value))
    return Curve({name: tuple(points) for name, points in columns.items()})


def read_precision_recall(path: Path) -> tuple[PrecisionRecall, ...]:
    """Precision-recall curves of the classes that people see, without the background."""
    if not path.is_file():
        return ()
    points: dict[str, list[tuple[float, float]]] = {}
    with _damage(path), path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["level"] == "channels" and row["name"] != BACKGROUND:
                label = Channel(row["name"], row["strand"]).label  # type: ignore[arg-type]
                pair = float(row["recall"]), float(row["precision"])
                points.setdefault(label, []).append(pair)
    return tuple(PrecisionRecall(label, tuple(pairs)) for label, pairs in points.items())


def read_baselines(path: Path) -> tuple[Baseline, ...]:
    """Rows of ``baselines.tsv``: ``name``, ``class``, figures, ``fair``, ``note``; none without
    the file."""
    if not path.is_file():
        return ()
    found = []
    with _damage(path), path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            name, label, note = row.pop("name"), row.pop("class"), row.pop("note")
            fair = row.pop("fair") != "no"
            figures = {key: _figure(text) for key, text in row.items()}
            found.append(Baseline(name, label, figures, "" if note == "." else note, fair))
    return tuple(found)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Whatever a table raises that is not as genoseq wrote it, as one error."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        said = f"{type(error).__name__}: {str(error)[:80]}"
        what = f"not the table that genoseq wrote ({said}): train or evaluate again"
        raise InputFormatError(what, path) from None


def _figure(text: str) -> float | None:
    """A number; None of what is not one, as ``.``."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
