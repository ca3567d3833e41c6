"""Windows around rare classes: which bases have them, and where a window around one begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.config.sampling import SamplingSettings
from genoseq.data.gather import Integers, RegionPool
from genoseq.errors import ConfigError, listed
from genoseq.genome.schemes import BACKGROUND, Scheme
from genoseq.store.store import Store

RARE = 0.01
"""Of the bases with a known label: a class of less is rare where settings name none."""
_CHUNK_BASES = 1 << 20


@dataclass(frozen=True, eq=False)
class RareBases:
    """Runs of bases of rare classes, one class after the other.

    Attributes
    ----------
    names
        The N classes.
    row, start
        Region and first base in it of each run, shape (R,).
    ends
        Bases of all runs up to each, shape (R,).
    bounds
        Bases of all classes before each, and of all, shape (N + 1,).
    """

    names: tuple[str, ...]
    row: Integers
    start: Integers
    ends: Integers
    bounds: Integers

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Integers, Integers]:
        """Regions and bases in them, (count,) each: a class, then one of its bases, all alike."""
        kind = rng.integers(len(self.names), size=count)
        low, high = self.bounds[kind], self.bounds[kind + 1]
        number = low + np.floor(rng.random(count) * (high - low)).astype(np.int64)
        run = np.searchsorted(self.ends, number, side="right")
        first = self.ends[run - 1] * (run > 0)
        return self.row[run], self.start[run] + number - first


def window_starts(
    rng: np.random.Generator, token: Integers, tokens: Integers, window: int
) -> Integers:
    """First tokens of windows that hold a token each, all alike of those inside the region.

    Parameters
    ----------
    token, tokens
        The token and how many its region has, shape (B,).
    window
        Tokens in a window.
    """
    last = np.maximum(tokens - window, 0)
    low = np.minimum(np.maximum(token - window + 1, 0), last)
    high = np.minimum(token, last)
    begins: Integers = low + np.floor(rng.random(len(token)) * (high - low + 1)).astype(np.int64)
    return begins


def rare_bases(
    stores: Sequence[Store], regions: RegionPool, scheme: Scheme, settings: SamplingSettings
) -> RareBases:
    """The bases that windows are drawn around.

    Raises
    ------
    ConfigError
        If a class is not one of the scheme or has no base in the regions; if none is rare and
        settings name none; if labels are of no classes.
    """
    known = tuple(dict.fromkeys(s.name for s in scheme.states if s.name != BACKGROUND))
    if scheme.kind == "signal":
        raise ConfigError("training.sampling is around classes, these labels are signals")
    if strange := {*settings.classes} - {*known}:
        raise ConfigError(
            f"training.sampling.classes: {listed(strange)}: the classes are {listed(known)}"
        )
    wanted = settings.classes or known
    runs: dict[str, list[tuple[int, int, int]]] = {name: [] for name in wanted}
    bases = 0
    for row, first, labels in _chunks(stores, regions):
        bases += int(np.atleast_2d(scheme.known(labels).T).any(0).sum())
        for name, own in runs.items():
            own += [(row, first + a, b - a) for a, b in _runs(scheme.of_class(labels, name))]
    chosen = settings.classes or _rare(runs, bases)
    if empty := [name for name in chosen if not runs[name]]:
        raise ConfigError(f"training.sampling.classes: no base to train on is {listed(empty)}")
    columns = np.array([run for name in chosen for run in runs[name]], np.int64).T
    totals = [_bases(runs[name]) for name in chosen]
    bounds = np.concatenate([[0], np.cumsum(totals)])
    return RareBases(tuple(chosen), columns[0], columns[1], np.cumsum(columns[2]), bounds)


def _rare(runs: dict[str, list[tuple[int, int, int]]], bases: int) -> list[str]:
    shares = {name: _bases(own) / max(bases, 1) for name, own in runs.items()}
    found = [name for name, share in shares.items() if 0 < share < RARE]
    if not found:
        said = ", ".join(f"{name} {share:.2%}" for name, share in shares.items())
        raise ConfigError(
            f"training.sampling: no class has less than {RARE:.0%} of the bases ({said}): name "
            f"those to draw around in training.sampling.classes, or leave sampling out"
        )
    return found


def _bases(runs: Sequence[tuple[int, int, int]]) -> int:
    return sum(length for _, _, length in runs)


def _chunks(
    stores: Sequence[Store], regions: RegionPool
) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Row of each region, first base in it, and labels of a stretch of it."""
    for row in range(len(regions.bases)):
        labels = stores[int(regions.store[row])].all_labels
        offset, bases = int(regions.label[row]), int(regions.bases[row])
        for at in range(0, bases, _CHUNK_BASES):
            yield row, at, labels[offset + at : offset + min(at + _CHUNK_BASES, bases)]


def _runs(own: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where stretches begin and end."""
    edges = np.flatnonzero(np.diff(own, prepend=False, append=False))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
