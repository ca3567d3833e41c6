"""Processes that are killed at a chosen moment: before their n-th change of the file system.

The audit events of Python tell of each file that is opened for writing, folder made, rename and
removal, also those inside the standard library; fsync and truncating have none of their own.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate")
_WRITING = os.O_WRONLY | os.O_RDWR
_ELSEWHERE = ("/dev/", "/proc/")


def die_before(moment: int) -> Callable[[], int]:
    """Have this process killed before its change of that number, from 0 on; -1: never.

    Returns
    -------
    What tells how many changes there were so far.
    """
    seen = 0

    def change() -> None:
        nonlocal seen
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    before_changes(change)
    os.fsync = _counted(change, lambda _file: None)  # a process is killed, not the machine
    return lambda: seen


def before_changes(change: Callable[[], None]) -> None:
    """Have something called before each change that this process makes of the file system."""

    def heard(event: str, words: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and _writes(*words)):
            change()

    os.ftruncate = _counted(change, os.ftruncate)
    sys.addaudithook(heard)


def _counted(change: Callable[[], None], call: Callable[..., Any]) -> Callable[..., Any]:
    def changed(*words: Any) -> Any:
        change()
        return call(*words)

    return changed


def _writes(path: object, _mode: object, flags: object) -> bool:
    named = not isinstance(path, int) and not os.fsdecode(str(path)).startswith(_ELSEWHERE)
    return named and isinstance(flags, int) and bool(flags & _WRITING)


def killed(work: Callable[[], object], moment: int) -> bool:
    """Do work in a process that is killed before its change of that number; whether it was."""

    def dying() -> None:
        die_before(moment)
        work()

    status = ended(forked(dying))
    assert status in (0, -signal.SIGKILL), "the work failed"
    return status != 0


def forked(work: Callable[[], object]) -> int:
    """Begin work in a process of its own; its number."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        with suppress(BaseException):
            work()
            status = 0
        os._exit(status)
    return child


def ended(child: int) -> int:
    """The exit status of a process, once it is over."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
