"""Progress: a bar on a terminal, a line every 5% elsewhere (log files, Slurm)."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

_STEPS = 20


@contextmanager
def progress(label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """A function to call with the amount that was just done, out of ``total`` units."""
    if not logging.getLogger("genoseq").isEnabledFor(logging.INFO):
        yield lambda _amount: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True)) as bar:
            task = bar.add_task(label, total=total)
            yield lambda amount: bar.advance(task, amount)
    else:
        yield _lines(label, total, unit)


@contextmanager
def reporting(label: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """The same where the total comes with the first call: (just done, in all)."""
    with ExitStack() as stack:
        advance: Callable[[int], None] | None = None

        def report(amount: int, total: int) -> None:
            nonlocal advance
            if advance is None:
                advance = stack.enter_context(progress(label, total, unit))
            advance(amount)

        yield report


def _lines(label: str, total: int, unit: str) -> Callable[[int], None]:
    start = time.monotonic()
    done = said = 0

    def advance(amount: int) -> None:
        nonlocal done, said
        done += amount
        step = _STEPS * done // max(total, 1)
        if step > said:
            said = step
            seconds = time.monotonic() - start
            rate = done / max(seconds, 1e-9)
            print(
                f"{label}: {100 * done // max(total, 1)}% of {total:,} {unit}, "
                f"{rate:,.0f} {unit}/s",
                file=sys.stderr,
                flush=True,
            )

    return advance
