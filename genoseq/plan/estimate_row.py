"""A row of the table of what a run will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from genoseq.plan import constants
from genoseq.plan.processor import Speed

_PLAIN = {*constants.MEGABYTES, "hub", "merge_variants"}
"""Rules that start without torch."""


@dataclass(frozen=True)
class Estimate:
    """A row of the table.

    Attributes
    ----------
    bases, windows
        Of all jobs; None where there are none.
    disk
        Bytes of all outputs.
    memory
        MB of the largest job.
    hours, longest
        Of all jobs, and of the one that takes longest; one core each.
    unknown
        Attributes to which something unknown is to be added: by genomes that are not there yet or
        were not counted, or by encoders, tasks and formats that do not tell.
    """

    rule: str
    jobs: int
    bases: int | None
    windows: int | None
    disk: float
    memory: float
    hours: float
    longest: float
    unknown: frozenset[str] = frozenset()


def estimate_row(
    rule: str, seconds: Sequence[float], speed: Speed, **parts: Sequence[float]
) -> Estimate:
    """A row of the seconds of each job, to which its start is added, and of parts of other columns.

    Parameters
    ----------
    seconds
        Of each job; NaN is what is unknown, here and below.
    speed
        Of the processor whose hours are wanted.
    parts
        Always ``disk`` and ``memory``, of some rules ``bases`` and ``windows``.
    """
    start = constants.START_SECONDS["plain" if rule in _PLAIN else "torch"]
    hours = [(start * speed.plain() + each) / 3600 for each in seconds]
    parts |= {"hours": hours, "longest": hours}
    known = {name: [n for n in each if not isnan(n)] for name, each in parts.items()}
    return Estimate(
        rule,
        jobs=len(seconds),
        bases=int(sum(known["bases"])) if "bases" in parts else None,
        windows=int(sum(known["windows"])) if "windows" in parts else None,
        disk=sum(known["disk"]),
        memory=max(known["memory"], default=0.0),
        hours=sum(known["hours"]),
        longest=max(known["longest"], default=0.0),
        unknown=frozenset(name for name in parts if len(known[name]) < len(parts[name])),
    )
