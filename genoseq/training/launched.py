"""A training in this process, alone or as one of several that srun or torchrun started."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from genoseq.config.base import read_mapping
from genoseq.models.bundle import Bundle
from genoseq.training.distributed import join_group
from genoseq.training.fit import fit
from genoseq.training.launch import Launch, device_of


def fit_launched(
    launch: Launch | None,
    stores: Sequence[Path],
    settings: str,
    out: Path,
    *,
    overrides: Mapping[str, float | int | None],
    init: Path | None = None,
    freeze: bool = False,
    state: Path | None = None,
    logs: Path | None = None,
    device: str | None = None,
    context: int | None = None,
    report: Callable[[float], None] = lambda _fraction: None,
    limit_minutes: float | None = None,
) -> Bundle:
    """Train a model: what ``genoseq train`` does.

    Parameters
    ----------
    launch
        This process among those of the training, by :func:`genoseq.training.launch.launch_of`;
        None: it is the only one.
    settings
        YAML or JSON file, or JSON text.
    overrides
        Training settings that go before those of ``settings``; None is not one.
    stores, out, init, freeze, state, logs, device, context, report, limit_minutes
        See :func:`genoseq.training.fit.fit`.

    Raises
    ------
    GenoseqError
        As :func:`~genoseq.training.fit.fit`, and if the other processes do not come.
    """
    chosen = device_of(launch, device)
    with join_group(launch, chosen) as group:
        return fit(
            stores,
            _overridden(settings, overrides),
            out,
            init=init,
            freeze=freeze,
            state=state,
            logs=logs,
            device=str(chosen),
            context=context,
            report=report,
            group=group,
            limit_minutes=limit_minutes,
        )


def _overridden(source: str, overrides: Mapping[str, float | int | None]) -> str | dict[str, Any]:
    """The source itself, or where there are overrides its mapping with them in ``training``."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if not given:
        return source
    data = read_mapping(source)
    training = data.get("training", {})
    return data | {"training": training | given} if isinstance(training, dict) else data
