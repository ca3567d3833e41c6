"""Tracks that rounding leaves without a value above 0: what is told of them."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import listed
from genoseq.genome.tracks import DECIMALS, Channel, Kind
from genoseq.writers.lattice import ONE, Row
from genoseq.writers.origin import Origin

_log = logging.getLogger(__name__)


def highest(rows: Row) -> NDArray[np.float32]:
    """The highest value of each row of a slab, NaN where there is none."""
    if rows.dtype == np.uint16:
        # What has no value is the largest number, and by 1 more the smallest.
        above: NDArray[np.uint16] = (rows + np.uint16(1)).max(axis=1)
        return np.where(above == 0, np.nan, (above - 1.0) / ONE).astype(np.float32)
    found: NDArray[np.float32] = np.fmax.reduce(rows, axis=1)
    return found


class Highest:
    """The highest value of each channel of the slabs that were added."""

    def __init__(self, channels: tuple[Channel, ...]) -> None:
        self._channels = channels
        self._values = np.full(len(channels), np.nan, np.float32)

    def add(self, values: NDArray[np.float32]) -> None:
        """Take the highest values of a slab, by :func:`highest`."""
        np.fmax(self._values, values, out=self._values)

    def warn(
        self,
        kind: Kind,
        digits: int | None,
        origin: Origin,
        decimals: tuple[int, ...] | None = None,
    ) -> None:
        """Name the classes of which every probability of the genome is 0 as tracks have it."""
        if kind != "classes" or digits is not None or origin.regions is not None:
            return
        kept = decimals or [DECIMALS] * len(self._channels)
        rows = zip(self._channels, self._values.tolist(), kept, strict=True)
        flat = [
            f"{one.label} (in steps of {10.0**-many:g})"
            for one, value, many in rows
            if value <= 0.5 * 10.0**-many and one.measure is None
        ]
        if flat:
            _log.warning(
                "every value of %s rounds to 0: genoseq score --digits 2 keeps two significant "
                "digits",
                listed(flat),
            )
