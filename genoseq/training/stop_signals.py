"""Signals that ask a training to stop: it saves its state first, and says so."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from genoseq.errors import GenoseqError

STOPPING = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)
"""What Slurm sends at a time limit or before it, and what Ctrl-C sends."""


class TrainingInterruptedError(GenoseqError):
    """A signal ended the training, after its state was saved.

    Attributes
    ----------
    signal
        Its number; by custom the process ends with status 128 more.
    """

    def __init__(self, received: int, where: str) -> None:
        self.signal = received
        super().__init__(f"{signal.Signals(received).name} received: {where}")


class StopRequest:
    """Whether a signal asked to stop.

    Attributes
    ----------
    received
        Number of the signal; None as long as there was none.
    """

    def __init__(self) -> None:
        self.received: int | None = None

    def install(self) -> None:
        """Take over the stopping signals.  Outside the main thread Python cannot: nothing then."""
        if threading.current_thread() is threading.main_thread():
            for number in STOPPING:
                signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.received == signal.SIGINT == number:
            raise KeyboardInterrupt  # Ctrl-C twice: now
        self.received = number


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Note stopping signals instead of dying of them, while the block runs."""
    request = StopRequest()
    before = {number: signal.getsignal(number) for number in STOPPING}
    request.install()
    try:
        yield request
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)
