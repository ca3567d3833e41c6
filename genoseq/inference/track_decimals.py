"""How many decimals the tracks of a class need, by how rare it was where its model was validated.

Thousandths are fine steps for what is there on half of the bases, and nothing but zeros for what is
there on one of 10,000.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from genoseq.genome.tracks import DECIMALS, Channel, Kind
from genoseq.metrics.ranking import RARE

MOST = 7
"""Decimals that float32 has of a probability near 1."""


def track_decimals(
    bundles: Sequence[Mapping[str, Any]], channels: Sequence[Channel], kind: Kind
) -> tuple[int, ...] | None:
    """Decimals of each channel of tracks: steps are a tenth of a rare class's share, or less.

    Parameters
    ----------
    bundles
        Metrics of each model's bundle.
    channels, kind
        What is written.

    Returns
    -------
    None where all have :data:`~genoseq.genome.tracks.DECIMALS`: no class that was in the validation
    is rarer than :data:`~genoseq.metrics.ranking.RARE`, or values are not of classes.
    """
    if kind != "classes":
        return None
    shares = [_shares(bundle.get("valid", {})) for bundle in bundles]
    found = tuple(max(_decimals(each, channel) for each in shares) for channel in channels)
    return found if max(found, default=DECIMALS) > DECIMALS else None


def _shares(valid: Mapping[str, Any]) -> dict[Channel, float]:
    """Share of the bases of each class, and of each codon phase of it."""
    found: dict[Channel, float] = {}
    for level in ("states", "channels"):
        rows = valid.get(level, {}).get("classes", ())
        bases = sum(row["support"] for row in rows)
        for row in rows:
            channel = Channel(row["name"], row["strand"], row["phase"])
            found[channel] = row["support"] / bases if bases else 0.0
    return found


def _decimals(shares: Mapping[Channel, float], channel: Channel) -> int:
    share = shares.get(channel, 0.0)
    return min(MOST, 1 + math.ceil(-math.log10(share))) if 0 < share < RARE else DECIMALS
