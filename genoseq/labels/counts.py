"""How many bases each class has, reported when labels are made so that an empty one is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.schemes import Scheme

_CHUNK_BASES = 1 << 20


class LabelCounts:
    """Bases of each class and strand, of the background, and unknown, over many regions."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self._counts = np.zeros(len(scheme.counted), np.int64)

    def add(self, labels: NDArray[Any]) -> None:
        """Count labels of shape (L,), states, or (L, S), signals."""
        for at in range(0, len(labels), _CHUNK_BASES):  # counting takes eight bytes for each label
            self._counts += self.scheme.count(labels[at : at + _CHUNK_BASES])

    def join(self, other: LabelCounts) -> None:
        """Add what was counted elsewhere."""
        self._counts += other._counts

    def named(self) -> dict[str, int]:
        """Bases by channel label, ``none`` and ``unknown``; of signals, with any value or none."""
        return dict(zip(self.scheme.counted, self._counts.tolist(), strict=True))

    def absent(self) -> list[str]:
        """Classes without a base on either strand; none of signals."""
        found, channels = self.named(), self.scheme.channels
        if any(each.label not in found for each in channels):
            return []
        seen = {each.name for each in channels if found[each.label]}
        return list(dict.fromkeys(each.name for each in channels if each.name not in seen))

    def __str__(self) -> str:
        return ", ".join(f"{name} {count:,} bp" for name, count in self.named().items())
