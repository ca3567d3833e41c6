"""From a scale on which a signal was learned back to its own unit, without bias.

The mean of log1p, put back by ``exp(mean) - 1``, lies below the mean of the signal (Jensen's
inequality), the more so the less a network knows.  Values are multiplied by what makes their sum
that of the signal in the validation (Duan 1983 calls such factors smearing; his is added to the
logarithm, which would lift bases without coverage off 0).  Correlations stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def back_factors(
    pairs: Iterable[tuple[Tensor, Tensor]], mirror: NDArray[np.int64]
) -> tuple[float, ...] | None:
    """A factor for each of S signals, the same for both strands of one.

    Parameters
    ----------
    pairs
        Values and signals, both (B, L, S), NaN where a signal is unknown.
    mirror
        Which signal each is on the other strand, shape (S,).

    Returns
    -------
    None where a signal has negative values, whose sum says nothing of its size, or where nothing
    is known or told of one.
    """
    sums = np.zeros((2, len(mirror)))
    for values, signals in pairs:
        known = ~signals.isnan()
        if bool((signals.where(known, 0.0) < 0).any()):
            return None
        for row, each in zip(sums, (signals, values), strict=True):
            row += each.where(known, 0.0).sum((0, 1), dtype=torch.float64).cpu().numpy()
    sums += sums[:, mirror]
    if not (sums > 0).all():
        return None
    return tuple((sums[0] / sums[1]).tolist())
