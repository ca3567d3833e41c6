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

    ``signal`` is its number; by custom the process ends with status 128 more.
    """

    def __init__(self, received: int, where: str) -> None:
        self.signal = received
        super().__init__(f"{signal.Signals(received).name} received: {where}")


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
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, request.note) for number in STOPPING}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
