"""How well a bundle does on a split of stores: what scoring would give, against the labels."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genoseq.data.batch import Batch
from genoseq.errors import ConfigError
from genoseq.files.atomic import atomic_folder, irreplaceable
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import PROVENANCE, write_record
from genoseq.genome.schemes import BACKGROUND
from genoseq.inference.baselines import BaselineFigures, Measured, baseline_table
from genoseq.inference.blocks import Blocks
from genoseq.inference.evaluate_pairs import pair_figures
from genoseq.inference.predict import Predictor, bundle_of
from genoseq.inference.strands import Prediction, predict_regions
from genoseq.metrics.level import Confusion, CurvePoint
from genoseq.models.bundle import Bundle
from genoseq.store.pairs import PairStore
from genoseq.store.store import Store
from genoseq.tasks.seq2seq import Seq2Seq
from genoseq.tasks.task import Metrics, Task

_Pair = tuple[str, str]
METRICS, CURVES, CONFUSION = "metrics.json", "curves.tsv", "confusion.tsv"
BASELINES = "baselines.tsv"
_FILES = (METRICS, CURVES, CONFUSION, BASELINES, PROVENANCE)


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
    """

    metrics: Mapping[str, Any]
    curves: Sequence[CurvePoint] = ()
    confusion: Sequence[tuple[str, str, str, int]] = ()
    rows: Sequence[Mapping[str, Any]] = field(default_factory=list)
    bases: int = 0
    baselines: Sequence[BaselineFigures] | None = None
    baseline_table: tuple[Sequence[str], Sequence[Sequence[str]]] | None = None


def evaluate(
    bundle: Bundle | str | Path,
    stores: Sequence[Store | PairStore | str | Path],
    split: str = "test",
    *,
    device: str | None = None,
    baselines: bool = False,
    learn_from: Sequence[Store | str | Path] = (),
    report: Report = unreported,
) -> Evaluation:
    """Metrics of a bundle on the regions of one split, both strands averaged.

    Windows are those of scoring: those of the contig, with the bundle's context, and with the bases
    beyond a region's ends.  A base that is N leaves the metrics like one without a known label.
    Of a model that maps sequences to sequences they are of the pairs of a split, see
    :mod:`genoseq.inference.evaluate_pairs`.

    Parameters
    ----------
    bundle
        The model, or its folder.
    stores
        A list of stores, or of their folders; all with labels that suit the bundle's task.
    split
        train, valid, test or score.
    device
        ``cpu`` or ``cuda``; by default a GPU where one is visible.
    baselines
        Whether simpler means are measured too, see :mod:`genoseq.inference.baselines`.
    learn_from
        Stores whose train regions they learn from; none: those of ``stores``.
    report
        Called with the bases that are done, and with all of them.

    Raises
    ------
    ConfigError
        If a store does not fit the bundle, or no region has the split.
    """
    bundle = bundle_of(bundle)
    opened = bundle.task.open(stores)
    if problems := bundle.task.misfits(opened, "the model", split):
        raise ConfigError(problems)
    beside = None
    if baselines and bundle.task.of_bases:
        beside = Measured(bundle.task, opened, bundle.task.open(learn_from or opened))
    return _measured(bundle.task, bundle, opened, split, device, report, beside)


@singledispatch
def _measured(
    task: Task,
    bundle: Bundle,
    opened: Sequence[Any],
    split: str,
    device: str | None,
    report: Report,
    beside: Measured | None,
) -> Evaluation:
    """Of a task of bases; a task of another kind registers what is measured of it."""
    predictor = Predictor(bundle, device)
    metrics = task.metrics()
    done, total = 0, bases_of_split(opened, split)
    report(done, total)
    genomes, before = {}, Counter[_Pair]()
    blocks = Blocks(total, lambda: list(_channels(metrics)))
    for store in opened:
        for piece in blocks.cut(_predicted(predictor, store, split)):
            targets = task.targets(_batch(store, piece))[0]
            metrics.update(torch.from_numpy(piece.values.T.copy()), targets)
            if beside is not None:
                beside.update(store, piece.chrom, piece.start, piece.values, targets)
            done += len(piece.codes)
            report(done, total)
        counted = Counter({(c.true, c.predicted): c.bases for c in _channels(metrics)})
        if own := counted - before:
            genomes[store.name] = genome_figures(own)
        before = counted
    used = {store.name: store.checksums["codes.bin"] for store in opened}
    figures = metrics.compute()
    told = None if beside is None else beside.figures()
    return Evaluation(
        {"split": split, "stores": used, "genomes": genomes, **blocks.intervals(), **figures},
        metrics.curves(),
        metrics.confusions(),
        task.rows(figures),
        done,
        told,
        baseline_table(task, told) if told else None,
    )


@_measured.register
def _of_pairs(
    task: Seq2Seq,
    bundle: Bundle,
    opened: Sequence[Any],
    split: str,
    device: str | None,
    report: Report,
    beside: Measured | None,
) -> Evaluation:
    del beside
    figures, bases = pair_figures(bundle, task, opened, split, device, report)
    used = {store.name: store.checksums["sources.bin"] for store in opened}
    whole = {"split": split, "stores": used, **figures}
    return Evaluation(whole, rows=task.rows(figures), bases=bases)


def _channels(metrics: Metrics) -> Iterator[Confusion]:
    return (pair for pair in metrics.confusions() if pair.level == "channels")


def genome_figures(pairs: Mapping[_Pair, int]) -> dict[str, Any]:
    """Figures of one genome by its bases of each pair of true and predicted class.

    Returns
    -------
    ``bases`` with a known label; ``f1`` of each class and strand but the background, None where
    there is no such base, and ``micro_f1`` of all of them together: a base is right where class and
    strand are.
    """
    names = sorted({name for pair in pairs for name in pair} - {BACKGROUND})
    right = {name: pairs.get((name, name), 0) for name in names}
    either = {
        name: sum(n for pair, n in pairs.items() if pair[0] == name)
        + sum(n for pair, n in pairs.items() if pair[1] == name)
        for name in names
    }
    total = sum(either.values())
    return {
        "bases": sum(pairs.values()),
        "micro_f1": 2 * sum(right.values()) / total if total else None,
        "f1": {name: 2 * right[name] / either[name] for name in names},
    }


def _predicted(predictor: Predictor, store: Store, split: str) -> Iterator[Prediction]:
    """Predictions for the bases of the split's regions."""
    regions = (store.regions[int(index)].region for index in store.regions.of_split(split))
    return predict_regions(predictor, store, regions)


def _batch(store: Store, piece: Prediction) -> Batch:
    """The bases of a piece as a batch of one row, without tokens."""
    labels = None
    if store.scheme is not None:
        found = store.labels(piece.chrom, piece.start, piece.end)
        labels = torch.from_numpy(found.astype(store.scheme.target_dtype)[None])
    no_ids = torch.empty((1, 0), dtype=torch.int64)
    return Batch(no_ids, labels, torch.from_numpy(np.array(piece.codes)[None]))


def bases_of_split(stores: Sequence[Store], split: str) -> int:
    """Bases of all regions of a split."""
    return sum(
        len(store.regions[int(index)])
        for store in stores
        for index in store.regions.of_split(split)
    )


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
        if record is not None:
            write_record(partial, record)


def _rounded(values: Sequence[float]) -> list[str]:
    return [f"{value:.6g}" for value in values]


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
