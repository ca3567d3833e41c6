"""What became of the regions of an extraction."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What became of the regions, counted while they pass."""

    written: int = 0
    bases: int = 0
    n_rich: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def losses(self) -> str:
        """What was left out, in brackets; empty if nothing was."""
        parts = [f"{count:,} skipped: {reason}" for reason, count in self.skipped.items()]
        parts += [f"{self.n_rich:,} dropped: too many N"] if self.n_rich else []
        return f" ({'; '.join(parts)})" if parts else ""

    def __str__(self) -> str:
        many = "region" if self.written == 1 else "regions"
        return f"{self.written:,} {many}, {self.bases:,} bp{self.losses}"
