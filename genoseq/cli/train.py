"""``genoseq train``: stores to a bundle."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from genoseq.config.schema import RunSettings

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
    from genoseq.store.store import open_store

    opened = [open_store(path) for path in stores]
    run = _settings(settings, flags)

    import torch

    from genoseq.models.allocator import keep_freed_memory
    from genoseq.training.distributed import device_of, join_team, place_of
    from genoseq.training.fit import fit
    from genoseq.training.stop_signals import TrainingInterruptedError

    keep_freed_memory()
    torch.set_num_threads(threads)
    place = place_of(os.environ)
    chosen = device_of(place, device)
    first = place is None or place.rank == 0
    if not first:
        logging.getLogger("genoseq").setLevel(logging.WARNING)
    try:
        with join_team(place, chosen) as team, _bar(run.training.steps, first) as report:
            fit(
                opened,
                run,
                out,
                state=state,
                logs=log,
                device=str(chosen),
                context=context,
                report=report,
                team=team,
                limit_minutes=limit_minutes or None,
            )
    except TrainingInterruptedError as error:
        if first:
            print(f"genoseq: {error}", file=sys.stderr)
        raise typer.Exit(128 + error.signal) from None


def _settings(source: str, flags: dict[str, float | int | None]) -> RunSettings:
    """Settings of a file or text, with those flags in the place of its training settings."""
    from genoseq.config.base import parse_settings, read_mapping
    from genoseq.config.schema import RunSettings

    data = read_mapping(source)
    given = {name: value for name, value in flags.items() if value is not None}
    if given and isinstance(data.get("training", {}), dict):
        data = data | {"training": data.get("training", {}) | given}
    return parse_settings(RunSettings, data, None if source.lstrip().startswith("{") else source)


@contextmanager
def _bar(steps: int, drawn: bool) -> Iterator[Callable[[float], None]]:
    """What draws a bar on a terminal; elsewhere the training logs a line every 5% itself."""
    if not (drawn and sys.stderr.isatty()):
        yield lambda _fraction: None
        return
    from genoseq.cli.progress import progress

    shown = 0
    # The training's own lines would tear the bar.
    lines = logging.getLogger("genoseq.training")
    lines.addFilter(lambda record: not record.getMessage().startswith("train:"))
    with progress("train", steps, "steps") as advance:

        def report(fraction: float) -> None:
            nonlocal shown
            done = round(fraction * steps)
            advance(done - shown)
            shown = done

        yield report
