"""``genoseq train``: stores to a bundle."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

_PARTS = 1000
"""Steps of the progress bar of a run."""

EPILOG = "Example: genoseq train stores/ecoli stores/bsubtilis -o models/bilstm --max-minutes 10"

Stores = Annotated[list[Path], typer.Argument(help="Stores with the splits train and valid.")]
Output = Annotated[Path, typer.Option("-o", "--out", help="Bundle to write.")]
SettingsSource = Annotated[
    str,
    typer.Option(help="Model and training settings: YAML or JSON file, or JSON text."),
]
State = Annotated[
    Path | None, typer.Option(help="Checkpoints, to resume from.", show_default="OUT.state")
]
Logs = Annotated[
    Path | None, typer.Option(help="CSV and TensorBoard logs.", show_default="STATE/logs")
]
Device = Annotated[
    str | None, typer.Option(help="cpu, cuda or cuda:N.", show_default="a GPU if there is one")
]
Threads = Annotated[
    int, typer.Option(min=1, help="Threads of torch; an LSTM trains no faster on more than one.")
]
MaxMinutes = Annotated[
    float | None, typer.Option(help="Time budget.", show_default="the settings'")
]
Seed = Annotated[int | None, typer.Option(help="Seed.", show_default="the settings'")]
InitFrom = Annotated[
    Path | None,
    typer.Option(
        help="Bundle whose weights are taken over, and its network where the settings name none; "
        "the head is a new one where the labels are others."
    ),
]
Freeze = Annotated[bool, typer.Option("--freeze", help="With --init-from: train the head alone.")]
CheckpointMinutes = Annotated[
    float | None,
    typer.Option(help="Minutes between checkpoints.", show_default="the settings'"),
]
LimitMinutes = Annotated[
    float,
    typer.Option(
        min=0,
        help="Time limit of the job: a state is saved shortly before it.",
        show_default="0: none",
    ),
]
Context = Annotated[
    int | None,
    typer.Option(
        min=0, help="bp of context at scoring.", show_default="768; a Transformer's reach"
    ),
]


def train(
    stores: Stores,
    out: Output,
    settings: SettingsSource = "{}",
    init_from: InitFrom = None,
    freeze: Freeze = False,
    state: State = None,
    log: Logs = None,
    device: Device = None,
    threads: Threads = 1,
    max_minutes: MaxMinutes = None,
    seed: Seed = None,
    checkpoint_minutes: CheckpointMinutes = None,
    limit_minutes: LimitMinutes = 0,
    context: Context = None,
) -> None:
    """Train a model.  Killed and started again, it goes on from its last checkpoint.

    Started by srun or torchrun it is one of several processes, which share the windows of each
    batch: the same model sooner.
    """
    flags = {"max_minutes": max_minutes, "checkpoint_minutes": checkpoint_minutes, "seed": seed}
    data = _settings(settings, {name: value for name, value in flags.items() if value is not None})

    import torch

    from genoseq.models.allocator import keep_freed_memory
    from genoseq.training.distributed import join_group
    from genoseq.training.fit import fit
    from genoseq.training.launch import device_of, launch_of
    from genoseq.training.stop_signals import TrainingInterruptedError

    keep_freed_memory()
    torch.set_num_threads(threads)
    launch = launch_of(os.environ)
    chosen = device_of(launch, device)
    first = launch is None or launch.rank == 0
    if not first:
        logging.getLogger("genoseq").setLevel(logging.WARNING)
    try:
        with join_group(launch, chosen) as group, _bar(first) as report:
            fit(
                stores,
                data,
                out,
                init=init_from,
                freeze=freeze,
                state=state,
                logs=log,
                device=str(chosen),
                context=context,
                report=report,
                group=group,
                limit_minutes=limit_minutes or None,
            )
    except TrainingInterruptedError as error:
        if first:
            print(f"genoseq: {error}", file=sys.stderr)
        raise typer.Exit(128 + error.signal) from None


def _settings(source: str, flags: dict[str, float | int]) -> str | dict[str, Any]:
    """The source itself, or where flags are given its mapping with them as training settings."""
    if not flags:
        return source
    from genoseq.config.base import read_mapping

    data = read_mapping(source)
    training = data.get("training", {})
    return data | {"training": training | flags} if isinstance(training, dict) else data


@contextmanager
def _bar(drawn: bool) -> Iterator[Callable[[float], None]]:
    """What draws a bar on a terminal; elsewhere the training logs a line every 5% itself."""
    if not (drawn and sys.stderr.isatty()):
        yield lambda _fraction: None
        return
    from genoseq.cli.progress import progress

    shown = 0
    # The training's own lines would tear the bar.
    lines = logging.getLogger("genoseq.training")
    lines.addFilter(lambda record: not record.getMessage().startswith("train:"))
    with progress("train", _PARTS, "parts") as advance:

        def report(fraction: float) -> None:
            nonlocal shown
            done = round(fraction * _PARTS)
            advance(done - shown)
            shown = done

        yield report
