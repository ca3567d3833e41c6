"""How far a run is, the learning rate that belongs there, and when the state is saved."""

from __future__ import annotations

import math

AHEAD = 90.0
"""Seconds before a job's time limit: its process began some seconds after the job itself."""


class SaveTimes:
    """When a training saves its state: every so often, and once shortly before its job may end.

    Parameters
    ----------
    every
        Seconds between two states.
    start
        Seconds of training before this process.
    limit
        Seconds that this process may take; None without limit.  At a limit some schedulers kill at
        once, and others a moment after SIGTERM, which may be too short for a step and a state.
    """

    def __init__(self, every: float, start: float = 0.0, limit: float | None = None) -> None:
        self._every, self._saved = every, start
        self._last = math.inf if limit is None else start + limit - min(AHEAD, limit / 10)

    def due(self, elapsed: float) -> bool:
        """Whether to save after so many seconds of training."""
        return elapsed - self._saved >= self._every or elapsed >= self._last

    def saved(self, elapsed: float) -> None:
        """Note that a state was saved."""
        self._saved = elapsed
        self._last = math.inf if elapsed >= self._last else self._last


def run_progress(step: float, steps: int, elapsed: float, budget: float | None) -> float:
    """Fraction of the run that is over, 0 to 1: of the steps or of the time, whichever is further.

    ``elapsed`` and ``budget`` are seconds; without a budget time plays no part: the run is the same
    on a slow machine and on a fast one.
    """
    by_time = 0.0 if budget is None else elapsed / budget
    return min(1.0, max(step / steps, by_time))


def learning_rate(progress: float, peak: float, warmup: float) -> float:
    """Rate at a progress of 0 to 1: linear from 0 to ``peak``, then half a cosine down to 0.

    The cosine is that of Loshchilov and Hutter, SGDR (2017), without restarts; ``warmup`` is the
    fraction of the run that the rate takes to reach ``peak``.
    """
    if progress < warmup:
        return peak * progress / warmup
    if warmup >= 1:
        return peak
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
