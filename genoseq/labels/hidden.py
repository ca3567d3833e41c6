"""What other classes leave of a class: an error where it is no base, a note where it is little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError, listed
from genoseq.files.atomic import PathLike
from genoseq.genome.schemes import BACKGROUND, UNKNOWN_LABEL, Scheme

_CHUNK_BASES = 1 << 20
_LOOKED_AT, _LOOKED_BASES = 1000, 10_000
"""Intervals of a class that are looked at for a note, and bases of each."""
_LITTLE = 0.5
_NOT_KNOWN = "unknown"


class Labelled(Protocol):
    """Labels that are to be looked at."""

    @property
    def scheme(self) -> Scheme:
        """What they are of."""

    def of(self, chrom: str, start: int, end: int) -> NDArray[np.uint8]:
        """States of bases ``start <= i < end``."""


Stretch = tuple[str, int, int]
"""Contig, first base, and the base after the last."""


def hidden_notes(
    labels: Labelled,
    stretches: Mapping[str, Sequence[Stretch]],
    sites: Sequence[bool],
    path: PathLike | None = None,
) -> list[str]:
    """A sentence for each class of whose bases others have most.

    Parameters
    ----------
    stretches
        The intervals of each class.
    sites
        Which classes win whatever the order.
    path
        The annotation's file, for errors.

    Raises
    ------
    InputFormatError
        If no base has the label of a class; it says what has its bases instead.
    """
    is_site = dict(zip(stretches, sites, strict=True))
    notes = []
    for name, own in stretches.items():
        found = _counted(labels, _some_of(own))
        if not found[name]:
            found = _until(labels, own, name)
        others = {other for other in found if other not in (name, BACKGROUND, _NOT_KNOWN)}
        won = {other for other in others if is_site[other] and not is_site[name]}
        why = f"{listed(others - won)}, listed before it: list {name} first"
        if not found[name]:
            raise InputFormatError(f"no base is labelled {name}: {_reason(others, won, why)}", path)
        hidden = sum(found[other] for other in others) / (found.total() - found[_NOT_KNOWN])
        if hidden >= _LITTLE and others - won:
            notes.append(
                f"{name}: {hidden:.0%} of its bases are labelled {why} if they are to be {name}"
            )
    return notes


def _reason(others: set[str], won: set[str], why: str) -> str:
    if others - won:
        return f"its bases are {why}"
    if won:
        return f"its bases are {listed(won)}, which are sites and win over what is longer"
    return (
        "its bases are masked, its features have no strand, they contradict one another, or "
        "their evidence (labels.evidence) is not trusted"
    )


def _some_of(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Stretches evenly spread over all, the first bases of each."""
    step = -(-len(stretches) // _LOOKED_AT)
    for chrom, start, end in stretches[::step]:
        yield chrom, start, min(end, start + _LOOKED_BASES)


def _counted(labels: Labelled, stretches: Iterator[Stretch]) -> Counter[str]:
    """Bases of each class, of the background, and unknown."""
    found: Counter[str] = Counter()
    for chrom, start, end in stretches:
        states, counts = np.unique(labels.of(chrom, start, end), return_counts=True)
        for state, count in zip(states.tolist(), counts.tolist(), strict=True):
            found[_name(labels.scheme, state)] += count
    return found


def _until(labels: Labelled, stretches: Sequence[Stretch], name: str) -> Counter[str]:
    """The same of all stretches, up to the first base of a class."""
    found: Counter[str] = Counter()
    for chrom, start, end in stretches:
        for at in range(start, end, _CHUNK_BASES):
            found += _counted(labels, iter([(chrom, at, min(at + _CHUNK_BASES, end))]))
            if found[name]:
                return found
    return found


def _name(scheme: Scheme, state: int) -> str:
    return _NOT_KNOWN if state == UNKNOWN_LABEL else scheme.states[state].name
