"""Tracks that rounding leaves without a value above 0: what is told of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import numpy as np

from genoseq.errors import listed
from genoseq.genome.tracks import DECIMALS, Channel, Kind, Track
from genoseq.writers.origin import Origin

_log = logging.getLogger(__name__)


class Highest:
    """The highest value of each channel of the tracks that went through."""

    def __init__(self, channels: tuple[Channel, ...]) -> None:
        self._channels = channels
        self._values = np.full(len(channels), np.nan, np.float32)

    def seen(self, tracks: Iterable[Track]) -> Iterator[Track]:
        """The same tracks."""
        for track in tracks:
            if len(track.values) and track.channels == self._channels:
                np.fmax(self._values, np.fmax.reduce(track.values), out=self._values)
            yield track

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
