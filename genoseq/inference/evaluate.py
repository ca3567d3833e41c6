"""How well a bundle does on a split of stores: what scoring would give, against the labels."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial, singledispatch
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genoseq.data.batch import Batch
from genoseq.errors import ConfigError
from genoseq.files.progress import Report, unreported
from genoseq.genome.schemes import BACKGROUND
from genoseq.inference.baselines import Measured, baseline_table
from genoseq.inference.class_figures import class_figures
from genoseq.inference.evaluate_pairs import pair_figures
from genoseq.inference.evaluation import Evaluation
from genoseq.inference.genome_names import genome_names
from genoseq.inference.predict import Predictor, bundle_of
from genoseq.inference.signal_figures import SignalFigures, figures_of
from genoseq.inference.strands import Prediction, predict_regions
from genoseq.metrics.level import Confusion
from genoseq.metrics.metrics import Metrics
from genoseq.models.bundle import Bundle
from genoseq.store.files import CONTROLS
from genoseq.store.pairs import PairStore
from genoseq.store.store import Store
from genoseq.tasks.seq2seq import Seq2Seq
from genoseq.tasks.task import Task

_Pair = tuple[str, str]
_log = logging.getLogger(__name__)


def evaluate(
    bundle: Bundle | str | Path,
    stores: Sequence[Store | PairStore | str | Path],
    split: str = "test",
    *,
    device: str | None = None,
    baselines: bool = False,
    learn_from: Sequence[Store | str | Path] = (),
    bins: Sequence[int] = (),
    genes: Sequence[str] = (),
    report: Report = unreported,
) -> Evaluation:
    """Metrics of a bundle on the regions of one split, both strands averaged.

    Windows are those of scoring: those of the contig, with the bundle's context, and with the bases
    beyond a region's ends.  A base that is N leaves the metrics like one without a known label.
    A model that has learned controls is shown those of the stores that have them.
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
    bins, genes
        Of models of signals, see :func:`genoseq.inference.signal_figures.figures_of`.
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
    located = figures_of(bundle.task, opened, split, bins, genes)
    return _measured(bundle.task, bundle, opened, split, device, report, beside, located)


@singledispatch
def _measured(
    task: Task,
    bundle: Bundle,
    opened: Sequence[Any],
    split: str,
    device: str | None,
    report: Report,
    beside: Measured | None,
    located: SignalFigures | None,
) -> Evaluation:
    """Of a task of bases; a task of another kind registers what is measured of it."""
    predictor = Predictor(bundle, device)
    metrics = task.metrics()
    done, total = 0, bases_of_split(opened, split)
    report(done, total)
    genomes, before, names = {}, Counter[_Pair](), genome_names(opened)
    by_class = class_figures(metrics, opened, split)
    for store in opened:
        pieces = _predicted(predictor, store, split)
        for piece in pieces if by_class is None else by_class.cut(store, pieces):
            targets = task.targets(_batch(store, piece))[0]
            if by_class is not None:
                by_class.enter(store, piece.chrom, piece.start, piece.values, targets)
            metrics.update(torch.from_numpy(piece.values.T.copy()), targets)
            if located is not None:
                located.update(store, piece.chrom, piece.start, piece.values, targets)
            if beside is not None:
                beside.update(store, piece.chrom, piece.start, piece.values, targets)
            done += len(piece.codes)
            report(done, total)
        pairs = Counter({(c.true, c.predicted): c.bases for c in _channels(metrics)})
        if own := pairs - before:
            genomes[names[store.path]] = genome_figures(own)
        before = pairs
    used = {store.name: store.checksums["codes.bin"] for store in opened}
    figures = metrics.compute()
    told = None if beside is None else beside.figures()
    local = located or by_class
    placed, tables = ({}, {}) if local is None else local.finish()
    for name, own in placed.pop("genomes", {}).items():
        genomes[name] = genomes.get(name, {}) | own
    whole = {"split": split, "stores": used, "genomes": genomes, **figures}
    return Evaluation(
        whole | placed,
        metrics.curves(),
        metrics.confusions(),
        task.rows(figures),
        done,
        told,
        baseline_table(task, told) if told else None,
        tables,
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
    located: SignalFigures | None,
) -> Evaluation:
    del beside, located
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
    control = None
    if predictor.takes_control and CONTROLS in store.columns_beside:
        control = partial(store.beside, CONTROLS)
        _log.info("evaluate: %s: the model is given its controls", store.name)
    return predict_regions(predictor, store, regions, control=control)


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
