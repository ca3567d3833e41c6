"""What is told of a mutation: of which classes, of which bases, and by which number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.tracks import Channel

Effect = Literal["sum", "max"]
"""``sum`` of the changes of all bases that are looked at; ``max``: the largest of them, whatever
its sign."""

DISTANCE = 50
"""bp on either side of a mutated base or a variant where changes are looked for, by default: as
SpliceAI."""
FARTHEST = 100_000
"""bp: no model sees further."""


@dataclass(frozen=True, slots=True)
class Target:
    """A column that is told.

    Attributes
    ----------
    channel
        Its number among a model's.
    effect
        How the changes of bases become one number, from which the importance of a base is.
    """

    channel: int
    effect: Effect = "sum"


@dataclass(frozen=True, slots=True)
class Seen:
    """Which bases are looked at: those within ``distance`` bp, or of one region."""

    distance: int = DISTANCE
    region: Region | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.distance <= FARTHEST:
            raise ConfigError(f"distance {self.distance}: use 0 to {FARTHEST:,} bp")
        if self.region is not None and not 0 < len(self.region) <= FARTHEST:
            raise ConfigError(f"{self.region}: changes are looked for in 1 to {FARTHEST:,} bp")

    @property
    def count(self) -> int:
        """Bases that are looked at for each mutation."""
        return 2 * self.distance + 1 if self.region is None else len(self.region)

    def first(self, bases: NDArray[np.int64]) -> NDArray[np.int64]:
        """First base that is looked at for each mutated base; may be outside the contig."""
        if self.region is None:
            return bases - self.distance
        return np.full_like(bases, self.region.start)


def parse_targets(texts: Sequence[str], channels: Sequence[Channel]) -> tuple[Target, ...]:
    """Targets of ``CLASS[:sum|max]``, in the order of the channels; all by their sums if none.

    A class is ``CDS``, on every strand, or ``CDS+``, ``CDS-``, or a track's label, ``CDS.plus``.

    Raises
    ------
    ConfigError
        If there is no such class or effect, or one is named twice.
    """
    if not texts:
        return tuple(map(Target, range(len(channels))))
    found: dict[int, Target] = {}
    problems = []
    for text in texts:
        name, _, effect = text.rpartition(":")
        name, effect = (name, effect) if effect in get_args(Effect) and name else (text, "sum")
        numbers = [at for at, channel in enumerate(channels) if name in _names(channel)]
        if not numbers:
            known = ", ".join(dict.fromkeys(channel.full_name for channel in channels))
            problems.append(
                f"target {text!r}: use CLASS, CLASS+ or CLASS-, and :sum or :max; the model's "
                f"classes are {known}"
            )
        for number in numbers:
            if number in found:
                problems.append(f"target {text!r}: {channels[number].label} is named twice")
            found[number] = Target(number, cast(Effect, effect))
    if problems:
        raise ConfigError(problems)
    return tuple(found[number] for number in sorted(found))


def _names(channel: Channel) -> tuple[str, ...]:
    return channel.full_name, channel.label, f"{channel.full_name}{channel.strand}"
