"""What all processes of a training have to see alike: the time, and a signal to stop."""

from __future__ import annotations

from genoseq.training.distributed import Team
from genoseq.training.schedule import Clock
from genoseq.training.stop_signals import StopRequest


class Pulse:
    """The clock of the first process and the signals of all, as they were at the last beat.

    A process alone needs no beat: it looks at its own clock and signals.

    Parameters
    ----------
    team, clock, stop
        The processes, and this one's clock and signals.
    """

    def __init__(self, team: Team, clock: Clock, stop: StopRequest) -> None:
        self._team, self._clock, self._stop = team, clock, stop
        self.beat()

    def beat(self) -> None:
        """Ask the others; all processes at once."""
        told = self._team.rows(self._clock.elapsed(), self._stop.received or 0)
        self._elapsed = float(told[0, 0])
        self._received = int(told[:, 1].max()) or None

    @property
    def elapsed(self) -> float:
        """Seconds of training so far."""
        return self._clock.elapsed() if self._team.size == 1 else self._elapsed

    @property
    def received(self) -> int | None:
        """Number of a stopping signal that reached any of them; None as long as there was none."""
        return self._stop.received if self._team.size == 1 else self._received
