"""How right a bundle is on a split of stores: what scoring would say, against the labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.files.atomic import atomic_folder, irreplaceable
from genoseq.files.provenance import PROVENANCE, write_record
from genoseq.genome.sequences import Codes, N
from genoseq.genome.windows import Window, tile
from genoseq.inference.predict import (
    BATCH_BASES,
    Predictor,
    core_bases,
    predict_windows,
)
from genoseq.metrics.per_base import CurvePoint, build_metrics
from genoseq.models.bundle import Bundle
from genoseq.store.checks import misfits
from genoseq.store.store import Store

METRICS, CURVES, CONFUSION = "metrics.json", "curves.tsv", "confusion.tsv"


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Attributes
    ----------
    metrics
        Plain JSON data: ``split``, ``stores`` (name to checksum), and what
        :mod:`genoseq.metrics.per_base` computes.
    curves
        Precision-recall points of every class; empty for signals.
    """

    metrics: Mapping[str, Any]
    curves: Sequence[CurvePoint]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A window of a region of a store."""

    store: Store
    region: int
    window: Window


def evaluate(
    bundle: Bundle,
    stores: Sequence[Store],
    split: str = "test",
    *,
    device: str | None = None,
    report: Callable[[int], None] = lambda _bases: None,
) -> Evaluation:
    """Metrics of a bundle on the regions of one split, both strands averaged.

    Windows are those of scoring: on the contig's lattice, with the bundle's context, and with the
    bases beyond a region's ends.  A base that is N leaves the metrics like one without a known
    label.

    Parameters
    ----------
    bundle, stores
        All with the bundle's label scheme.
    split
        train, valid, test or score.
    device
        ``cpu`` or ``cuda``; by default a GPU where one is visible.
    report
        Called with the number of bases that were just done.

    Raises
    ------
    ConfigError
        If a store does not fit the bundle, or no region has the split.
    """
    if problems := misfits(stores, bundle.scheme, "the model", split):
        raise ConfigError(problems)
    predictor = Predictor(bundle, device)
    metrics = build_metrics(bundle.scheme, bundle.activation)
    windows = ((piece, piece.window, _codes(piece)) for piece in _pieces(bundle, stores, split))
    done = predict_windows(predictor, windows, bundle.context, BATCH_BASES)
    for piece, letters, values in done:
        metrics.update_values(torch.from_numpy(values.T.copy()), _labels(piece, letters == N))
        report(len(letters))
    used = {store.name: store.checksums["codes.bin"] for store in stores}
    return Evaluation({"split": split, "stores": used, **metrics.compute()}, metrics.curves())


def bases_of_split(stores: Sequence[Store], split: str) -> int:
    """Bases of all regions of a split."""
    return sum(
        len(store.regions[int(index)])
        for store in stores
        for index in store.regions.of_split(split)
    )


def check_place(folder: Path) -> None:
    """ConfigError if an evaluation written to ``folder`` would replace something else."""
    if (problem := irreplaceable(folder, (METRICS, CURVES, CONFUSION, PROVENANCE))) is not None:
        raise ConfigError(problem)


def write_evaluation(
    path: str | Path, evaluation: Evaluation, record: Mapping[str, Any] | None = None
) -> None:
    """Write ``metrics.json``, ``curves.tsv`` and, for classes, ``confusion.tsv``: all or nothing.

    With a ``record`` also ``provenance.json``.

    Raises
    ------
    ConfigError
        If ``path`` exists and holds something else.
    """
    folder = Path(path)
    check_place(folder)
    with atomic_folder(folder) as partial:
        text = json.dumps(evaluation.metrics, indent=2, allow_nan=False)
        (partial / METRICS).write_text(text + "\n")
        points = (
            (*point[:3], "." if point.phase is None else point.phase, *_rounded(point[4:]))
            for point in evaluation.curves
        )
        _write_rows(partial / CURVES, CurvePoint._fields, points)
        if evaluation.metrics["kind"] == "classes":
            header = ("level", "true", "predicted", "bases")
            _write_rows(partial / CONFUSION, header, _confusion(evaluation.metrics))
        if record is not None:
            write_record(partial, record)


def _pieces(bundle: Bundle, stores: Sequence[Store], split: str) -> Iterator[_Piece]:
    for store in stores:
        for index in map(int, store.regions.of_split(split)):
            region = store.regions[index].region
            core = core_bases(bundle, store.lengths[region.chrom])
            for window in tile(region, core, bundle.context, bundle.settings.stride):
                yield _Piece(store, index, window)


def _codes(piece: _Piece) -> Codes:
    """Bases of a window, N outside the contig."""
    store, window = piece.store, piece.window
    codes = np.full(window.end - window.start, N, np.uint8)
    start, end = max(window.start, 0), min(window.end, store.lengths[window.chrom])
    codes[start - window.start : end - window.start] = store.codes(window.chrom, start, end)
    return codes


def _labels(piece: _Piece, unscored: NDArray[np.bool_]) -> torch.Tensor:
    """Labels of the kept bases (L,) or (L, S), unknown where there is no score."""
    store, index, window = piece.store, piece.region, piece.window
    origin = store.regions[index].start
    kept = slice(window.keep_start - origin, window.keep_end - origin)
    scheme = store.scheme
    assert scheme is not None  # evaluate has checked it
    labels = store.region_labels(index)[kept].astype(scheme.target_dtype)
    labels[unscored] = scheme.unknown
    return torch.from_numpy(labels)


def _confusion(metrics: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for level in ("states", "channels"):
        names = [_label(row) for row in metrics[level]["classes"]]
        for true, row in zip(names, metrics[level]["confusion"], strict=True):
            for predicted, bases in zip(names, row, strict=True):
                yield level, true, predicted, bases


def _label(row: Mapping[str, Any]) -> str:
    """``CDS+1``: name, strand and phase of a class where it has them."""
    strand = "" if row["strand"] == "." else row["strand"]
    return f"{row['name']}{strand}{'' if row['phase'] is None else row['phase']}"


def _rounded(values: Sequence[float]) -> list[str]:
    return [f"{value:.6g}" for value in values]


def _write_rows(path: Path, header: Sequence[str], rows: Iterator[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
