"""A model and stores, by their folders, to a folder of metrics: what ``genoseq evaluate`` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genoseq.files.atomic import PathLike
from genoseq.files.names import WEIGHTS
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import file_sha256, make_record
from genoseq.inference.evaluate import evaluate
from genoseq.inference.evaluation import Evaluation, check_place, write_evaluation
from genoseq.inference.predict import choose_computing
from genoseq.models.bundle import load_bundle
from genoseq.models.device import computing
from genoseq.models.expected import check_model
from genoseq.pretrained.registry import model_folder


def evaluate_files(
    model: PathLike,
    stores: Sequence[PathLike],
    out: PathLike,
    split: str = "test",
    *,
    device: str | None = None,
    expect: str | Path | None = None,
    baselines: bool = True,
    learn_from: Sequence[PathLike] = (),
    bins: Sequence[int] = (),
    genes: Sequence[str] = (),
    report: Report = unreported,
) -> Evaluation:
    """Measure a model on a split of stores and write the figures, with provenance.

    Parameters
    ----------
    model, stores
        Their folders.
    out
        Folder for ``metrics.json``, ``curves.tsv``, for classes ``confusion.tsv``,
        ``classes.tsv`` and, of sites, ``sites.tsv``, and ``baselines.tsv``;
        of signals ``signals.tsv``, ``regions.tsv``, ``scatter.tsv``, and ``genes.tsv`` where there
        are genes.
    split, device, baselines, learn_from, bins, genes, report
        See :func:`genoseq.inference.evaluate.evaluate`.
    expect
        Settings by which the model must have been trained, or their file.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a folder or an argument.
    """
    check_place(Path(out))
    model = model_folder(model)
    bundle = load_bundle(model)
    opened = bundle.task.open(stores)
    check_model(bundle, model, expect)
    used = choose_computing(bundle.settings, device)
    learned = bundle.task.open(learn_from) if learn_from else []
    evaluation = evaluate(
        bundle,
        opened,
        split,
        device=str(used[0]),
        baselines=baselines,
        learn_from=learned,
        bins=bins,
        genes=genes,
        report=report,
    )
    inputs = {"model": {WEIGHTS: file_sha256(model / WEIGHTS)}}
    inputs |= {f"store {store.name}": dict(store.checksums) for store in opened}
    if baselines:
        inputs |= {f"learned store {store.name}": dict(store.checksums) for store in learned}
    record = make_record("evaluate", {"split": split}, inputs, computing(*used))
    write_evaluation(Path(out), evaluation, record)
    return evaluation
