"""How far a run is, and the learning rate that belongs there."""

from __future__ import annotations

import math
import time


class Clock:
    """Seconds of training, over all the processes that took part in it.

    Parameters
    ----------
    spent
        Seconds of the processes before this one.
    """

    def __init__(self, spent: float = 0.0) -> None:
        self._spent = spent
        self._start = time.monotonic()

    def elapsed(self) -> float:
        """Seconds so far."""
        return self._spent + time.monotonic() - self._start


def run_progress(step: float, steps: int, elapsed: float, budget: float | None) -> float:
    """Fraction of the run that is over, 0 to 1: of the steps or of the time, whichever is further.

    Parameters
    ----------
    step, steps
        Optimizer steps done and at most.
    elapsed, budget
        Seconds spent and at most; None means without limit, and then time plays no part: the run is
        the same on a slow machine and on a fast one.
    """
    by_steps = step / steps
    by_time = 0.0 if budget is None else elapsed / budget
    return min(1.0, max(by_steps, by_time))


def learning_rate(progress: float, peak: float, warmup: float) -> float:
    """Rate at a progress of 0 to 1: linear from 0 to ``peak``, then half a cosine down to 0.

    The cosine is that of Loshchilov and Hutter, SGDR (2017), without restarts.

    Parameters
    ----------
    warmup
        Fraction of the run that the rate takes to reach ``peak``.
    """
    if progress < warmup:
        return peak * progress / warmup
    if warmup >= 1:
        return peak
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
