"""How many bases of what: said while labels are made, so that an empty class is seen at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.schemes import BACKGROUND, UNKNOWN, Scheme


class LabelCounts:
    """Bases of each class and strand, of the background, and unknown, over many regions."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.counts = np.zeros(UNKNOWN + 1, np.int64)
        self.known = 0
        self.bases = 0

    def add(self, labels: NDArray[np.uint8] | NDArray[np.float32]) -> None:
        """Count labels of shape (L,), states, or (L, S), signals."""
        self.bases += len(labels)
        if self.scheme.kind == "classes":
            self.counts += np.bincount(labels, minlength=UNKNOWN + 1)
        else:
            self.known += int(np.isfinite(labels).any(1).sum())

    def named(self) -> dict[str, int]:
        """Bases by channel label, ``none`` and ``unknown``; of signals, with any value or none."""
        if self.scheme.kind == "signal":
            return {"with signal": self.known, "unknown": self.bases - self.known}
        states = self.counts[: len(self.scheme)]
        channels = {
            channel.label: int(states[self.scheme.channel_of_state == place].sum())
            for place, channel in enumerate(self.scheme.channels)
        }
        return {BACKGROUND: int(states[0]), **channels, "unknown": int(self.counts[UNKNOWN])}

    def __str__(self) -> str:
        return ", ".join(f"{name} {count:,} bp" for name, count in self.named().items())
