"""Progress: a bar on a terminal, a line every 5% elsewhere (log files, Slurm)."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Protocol

_STEPS = 20
_Show = Callable[[float, float, str], None]


class Shown(Protocol):
    """What shows progress."""

    def __call__(self, done: float, total: float = 1, said: str = "", /) -> None:
        """Called with the amount that is done, the amount in all, and what else there is to say."""


@contextmanager
def progress(label: str, unit: str = "", also: _Show | None = None) -> Iterator[Shown]:
    """What shows the progress of a verb; it begins with its first call.

    Parameters
    ----------
    unit
        What amounts are counted in; without it lines tell the percentage, and what else there is.
    also
        Told the same, as :class:`genoseq.cli.progress_lines.ProgressLines`.

    A bar is cleared at the end, and messages in between stand above it.
    """
    terminal = sys.stderr.isatty()
    silent = not logging.getLogger("genoseq").isEnabledFor(logging.INFO)
    with ExitStack() as stack:
        show: _Show | None = None

        def report(done: float, total: float = 1, said: str = "", /) -> None:
            nonlocal show
            if also is not None:
                also(done, total, said)
            if silent:
                return
            if show is None:
                show = _bar(stack, label) if terminal else _lines(label, unit)
            show(done, total, said)

        yield report


def _bar(stack: ExitStack, label: str) -> _Show:
    from rich.console import Console
    from rich.progress import Progress

    before = sys.stderr
    bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
    task = bar.add_task(label, total=None)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is before:
            stack.callback(handler.setStream, before)
            handler.setStream(sys.stderr)  # rich's, which writes above the bar

    def show(done: float, total: float, said: str) -> None:
        beside = f"{label}: {said}" if said else label
        bar.update(task, completed=done, total=total, description=beside)

    return show


def _lines(label: str, unit: str) -> _Show:
    start = time.monotonic()
    shown = 0

    def show(done: float, total: float, said: str) -> None:
        nonlocal shown
        step = int(_STEPS * done / max(total, 1))
        if step <= shown:
            return
        shown = step
        percent = f"{label}: {int(100 * done / max(total, 1))}%"
        rate = done / max(time.monotonic() - start, 1e-9)
        of = f" of {total:,} {unit}, {rate:,.0f} {unit}/s" if unit else f", {said}" if said else ""
        with suppress(OSError):  # a full log is no reason to lose the work
            print(percent + of, file=sys.stderr, flush=True)

    return show
