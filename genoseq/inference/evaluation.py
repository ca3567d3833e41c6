"""What was measured of a model, and the folder that it is written to."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genoseq.errors import ConfigError
from genoseq.files.atomic import atomic_folder, irreplaceable
from genoseq.files.provenance import PROVENANCE, write_record
from genoseq.inference.baselines import BaselineFigures
from genoseq.inference.class_figures import BY_CLASS
from genoseq.inference.signal_figures import BY_BIN, BY_GENE, BY_REGION, SCATTER
from genoseq.inference.signal_tables import Table
from genoseq.inference.site_figures import BY_SITE
from genoseq.metrics.level import CurvePoint

METRICS, CURVES, CONFUSION = "metrics.json", "curves.tsv", "confusion.tsv"
BASELINES = "baselines.tsv"
_LOCATED = (BY_CLASS, BY_SITE, BY_BIN, BY_REGION, BY_GENE, SCATTER)
_FILES = (METRICS, CURVES, CONFUSION, BASELINES, PROVENANCE, *_LOCATED)


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes
    ----------
    metrics
        Plain JSON data: ``split``, ``stores`` (name to checksum), ``genomes`` (name to the figures
        of its bases, where there are classes), ``intervals`` (see
        :meth:`genoseq.inference.blocks.Blocks.intervals`), and what the task's metrics compute.
    curves
        Precision-recall points of every class; empty where there are none.
    confusion
        Rows of level, true and predicted class, and bases; likewise.
    rows
        What people read first: figures of each class or signal, by name.
    bases
        Of the split's regions.
    baselines
        Figures of simpler means on the same bases; None where they were not asked for.
    baseline_table
        Header and rows of ``baselines.tsv``, likewise.
    tables
        Header and rows of other files, by their names: figures by place.
    """

    metrics: Mapping[str, Any]
    curves: Sequence[CurvePoint] = ()
    confusion: Sequence[tuple[str, str, str, int]] = ()
    rows: Sequence[Mapping[str, Any]] = field(default_factory=list)
    bases: int = 0
    baselines: Sequence[BaselineFigures] | None = None
    baseline_table: tuple[Sequence[str], Sequence[Sequence[str]]] | None = None
    tables: Mapping[str, Table] = field(default_factory=dict)


def check_place(folder: Path) -> None:
    """ConfigError if an evaluation written to ``folder`` would replace something else."""
    if (problem := irreplaceable(folder, _FILES)) is not None:
        raise ConfigError(problem)


def write_evaluation(
    path: str | Path, evaluation: Evaluation, record: Mapping[str, Any] | None = None
) -> None:
    """Write ``metrics.json``, ``curves.tsv`` and, for classes, ``confusion.tsv``: all or nothing.

    With baselines also ``baselines.tsv``, with a ``record`` ``provenance.json``.

    Raises
    ------
    ConfigError
        If ``path`` exists and holds something else.
    """
    folder = Path(path)
    check_place(folder)
    with atomic_folder(folder, _FILES) as partial:
        text = json.dumps(evaluation.metrics, indent=2, allow_nan=False)
        (partial / METRICS).write_text(text + "\n")
        points = (
            (*point[:3], "." if point.phase is None else point.phase, *_rounded(point[4:]))
            for point in evaluation.curves
        )
        _write_rows(partial / CURVES, CurvePoint._fields, points)
        if evaluation.confusion:
            header = ("level", "true", "predicted", "bases")
            _write_rows(partial / CONFUSION, header, evaluation.confusion)
        if evaluation.baseline_table is not None:
            columns, lines = evaluation.baseline_table
            _write_rows(partial / BASELINES, columns, map(tuple, lines))
        for name, (columns, located) in evaluation.tables.items():
            _write_rows(partial / name, columns, (tuple(map(_told, row)) for row in located))
        if record is not None:
            write_record(partial, record)


def _told(value: object) -> object:
    """A number with its first digits, and ``.`` for what is not defined."""
    if value is None or value != value:
        return "."
    return f"{value:.6g}" if isinstance(value, float) else value


def _rounded(values: Sequence[float]) -> list[str]:
    return [f"{value:.6g}" for value in values]


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
