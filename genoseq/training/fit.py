"""From stores to a bundle: the one page where a training can be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from genoseq.config.context import usual_context
from genoseq.config.schema import RunSettings
from genoseq.data.dataset import Share
from genoseq.errors import ConfigError
from genoseq.files.atomic import irreplaceable
from genoseq.files.provenance import make_record
from genoseq.genome.windows import round_up
from genoseq.models.bundle import BUNDLE_FILES, Bundle, save_bundle
from genoseq.models.context import asked_context, fitting_context
from genoseq.models.device import PrecisionChoice, choose_device, choose_precision, computing
from genoseq.models.recurrent import learns_compiled
from genoseq.models.start import start_from
from genoseq.store.pairs import PairStore
from genoseq.store.store import Store
from genoseq.tasks.registry import build_task, open_stores_of
from genoseq.tasks.task import Task
from genoseq.training.calibration import told_anywhere
from genoseq.training.checkpoint import open_state
from genoseq.training.curve import CURVE
from genoseq.training.distributed import ProcessGroup
from genoseq.training.loop import Training
from genoseq.training.stop_signals import stop_requests
from genoseq.training.teacher import Teacher

_log = logging.getLogger("genoseq.training")


def fit(
    stores: Sequence[Store | PairStore | str | Path],
    settings: RunSettings | Mapping[str, Any] | str | Path | None = None,
    out: str | Path = "model",
    *,
    init: Bundle | str | Path | None = None,
    freeze: bool = False,
    encoder: nn.Module | None = None,
    state: str | Path | None = None,
    logs: str | Path | None = None,
    device: str | None = None,
    context: int | None = None,
    report: Callable[[float, str], None] = lambda _fraction, _said: None,
    group: ProcessGroup | None = None,
    limit_minutes: float | None = None,
) -> Bundle:
    """Train a model on the ``train`` regions of stores and write its bundle.

    Killed at any moment and called again with the same stores and settings it goes on from its last
    state; on a CPU of the same kind, without ``max_minutes``, to the same weights, bit for bit.

    Parameters
    ----------
    stores
        A list of stores or of their folders; all with one label scheme, or alphabet of targets.
    settings
        Settings, a mapping, or a YAML or JSON file; None: the defaults, or with ``init`` its model.
    out
        The bundle, written last and whole.  Its weights are those of the lowest validation loss,
        or the last ones if no store has a region with split ``valid``.
    init, freeze
        A bundle (or its folder) whose weights are taken over; the head is a new one where the task
        is another.  ``freeze``: the head alone is trained.
    encoder
        A module in the place of the settings' encoder, copied; see :mod:`genoseq.models.encoders`.
    state, logs
        Folders for checkpoints, by default ``out`` with ``.state``, and for ``metrics.csv`` and
        TensorBoard's events, by default ``logs`` in ``state``.  They stay.
    device
        ``cpu``, ``cuda`` or ``cuda:N``; by default a GPU where one is visible.
    context
        bp on either side of a base at scoring; None: its reach, or what is measured at the end.
    report
        Called now and then with the fraction that is over, and step, speed and loss in words.
    group
        Processes that divide each batch among them, all in this call; None: this one alone.
    limit_minutes
        After which this process may be killed: a state is saved shortly before.  None or 0: never.

    Raises
    ------
    ConfigError, StoreError, BackendError
        If the settings do not fit the stores or this machine, another training uses the state
        folder, or the loss is no longer finite.  Nothing is written to ``out``.
    TrainingInterruptedError
        After SIGTERM, SIGUSR1 or SIGINT to any of the processes; the state is saved.
    """
    group, start = group or ProcessGroup(), start_from(init, freeze, encoder)
    run = start.settings(settings)
    opened = open_stores_of(run, stores)
    folder = Path(f"{out}.state") if state is None else Path(state)
    logs = folder / "logs" if logs is None else Path(logs)
    task = check_training(opened, run, Path(out), group.world_size, {"state": folder, "logs": logs})
    where = choose_device(device)
    precision, reason = _precision(where, run)
    _log.info("computing in %s on %s: %s", precision, where, reason)
    teacher = Teacher.of(run.training, task, where)
    origin = start.fingerprint() | (teacher.fingerprint() if teacher else {})
    state_folder = open_state(
        folder, _fingerprint(opened, run) | origin, group.rank == 0, logs / CURVE
    )
    with state_folder as kept, stop_requests() as stop, torch.random.fork_rng(_gpus(where)):
        train, valid = task.batches(opened, run, Share(group.rank, group.world_size))
        model = start.network(run.model, task, run.training.seed)
        context = asked_context(context, model, task, opened)
        training = Training(
            run, task, model, train, valid, kept, logs, where, precision, group, stop, report,
            limit_minutes or 0.0, teacher,
        )  # fmt: skip
        return _trained(training, opened, origin, context, out)


def _precision(where: torch.device, run: RunSettings) -> PrecisionChoice:
    """What a training computes in."""
    asked = run.training.precision
    if asked == "auto" and where.type == "cpu" and learns_compiled(run.model.encoder):
        return PrecisionChoice("fp32", "LSTMs learn as fast by compiled kernels, or faster")
    return choose_precision(where, asked)


def _gpus(where: torch.device) -> list[int]:
    """The GPU of a training, if it has one."""
    return [where.index or 0] if where.type == "cuda" else []


def check_training(
    stores: Sequence[Any],
    settings: RunSettings,
    out: Path,
    processes: int,
    beside: Mapping[str, Path],
) -> Task:
    """What is learned, if the settings can be trained on the stores and the bundle be written.

    Parameters
    ----------
    beside
        Folders that stay, by what is in them: none may be in ``out``, which the bundle replaces.

    Raises
    ------
    ConfigError
        With every problem that was found.
    """
    problems: list[str] = []
    task = None
    try:
        task = build_task(settings, stores)
    except ConfigError as error:
        problems += error.problems
    if settings.training.batch < processes:
        problems.append(
            f"training.batch {settings.training.batch}: {processes} processes divide it, and each "
            f"needs a window: start fewer"
        )
    lost = irreplaceable(out, BUNDLE_FILES)
    problems += [lost] if lost else []
    problems += [
        f"the folder of {what}, {path}, is in {out}, which the bundle replaces: name one beside"
        for what, path in beside.items()
        if not lost and path.resolve().is_relative_to(out.resolve())
    ]
    if problems or task is None:
        raise ConfigError(problems)
    return task


def _fingerprint(stores: Sequence[Any], settings: RunSettings) -> dict[str, Any]:
    return {
        "model settings": settings.model.model_dump(mode="json"),
        "training settings": settings.training.decisive(),
        "task": settings.task.model_dump(mode="json"),
        "data": [dict(store.checksums) for store in stores],
    }


def _trained(
    training: Training,
    stores: Sequence[Any],
    origin: Mapping[str, Any],
    context: int | None,
    out: str | Path,
) -> Bundle:
    """Train to the end, and write the bundle of the best weights."""
    save = partial(_save, training, stores, origin, out)
    expected = usual_context(training.settings) if context is None else context
    save(training.task, 0, {}, expected, {}, dry=True)
    training.go_on()
    progress, settings, group = training.progress, training.settings, training.group
    model = training.model.eval().requires_grad_()
    step, metrics = progress.step, {}
    if progress.best_step is not None:
        step = progress.best_step
        model.load_state_dict(group.from_rank_0(partial(training.state.load_best, step)))
        metrics = {"valid": {"loss": progress.best_loss, **progress.best_metrics}}
    task = training.task
    if task.corrects:
        told = partial(
            told_anywhere, model, task, settings, stores, training.device, training.precision
        )
        task = group.from_rank_0(lambda: task.measured(*told()))
        task.calibrate(model.head)
    _log.info("trained: %s, weights of step %s", progress.stopped, f"{step:,}")
    measured: dict[str, Any] = {}
    task = task.finished(training.outcomes())
    if context is None:
        fitting = partial(fitting_context, model, task, stores, usual_context(settings))
        context, measured = group.from_rank_0(fitting)
    return save(task, step, metrics, context, measured)


def _save(
    training: Training,
    stores: Sequence[Any],
    origin: Mapping[str, Any],
    out: str | Path,
    task: Task,
    step: int,
    metrics: Mapping[str, Any],
    context: int,
    measured: Mapping[str, Any],
    *,
    dry: bool = False,
) -> Bundle:
    """Write the bundle of the present weights, of this step, with these metrics.

    It is also done ``dry``, before the first step: no training fails at its last line.
    """
    settings, group = training.settings, training.group
    decisive = settings.decisive()
    facts = {"seed": settings.training.seed, "steps": step, "processes": group.world_size}
    facts |= {"task": decisive["task"]} if "task" in decisive else {}
    facts |= {**origin, **measured, **task.told()}
    inputs = {store.name: store.checksums for store in stores}
    computed = computing(training.device, training.precision)
    record = make_record("train", decisive["training"], inputs, computed, **facts)
    context = round_up(context, settings.model.stride)
    model = training.model if dry else training.model.cpu()
    bundle = Bundle(model, settings.model, task, context, record, metrics)
    if group.rank == 0:
        save_bundle(out, bundle, dry)
    return bundle
