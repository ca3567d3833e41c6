"""Signals that ask a training to stop: it saves its state first, and says so."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)
"""What Slurm sends at a time limit or before it, and what Ctrl-C sends."""


class StopRequest:
    """Whether a signal asked to stop: ``received`` is its number, None while there was none."""

    received: int | None = None

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        if self.received == signal.SIGINT == number:
            raise KeyboardInterrupt  # Ctrl-C twice: now
        self.received = number


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Note stopping signals instead of dying of them; outside the main thread Python cannot."""
    request = StopRequest()
    heard = STOPPING if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, request.note) for number in heard}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
