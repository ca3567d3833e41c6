"""``genoseq evaluate``: a bundle against labels it has not seen."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genoseq.cli.computing import Device, Expected, ProgressFd, Threads, start_computing

if TYPE_CHECKING:
    from genoseq.inference.evaluation import Evaluation

_log = logging.getLogger(__name__)

EPILOG = "Example: genoseq evaluate models/bilstm stores/ecoli -o evaluation --split test"


Baselines = Annotated[
    bool,
    typer.Option(
        help="Measure simpler means on the same bases too: majority, k-mers, open frames, "
        "Prodigal, Markov models: seconds, and six more for each megabase.",
    ),
]
Bins = Annotated[
    str | None,
    typer.Option(
        metavar="BP,...",
        help="Of signals: bins in which they are compared.",
        show_default="1,10,100,1000,10000",
    ),
]
Genes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="Of signals: annotation or BED by whose genes or records they are compared too; "
        "STORE=FILE where there are several stores; may be repeated.",
    ),
]


def evaluate(
    bundle: Annotated[str, typer.Argument(help="Model folder, or a model in the box.")],
    stores: Annotated[
        list[Path],
        typer.Argument(
            help="Stores with the model's labels; of language models any, of genoseq translate's "
            "those of pairs."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Folder for metrics.json and tables."),
    ],
    split: Annotated[
        Literal["train", "valid", "test", "score"],
        typer.Option(help="Regions or pairs to measure on."),
    ] = "test",
    baselines: Baselines = True,
    learn_from: Annotated[
        list[Path] | None,
        typer.Option(
            help="Stores whose train regions the baselines learn from.", show_default="STORES"
        ),
    ] = None,
    bins: Bins = None,
    genes: Genes = None,
    device: Device = None,
    threads: Threads = None,
    expect: Expected = None,
    progress_fd: ProgressFd = None,
) -> None:
    """Measure a model on one split.

    Of classes precision, recall, F1, MCC, AUPRC beside prevalence, best F1; of signals
    correlations; of bases bits per base and accuracy; of pairs letters and whole targets that are
    right, and edit distance.

    The table goes to stdout; OUT gets it in full, with curves, confusions and baselines.
    """
    from genoseq.inference.evaluate_files import evaluate_files

    with start_computing("evaluate", out, threads, progress_fd) as report:
        evaluation = evaluate_files(
            bundle,
            stores,
            out,
            split,
            device=device,
            expect=expect,
            baselines=baselines,
            learn_from=learn_from or (),
            bins=_sizes(bins),
            genes=genes or (),
            report=report,
        )
    _say(evaluation, baselines)
    _log.info("evaluate: wrote %s: %s bases of split %s", out, f"{evaluation.bases:,}", split)


def _say(evaluation: Evaluation, baselines: bool) -> None:
    """The table on stdout; what there is to say of baselines and bins."""
    from genoseq.inference.baselines import compared
    from genoseq.inference.signal_tables import said_by_bin
    from genoseq.metrics.ranking import never_called

    print("\t".join(evaluation.rows[0]))
    for row in evaluation.rows:
        print("\t".join(map(_shown, row.values())))
    sys.stdout.flush()
    if baselines and not evaluation.baselines:
        _log.info("evaluate: there are no baselines of what this model tells")
    for one in evaluation.baselines or ():
        if one.figures is None:
            _log.warning("evaluate: baseline %s %s", one.name, one.note)
    if missed := never_called(evaluation.metrics):
        _log.warning(
            "evaluate: never the most probable class of a base: %s; see AUPRC and best F1",
            ", ".join(missed),
        )
    for said in said_by_bin(evaluation.metrics):
        _log.info("evaluate: %s", said)
    if (line := compared(evaluation.metrics, evaluation.baselines or ())) is not None:
        _log.info("evaluate: %s", line)


def _sizes(text: str | None) -> tuple[int, ...]:
    """bp of bins, between commas."""
    words = [] if text is None else text.split(",")
    if not all(word.strip().isdecimal() and 0 < int(word) <= 1 << 24 for word in words):
        raise typer.BadParameter(f"{text!r} is not bp, such as 1,100,1000", param_hint="--bins")
    return tuple(map(int, words))


def _shown(value: str | float | None) -> str:
    if value is None:
        return "."
    if isinstance(value, float):
        return f"{value:.2g}" if 0 < abs(value) < 0.001 else f"{value:.4f}"
    return str(value)
