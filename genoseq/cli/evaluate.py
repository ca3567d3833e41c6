"""``genoseq evaluate``: a bundle against labels it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from genoseq.cli.expected import Expected

EPILOG = "Example: genoseq evaluate models/bilstm stores/ecoli -o evaluation --split test"


def evaluate(
    bundle: Annotated[Path, typer.Argument(help="The model.")],
    stores: Annotated[list[Path], typer.Argument(help="Stores with labels.")],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Folder for metrics.json, curves.tsv, confusion.tsv."),
    ],
    split: Annotated[
        Literal["train", "valid", "test", "score"], typer.Option(help="Regions to measure on.")
    ] = "test",
    device: Annotated[
        str | None,
        typer.Option(help="cpu, cuda or cuda:N.", show_default="a GPU if there is one"),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Threads of torch.", show_default="one for each processor"),
    ] = None,
    expect: Expected = None,
) -> None:
    """Measure a model on one split: per class precision, recall, F1, MCC, AUPRC; correlations.

    The table goes to stdout; OUT gets it in full, with curves and confusions.
    """
    import torch

    from genoseq.cli.progress import progress
    from genoseq.files.provenance import file_sha256, make_record
    from genoseq.inference.evaluate import bases_of_split, check_place, write_evaluation
    from genoseq.inference.evaluate import evaluate as measure
    from genoseq.inference.predict import choose_computing
    from genoseq.models.allocator import keep_freed_memory
    from genoseq.models.bundle import WEIGHTS, load_bundle
    from genoseq.models.device import computing
    from genoseq.models.expected import check_model
    from genoseq.store.store import open_store

    keep_freed_memory()
    if threads is not None:
        torch.set_num_threads(threads)
    check_place(out)
    opened = [open_store(path) for path in stores]
    with progress("evaluate", bases_of_split(opened, split), "bases") as report:
        model = load_bundle(bundle)
        check_model(model, bundle, expect)
        used = choose_computing(model.settings, device)
        evaluation = measure(model, opened, split, device=str(used[0]), report=report)
    inputs = {"model": {WEIGHTS: file_sha256(bundle / WEIGHTS)}}
    inputs |= {f"store {store.name}": dict(store.checksums) for store in opened}
    record = make_record("evaluate", {"split": split}, inputs, computing(*used))
    write_evaluation(out, evaluation, record)
    print("\t".join(evaluation.rows[0]))
    for row in evaluation.rows:
        print("\t".join(map(_text, row.values())))


def _text(value: str | float | None) -> str:
    if value is None:
        return "."
    return f"{value:.4f}" if isinstance(value, float) else str(value)
