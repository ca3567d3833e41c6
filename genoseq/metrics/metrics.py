"""What all figures of predictions have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from torch import Tensor

if TYPE_CHECKING:
    from genoseq.metrics.level import Confusion, CurvePoint


class Metrics(Protocol):
    """Figures that are added up batch by batch."""

    def update(self, values: Tensor, targets: Tensor) -> None:
        """Count values (..., S) and their targets."""

    def compute(self) -> dict[str, Any]:
        """All figures so far, plain JSON data; ``kind`` says of what they are."""

    def curves(self) -> list[CurvePoint]:
        """Precision and recall by threshold; empty where there are no classes."""

    def confusions(self) -> list[Confusion]:
        """Bases of each pair of classes; likewise empty where there are none."""
