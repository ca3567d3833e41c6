"""What language models share: their values are bits, -log2 p of the bases that are there.

A base has four values, so that both strands can be joined as those of any task are: bits on its own
strand and on the other one, whether the most probable base was right on its own and on the other.
What a network says of one strand has 0 for the other; :data:`MIRROR` swaps the two.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.errors import ConfigError
from genoseq.genome.sequences import N
from genoseq.genome.tracks import DECIMALS, Channel
from genoseq.metrics.language import LANGUAGE_FIGURES, LanguageMetrics
from genoseq.tasks.outputs import Output, ValueKind, Values
from genoseq.tasks.task import Task

if TYPE_CHECKING:
    from genoseq.store.store import Store

LETTERS = 4
"""A, C, G, T: codes below :data:`~genoseq.genome.sequences.N`."""
CHANNELS = (Channel("bits", "+"), Channel("bits", "-"), Channel("bits", "."))
"""-log2 p of a base as read on either strand, and the mean of both."""


class LanguageModel(Task):
    """A task that tells bases; the kinds of it say which are told from which."""

    exact = True
    reads_bases: ClassVar[bool] = True
    shown: ClassVar[int | None] = 2
    unit: ClassVar[str] = " bits per base"
    read_by: ClassVar[str] = "genoseq perplexity"

    @property
    def outputs(self) -> int:
        """Values of a base."""
        return 4

    @property
    def mirror(self) -> NDArray[np.int64]:
        """Own and other strand swap."""
        return np.array([1, 0, 3, 2])

    def misfits(self, stores: Sequence[Store], owner: str, split: str) -> list[str]:
        """No region of the split; labels are not looked at."""
        del owner
        if any(len(store.regions.of_split(split)) for store in stores):
            return []
        there = sorted({name for store in stores for name in store.regions.splits})
        return [f"no region of split {split!r}: the stores have {', '.join(there) or 'no region'}"]

    @abstractmethod
    def judged(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Values (B, L, 4) of the bases that are there, float32; NaN where there is none."""

    def values(self, outputs: Tensor, dim: int = -1) -> Tensor:
        """There are none of outputs alone."""
        del outputs, dim
        raise ConfigError(f"a {self.name} has no values but those of bases: use predicted")

    def metrics(self) -> LanguageMetrics:
        """See :mod:`genoseq.metrics.language`."""
        return LanguageMetrics()

    def figures(self, report: Mapping[str, Any]) -> dict[str, float]:
        """``bits_per_base``, ``perplexity``, ``accuracy``."""
        found = {name: report[name] for name in LANGUAGE_FIGURES}
        return {name: float("nan") if x is None else x for name, x in found.items()}

    def rows(self, report: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One row: the figures of all bases."""
        return [{"name": "bases", "support": report["bases"], **self.figures(report)}]

    def output(self, values: ValueKind = "probability", by_phase: bool = False) -> Output:
        """Bits of either strand and their mean."""
        if values == "log-odds" or by_phase:
            asked = "log-odds" if values == "log-odds" else "codon phases"
            raise ConfigError(
                f"{asked} are of classes, and this model is a {self.name}: it tells bits, -log2 p "
                f"of each base"
            )
        return Output("signal", CHANNELS, _bits, DECIMALS)


def _bits(predicted: Values) -> Values:
    """Means of both strands' values (4, L) as channels (3, L)."""
    own, other = predicted[:2]
    return np.stack([2 * own, 2 * other, own + other])


def one_strand(bits: Tensor, right: Tensor) -> Tensor:
    """Values (..., 4) of one strand; NaN bits are of bases that have none, of this strand alone."""
    nothing = torch.zeros_like(bits)
    right = right.to(bits).where(~bits.isnan(), torch.nan)
    return torch.stack([bits, nothing, right, nothing], dim=-1)


def known(codes: Tensor) -> Tensor:
    """Whether bases are A, C, G or T."""
    return codes < N
