"""What mutations change, in numbers: of every base to each of the three others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.sequences import Codes
from genoseq.genome.tracks import Channel
from genoseq.variants.targets import Target

Values = NDArray[np.float32]
NOTHING = 1e-6
"""Changes below that, beside 1 or the largest value nearby, are of rounding: they are told as 0."""


class Extremes(NamedTuple):
    """The largest changes of single bases; (L, 4, C) each.

    Attributes
    ----------
    gain, loss
        Largest rise (0 or more) and largest fall (0 or less); NaN as effects are.
    gain_offset, loss_offset
        Where that is: bp behind the mutated base (to its right on the forward strand), negative
        before it.
    """

    gain: Values
    loss: Values
    gain_offset: NDArray[np.int32]
    loss_offset: NDArray[np.int32]


@dataclass(frozen=True, slots=True, repr=False)
class Mutations:
    """What every substitution of consecutive bases changes.

    Attributes
    ----------
    chrom, start
        Contig and first base, 0-based.
    codes
        The bases as they are, (L,).
    channels, targets
        What the C columns are.
    effect
        Shape (L, 4, C): the change by substituting A, C, G, T; NaN where that is the base itself,
        or the base is not known.  By which number, says the target.
    extremes
        Of the bases that are looked at; None where they are not known, as by gradients.
    """

    chrom: str
    start: int
    codes: Codes
    channels: tuple[Channel, ...]
    targets: tuple[Target, ...]
    effect: Values
    extremes: Extremes | None = None

    def __repr__(self) -> str:
        labels = ", ".join(channel.label for channel in self.channels)
        return f"<Mutations of {self.chrom}, 0-based [{self.start}, {self.end}): {labels}>"

    @property
    def end(self) -> int:
        """One past the last base, 0-based."""
        return self.start + len(self.codes)

    @property
    def importance(self) -> Values:
        """What each base contributes, (L, C): minus the mean effect of its three alternatives; NaN
        where it is not known.  Drawn as letters by browsers (dynseq)."""
        return importance_of(self.effect)


def joined(parts: Sequence[Mutations]) -> Mutations:
    """Those of consecutive bases as one."""
    first = parts[0]
    extremes = [each.extremes for each in parts if each.extremes is not None]
    whole = Extremes(*map(np.concatenate, zip(*extremes, strict=True))) if extremes else None
    return replace(
        first,
        codes=np.concatenate([each.codes for each in parts]),
        effect=np.concatenate([each.effect for each in parts]),
        extremes=whole,
    )


def importance_of(effect: Values) -> Values:
    """Minus the mean over the three alternatives of effects (L, 4, C); NaN where there is none."""
    known = ~np.isnan(effect)
    count = known.sum(axis=1)
    total = np.where(known, effect, 0).sum(axis=1, dtype=np.float64)
    return np.where(count > 0, -total / np.maximum(count, 1), np.nan).astype(np.float32)


def summarise(
    change: Values, usual: Values, distances: NDArray[np.int64], targets: Sequence[Target]
) -> tuple[NDArray[Any], ...]:
    """Effect, gain, loss and their distances, (M, C) each, of changes (C, M, n) of M mutations.

    Parameters
    ----------
    change
        Of each base that is looked at, 0 where there is none.
    usual
        Values of the same bases as they are, (C, M, n).
    distances
        From the mutated base to each, (M, n).
    """
    largest = np.maximum(1, np.abs(usual).max(axis=2, keepdims=True, initial=0))
    change = np.where(np.abs(change) < NOTHING * largest, np.float32(0), change)
    gain_at, gain = _extreme(change, distances, change.argmax(axis=2))
    loss_at, loss = _extreme(change, distances, change.argmin(axis=2))
    gain_at, loss_at = np.where(gain > 0, gain_at, 0), np.where(loss < 0, loss_at, 0)
    gain, loss = np.maximum(gain, 0), np.minimum(loss, 0)
    effect = change.sum(axis=2, dtype=np.float64).astype(np.float32)
    for number, target in enumerate(targets):
        if target.effect == "max":
            strongest = np.where(gain[number] >= -loss[number], gain[number], loss[number])
            effect[number] = strongest
    return tuple(each.T for each in (effect, gain, loss, gain_at, loss_at))


def _extreme(
    change: Values, distances: NDArray[np.int64], index: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Values]:
    values = np.take_along_axis(change, index[:, :, None], axis=2)[:, :, 0]
    at = np.take_along_axis(distances[None], index[:, :, None], axis=2)[:, :, 0]
    return at, values
