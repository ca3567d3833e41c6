"""A control beside the sequence: what of a signal it explains is not asked of the network.

What a control says is added to the outputs, ``weight * (log1p(control) - its mean)``, as BPNet has
it (Avsec et al. 2021): the head's outputs are then what is left for the sequence to tell.  Both
strands of a signal share the weight, which is learned.  A base whose control is not known, and
every base where none is given, has an average one, so that what is predicted without is free of
the control's bias and still of the size of the signal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genoseq.config.signals import SignalSettings
from genoseq.errors import ConfigError
from genoseq.metrics.correlation import log1p
from genoseq.store.files import CONTROLS
from genoseq.tasks.heads import compress

if TYPE_CHECKING:
    from genoseq.store.store import Store

_CHUNK_BASES = 1 << 20


@dataclass(frozen=True)
class Control:
    """The controls that a model of S signals has learned.

    Attributes
    ----------
    means
        Of log1p of each signal's control over the bases that were learned from, S numbers; the same
        for both strands of one.
    gaps, normalise
        How their files were read, see :class:`genoseq.config.signals.SignalSettings`.
    """

    means: tuple[float, ...]
    gaps: str
    normalise: str

    @classmethod
    def of(cls, stores: Sequence[Store], mirror: NDArray[np.int64]) -> Control | None:
        """Of the training regions of stores; None where no store has a control to learn.

        Parameters
        ----------
        mirror
            Which signal each is on the other strand, shape (S,).

        Raises
        ------
        ConfigError
            If some stores have one and others none, or their files were read in other ways.
        """
        ways = {
            store.path: (store.signals.get("gaps"), store.signals.get("normalise"))
            if CONTROLS in store.columns_beside
            else None
            for store in stores
        }
        first, way = next(iter(ways.items()))
        if problems := [
            f"{path}: its controls are not as those of {first}: tokenize both with controls, and "
            f"with the same labels.signals"
            for path, other in ways.items()
            if other != way
        ]:
            raise ConfigError(problems)
        if way is None:
            return None
        sums = np.zeros((2, len(mirror)))
        for store in stores:
            for row in store.regions.of_split("train").tolist():
                begin, bases = int(store.regions.offset[row]), int(store.regions.bases[row])
                every = store.all_beside[CONTROLS][begin : begin + bases]
                for at in range(0, bases, _CHUNK_BASES):
                    part = log1p(every[at : at + _CHUNK_BASES].astype(np.float64))
                    sums += np.stack([np.nansum(part, 0), (~np.isnan(part)).sum(0)])
        sums += sums[:, mirror]
        means = sums[0] / np.maximum(sums[1], 1)
        return cls(tuple(means.tolist()), str(way[0]), str(way[1]))

    @classmethod
    def from_json(cls, data: Any, signals: int) -> Control | None:
        """What :meth:`to_json` wrote, of so many signals; None of None.

        Raises
        ------
        ConfigError
            If it did not.
        """
        if data is None:
            return None
        try:
            means = tuple(map(float, data["means"]))
            read = SignalSettings(gaps=data["gaps"], normalise=data["normalise"])
            if len(means) != signals or not all(map(isfinite, means)):
                raise ValueError("means")
        except (LookupError, TypeError, ValueError):
            raise ConfigError(f"not a per-base task: control {str(data)[:80]}") from None
        return cls(means, read.gaps, read.normalise)

    def to_json(self) -> Mapping[str, Any]:
        """Plain JSON data."""
        return asdict(self) | {"means": list(self.means)}

    @property
    def settings(self) -> SignalSettings:
        """How files of controls are to be read."""
        return SignalSettings.model_validate({"gaps": self.gaps, "normalise": self.normalise})


class ControlOffset(nn.Module):
    """Adds controls to outputs: see the module.

    Parameters
    ----------
    means
        See :class:`Control`.
    mirror
        Which signal each is on the other strand, shape (S,).

    Attributes
    ----------
    weight
        Of each signal, its strands together: learned, and 0 at first.
    """

    means: Tensor
    signal: Tensor

    def __init__(self, means: Sequence[float], mirror: NDArray[np.int64]) -> None:
        super().__init__()
        names = np.minimum(mirror, np.arange(len(mirror)))
        _, signal = np.unique(names, return_inverse=True)
        self.weight = nn.Parameter(torch.zeros(int(signal.max()) + 1))
        self.register_buffer("means", torch.tensor(means), persistent=False)
        self.register_buffer("signal", torch.from_numpy(signal), persistent=False)

    def forward(self, outputs: Tensor, controls: Tensor) -> Tensor:
        """Outputs (..., S or more), of which the first S change, and controls (..., S)."""
        known = (compress(controls) - self.means).nan_to_num(0.0)
        added = known * self.weight[self.signal]
        rest = outputs.shape[-1] - added.shape[-1]
        return outputs.float() + nn.functional.pad(added, (0, rest))
