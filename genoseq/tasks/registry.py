"""Tasks by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from genoseq.config.tasks import TASKS, TaskSettings
from genoseq.errors import ConfigError
from genoseq.tasks.causal_lm import CausalLm
from genoseq.tasks.masked_lm import MaskedLm
from genoseq.tasks.per_base import PerBase
from genoseq.tasks.seq2seq import Seq2Seq
from genoseq.tasks.task import Task

if TYPE_CHECKING:
    from genoseq.config.schema import RunSettings
    from genoseq.store.store import Store

_TASKS: dict[str, type[Task]] = {task.name: task for task in (PerBase, CausalLm, MaskedLm, Seq2Seq)}


def register_task(settings: type[TaskSettings], task: type[Task]) -> None:
    """Let settings, trainings and bundles know a task; its name is ``task.name``."""
    TASKS.register(settings)
    _TASKS[task.name] = task


def build_task(settings: RunSettings, stores: Sequence[Store]) -> Task:
    """The task of settings on stores.

    Raises
    ------
    ConfigError
        With every reason why it cannot be learned from them.
    """
    problems = settings.task.problems(settings.model, settings.training)
    try:
        task = _named(settings.task.name).of(settings, stores)
    except ConfigError as error:
        raise ConfigError([*problems, *error.problems]) from None
    if problems:
        raise ConfigError(problems)
    return task


def open_stores_of(settings: RunSettings, stores: Sequence[Any]) -> list[Any]:
    """Stores of the kind that the task of settings learns from, opened where given by folders."""
    return _named(settings.task.name).open(stores)


def task_from_json(data: Mapping[str, Any]) -> Task:
    """The task that :meth:`Task.to_json` wrote; ConfigError if it did not, or is not known here."""
    return _named(data.get("name")).from_json(data)


def _named(name: Any) -> type[Task]:
    TASKS.find(name)  # a package that is installed may register it
    if not isinstance(name, str) or name not in _TASKS:
        raise ConfigError(f"task {name!r} is not known here; known: {', '.join(_TASKS)}")
    return _TASKS[name]
