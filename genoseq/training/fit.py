"""From stores to a bundle: the one page where a training can be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from genoseq.config.context import round_up, usual_context
from genoseq.config.schema import RunSettings
from genoseq.data.dataset import TrainingWindows, ValidationWindows
from genoseq.data.gather import misfits
from genoseq.errors import ConfigError, listed
from genoseq.files.atomic import irreplaceable
from genoseq.files.provenance import PROVENANCE
from genoseq.genome.schemes import BACKGROUND, Scheme
from genoseq.models.build import PerBaseModel, build_model
from genoseq.models.bundle import CONFIG, WEIGHTS, Bundle, provenance, save_bundle
from genoseq.models.device import choose_device, choose_precision, computing
from genoseq.store.store import Store
from genoseq.tasks.losses import activation_of, build_objective, build_weight
from genoseq.training.checkpoint import SavedState, StateFolder, open_state
from genoseq.training.distributed import Team
from genoseq.training.lightning import build_trainer, quiet_lightning
from genoseq.training.module import TrainingModule
from genoseq.training.setup import Run
from genoseq.training.stop_signals import StopRequest, stop_requests

Report = Callable[[float], None]
_log = logging.getLogger("genoseq.training")


def fit(
    stores: Sequence[Store],
    settings: RunSettings,
    out: str | Path,
    *,
    state: str | Path | None = None,
    logs: str | Path | None = None,
    device: str | None = None,
    context: int | None = None,
    report: Report = lambda _fraction: None,
    team: Team | None = None,
    limit_minutes: float | None = None,
) -> Bundle:
    """Train a model on the ``train`` regions of stores and write its bundle.

    Killed at any moment and called again with the same stores and settings it goes on from the
    last saved state; on a CPU of the same kind, and without ``max_minutes``, it ends with the same
    weights, bit for bit, as if it had not been killed.  A state of other settings or data is not
    used.

    Parameters
    ----------
    stores
        All with the settings' tokenizer and one label scheme.
    settings
        The network and how it is trained.
    out
        The bundle, written last and whole.  Its weights are those of the lowest validation loss,
        or the last ones if no store has a region with split ``valid``.
    state
        Folder for checkpoints, by default ``out`` with ``.state``: ``last.safetensors`` and the
        best so far.  It stays; remove it to train again from the start.
    logs
        Folder for ``metrics.csv`` and TensorBoard's events, by default ``logs`` in ``state``.
    device
        ``cpu``, ``cuda`` or ``cuda:N``; by default a GPU where one is visible.
    context
        bp on either side of a base at scoring; None: :func:`genoseq.config.context.usual_context`.
    report
        Called with the fraction of the run that is over, now and then.
    team
        Processes that divide each batch among them, all in this call with the same stores,
        settings and folders; None: this one alone.  Their number does not decide the weights, but
        for rounding and what dropout drops, and may be another after a kill.  The first writes.
    limit_minutes
        After which this process may be killed: a state is saved shortly before.

    Raises
    ------
    ConfigError
        If the settings do not fit the stores, another training uses the state folder, state or
        logs are to be in ``out``, or the loss is no longer finite.  Nothing is written to ``out``.
    BackendError
        If the device or precision cannot be had here.
    StoreError
        If there is nothing to train on, or the stores differ.
    TrainingInterruptedError
        After SIGTERM, SIGUSR1 or SIGINT to any of the processes; the state is saved.
    """
    team = Team() if team is None else team
    scheme = check_training(stores, settings, out, team.size)
    folder = Path(f"{out}.state") if state is None else Path(state)
    logs = folder / "logs" if logs is None else Path(logs)
    _check_apart(Path(out), {"state": folder, "logs": logs})
    chosen = _device(device, settings)
    with (
        open_state(folder, _fingerprint(stores, settings), team.first) as opened,
        stop_requests() as stop,
        torch.random.fork_rng(_gpus(chosen)),
        quiet_lightning(),
    ):
        limit = None if limit_minutes is None else 60 * limit_minutes
        run = _build_run(stores, settings, scheme, opened, chosen, stop, report, team, limit)
        module = _train(run, settings, chosen, logs)
        asked = usual_context(settings) if context is None else context
        bundle = _bundle(module, settings, stores, asked, chosen)
        if team.first:
            save_bundle(out, bundle)
    _log.info("%s: %s", out, module.progress.stopped)
    return bundle


def _device(asked: str | None, settings: RunSettings) -> torch.device:
    """The device, if it computes in the precision of the settings: asked before all writing."""
    device = choose_device(asked)
    choose_precision(device, settings.training.precision)
    return device


def check_training(
    stores: Sequence[Store], settings: RunSettings, out: str | Path, processes: int = 1
) -> Scheme:
    """The stores' scheme, if the settings can be trained on them and the bundle be written.

    Raises
    ------
    ConfigError
        With every problem that was found.
    """
    scheme = stores[0].scheme
    problems = misfits(stores, settings.model.tokenizer, scheme, stores[0].path, "train")
    if not problems and scheme is not None and (absent := _absent_classes(stores, scheme)):
        problems.append(
            f"no base to train on is {listed(absent)}: add a genome that has some, or leave the "
            f"class out when tokenizing"
        )
    if settings.training.batch < processes:
        problems.append(
            f"training.batch {settings.training.batch}: {processes} processes divide it, and each "
            f"needs a window: start fewer"
        )
    if (problem := irreplaceable(Path(out), (WEIGHTS, CONFIG, PROVENANCE))) is not None:
        problems.append(problem)
    if problems or scheme is None:
        raise ConfigError(problems)
    return scheme


def _check_apart(out: Path, beside: Mapping[str, Path]) -> None:
    """ConfigError if one of these folders is in the bundle's, which is replaced as a whole."""
    problems = [
        f"the folder of {what}, {path}, is in {out}, which the bundle replaces: name one beside it"
        for what, path in beside.items()
        if path.resolve().is_relative_to(out.resolve())
    ]
    if problems:
        raise ConfigError(problems)


