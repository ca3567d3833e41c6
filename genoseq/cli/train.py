"""``genoseq train``: stores to a bundle."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.computing import Device, ProgressFd, start_computing
from genoseq.errors import TrainingInterruptedError

_log = logging.getLogger(__name__)

EPILOG = "Example: genoseq train stores/ecoli stores/bsubtilis -o models/bilstm --max-minutes 10"

Stores = Annotated[list[Path], typer.Argument(help="Stores with the splits train and valid.")]
Output = Annotated[Path, typer.Option("-o", "--out", help="Bundle to write.")]
SettingsSource = Annotated[
    str,
    typer.Option(
        help="Model and training settings: YAML or JSON file, or JSON text; genoseq config show "
        "prints them all, under models."
    ),
]
State = Annotated[
    Path | None, typer.Option(help="Checkpoints, to resume from.", show_default="OUT.state")
]
Logs = Annotated[
    Path | None, typer.Option(help="CSV and TensorBoard logs.", show_default="STATE/logs")
]
Threads = Annotated[
    int,
    typer.Option(
        min=1, max=4096, help="Threads of torch; an LSTM trains no faster on more than one."
    ),
]
MaxMinutes = Annotated[
    float | None, typer.Option(help="Time budget.", show_default="the settings'")
]
Seed = Annotated[
    int | None, typer.Option(min=0, max=2**63 - 1, help="Seed.", show_default="the settings'")
]
InitFrom = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Bundle whose weights are taken over, and its network where the settings name none; "
        "the head is a new one where the labels are others.",
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
        min=0,
        max=1 << 24,
        help="bp of context at scoring.",
        show_default="measured; a Transformer's reach",
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
    progress_fd: ProgressFd = None,
) -> None:
    """Train a model.  Killed and started again, it goes on from its last checkpoint.

    Started by srun or torchrun it is one of several processes, which share the windows of each
    batch: the same model sooner.
    """
    from genoseq.config.base import with_training
    from genoseq.models.device import choose_device
    from genoseq.training.distributed import join_group
    from genoseq.training.fit import fit
    from genoseq.training.launch import launch_of

    launch = launch_of(os.environ)
    first = launch is None or launch.rank == 0
    if not first:
        logging.getLogger("genoseq").setLevel(logging.WARNING)
    flags = {"max_minutes": max_minutes, "checkpoint_minutes": checkpoint_minutes, "seed": seed}
    told_on = progress_fd if first else None
    try:
        with start_computing("train", out, threads, told_on, unit="") as report:
            chosen = choose_device(device, None if launch is None else launch.local_rank)
            with join_group(launch, chosen) as group:
                made = fit(
                    stores,
                    with_training(settings, flags),
                    out,
                    init=init_from,
                    freeze=freeze,
                    state=state,
                    logs=log,
                    device=str(chosen),
                    context=context,
                    report=lambda fraction, said: report(fraction, 1, said),
                    group=group,
                    limit_minutes=limit_minutes,
                )
    except TrainingInterruptedError as error:
        if first:
            print(f"genoseq: {error}", file=sys.stderr)
        raise typer.Exit(128 + error.signal) from None
    if first:
        weights = sum(weight.numel() for weight in made.model.parameters())
        loss = made.metrics.get("valid", {}).get("loss")
        judged = "no validation" if loss is None else f"validation loss {loss:.5f}{made.task.unit}"
        _log.info("train: wrote %s: %s weights, %s", out, f"{weights:,}", judged)
