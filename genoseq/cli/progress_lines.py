"""Lines of progress where a person looks, while stderr is a log file."""

from __future__ import annotations

import fcntl
import os
import select
import time

FIRST, EVERY = 5.0, 20.0
"""Seconds from the start to the first line, and at least between two."""
STEP = 0.01
"""Share of the work, at least, between two lines: a log of any work gets 100 of them at most."""

_LONGEST = 400  # a pipe takes lines below 512 bytes whole (POSIX), whoever else writes


class ProgressLines:
    """Whole lines on a file descriptor, now and then, which never make the work wait or fail.

    Parameters
    ----------
    descriptor
        Inherited from whoever started this process, for instance a terminal.  None, or one that is
        not open for writing (srun and torchrun pass none on): nothing is told.
    label
        Beginning of each line, so that lines of several jobs can be told apart.
    """

    def __init__(self, descriptor: int | None, label: str) -> None:
        self._descriptor = None if descriptor is None else _writable(descriptor)
        self._label = label
        self._due = time.monotonic() + FIRST
        self._told: float | None = None

    def __call__(self, done: float, total: float, said: str = "") -> None:
        """Tell how far the work is, if it is time to: amount done, amount in all, what else."""
        now, share = time.monotonic(), done / max(total, 1)
        if self._told is None:
            self._told = share - STEP  # a run that goes on from a state begins in its middle
            self._began = now, share
        if self._descriptor is None or now < self._due or share < max(self._told + STEP, 1e-9):
            return  # 0% says nothing
        words = [f"{self._label}: {share:.0%}", said, self._left(now, share)]
        self._write(", ".join(word for word in words if word)[:_LONGEST] + "\n")
        self._due, self._told = now + EVERY, share

    def _left(self, now: float, share: float) -> str:
        """How long the rest will take, if it goes on as it did since the first call."""
        began, done = self._began
        if share <= done:
            return ""
        left = (now - began) * (1 - share) / (share - done)
        return f"{left:.0f} s left" if left < 100 else f"{left / 60:,.0f} min left"

    def _write(self, line: str) -> None:
        """Write, unless nobody takes it: a stopped terminal, a full pipe, a window closed."""
        assert self._descriptor is not None
        ready = select.poll()
        ready.register(self._descriptor, select.POLLOUT)
        try:
            if any(event & select.POLLOUT for _, event in ready.poll(0)):
                os.write(self._descriptor, line.encode())
        except OSError:
            self._descriptor = None


def _writable(descriptor: int) -> int | None:
    """The descriptor, kept from programs that this one starts; None if it cannot be written."""
    try:
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
        os.set_inheritable(descriptor, False)
    except OSError:
        return None
    return None if mode == os.O_RDONLY else descriptor