def _fingerprint(stores: Sequence[Store], settings: RunSettings) -> dict[str, object]:
    return {
        "model settings": settings.model.model_dump(mode="json"),
        "training settings": settings.training.model_dump(
            mode="json", exclude={"checkpoint_minutes"}
        ),
        "data": [dict(store.checksums) for store in stores],
    }


def _build_run(
    stores: Sequence[Store],
    settings: RunSettings,
    scheme: Scheme,
    state: StateFolder,
    device: torch.device,
    stop: StopRequest,
    report: Report,
    team: Team,
    limit: float | None,
) -> Run:
    training = settings.training
    window = round_up(training.window, settings.model.stride)
    precision, reason = choose_precision(device, training.precision)
    _log.info("computing in %s on %s: %s", precision, device, reason)
    balanced = training.class_weights == "balanced" and scheme.kind == "classes"
    counts = _state_counts(stores, scheme) if balanced else ()
    valid = None
    if any(len(store.regions.of_split("valid")) for store in stores):
        most = training.validation_windows
        valid = ValidationWindows(stores, "valid", window, training.batch, most, team.share)
    else:
        _log.info("no region of split valid: the weights of the last step will be kept")
    return Run(
        training,
        scheme,
        build_objective(training, scheme, counts),
        activation_of(training, scheme),
        precision,
        TrainingWindows(
            stores,
            window,
            training.batch,
            training.seed,
            training.reverse_complement,
            training.steps * training.accumulate,
            team.share,
        ),
        valid,
        state,
        stop,
        report,
        team,
        build_weight(training, scheme, counts) if team.size > 1 else None,
        limit,
    )


def _absent_classes(stores: Sequence[Store], scheme: Scheme) -> list[str]:
    """Classes without a training base on either strand; no signals."""
    if scheme.kind == "signal":
        return []
    counts = _state_counts(stores, scheme)
    seen = {state.name for state, count in zip(scheme.states, counts, strict=True) if count}
    return [state.name for state in scheme.states if state.name not in {*seen, BACKGROUND}]


def _state_counts(stores: Sequence[Store], scheme: Scheme) -> list[int]:
    counts = np.zeros(256, np.int64)
    for store in stores:
        for index in store.regions.of_split("train"):
            counts += np.bincount(store.labels(int(index)), minlength=256)
    return [int(count) for count in counts[: len(scheme)]]


def _train(run: Run, settings: RunSettings, device: torch.device, logs: Path) -> TrainingModule:
    saved, news = run.team.from_first(run.state.load)
    _log.info("%s: %s%s", run.state.path, news, _change_of_team(saved, run.team))
    torch.manual_seed(run.settings.seed)
    module = TrainingModule(build_model(settings.model, run.scheme), run, saved)
    if module.progress.stopped is None or module.validation_due:
        trainer = build_trainer(run, device, logs, module.progress.step)
        if module.validation_due:  # killed between a step and its validation
            trainer.validate(module.to(device), verbose=False)
        if module.progress.stopped is None:
            trainer.fit(module)
    if run.valid is None:
        module.save()
    return module


def _change_of_team(saved: SavedState | None, team: Team) -> str:
    """What to say of the number of processes, where it is not one as before."""
    before = team.size if saved is None else saved.progress.processes
    if before == team.size:
        return f", {team.size} processes share each batch" if team.size > 1 else ""
    now = f"{team.size} process{'es' if team.size > 1 else ''} instead of {before}"
    return f", {now}: the same run but for rounding and dropout"


def _bundle(
    module: TrainingModule,
    settings: RunSettings,
    stores: Sequence[Store],
    context: int,
    device: torch.device,
) -> Bundle:
    progress, run = module.progress, module.run
    model: PerBaseModel = module.model.cpu()
    step = progress.step
    metrics = {}
    if progress.best_step is not None:
        step = progress.best_step
        model.load_state_dict(run.team.from_first(partial(run.state.load_best, step)))
        metrics = {"valid": {"loss": progress.best_loss, **progress.best_metrics}}
    data = {store.name: store.checksums for store in stores}
    training = run.settings.model_dump(mode="json", exclude={"checkpoint_minutes"})
    return Bundle(
        model.eval(),
        settings.model,
        run.scheme,
        round_up(context, settings.model.stride),
        run.activation,
        provenance(
            *(data, run.settings.seed, step, training),
            *(computing(device, run.precision), run.team.size),
        ),
        metrics,
    )


def _gpus(device: torch.device) -> list[int]:
    return [device.index or 0] if device.type == "cuda" else []
