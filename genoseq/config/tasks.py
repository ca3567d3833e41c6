"""Settings of tasks: what is learned.

A new task is a class of settings here or in another package, and what it does in ``tasks``::

    @TASKS.register
    class MySettings(TaskSettings):
        name: Literal["mine"] = "mine"
"""

from __future__ import annotations

from typing import Annotated, Literal

from genoseq.config.base import Settings
from genoseq.config.registry import Registry


class TaskSettings(Settings):
    """What a model learns; each class answers what it knows before there is a model."""

    name: str

    def outputs(self, states: int) -> int | None:
        """Outputs of a model for a base; None where unknown: estimates then say ``?``.

        Parameters
        ----------
        states
            Classes or signals of the labels.
        """
        del states
        return None

    def columns(self, channels: int) -> int | None:
        """Numbers of a base in scores and tracks; None likewise.

        Parameters
        ----------
        channels
            Those that the labels have.
        """
        del channels
        return None

    def describe(self) -> str:
        """One line for people."""
        return self.name


TASKS = Registry(TaskSettings, "name", default="per-base", group="genoseq.tasks")
Task = Annotated[TaskSettings, TASKS]
"""Field of a run's settings, told apart by `name`."""


@TASKS.register
class PerBaseSettings(TaskSettings):
    """The class or the signals of each base."""

    name: Literal["per-base"] = "per-base"

    def outputs(self, states: int) -> int:
        """One for each class or signal."""
        return states

    def columns(self, channels: int) -> int:
        """All channels of the labels."""
        return channels


@TASKS.register
class CausalLmSettings(TaskSettings):
    """The next bases, by those before them: the chance of every sequence."""

    name: Literal["causal-lm"] = "causal-lm"

    def columns(self, channels: int) -> int:
        """Bits of either strand, and of both."""
        del channels
        return 3
