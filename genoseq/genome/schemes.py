"""The kinds of schemes, and the schemes that settings name: classes or signals.

See :mod:`genoseq.genome.scheme` for what all of them say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.genome.derived import CODING_INTRON
from genoseq.genome.regions import Strand
from genoseq.genome.scheme import BACKGROUND, UNKNOWN_LABEL, Array, Scheme, State
from genoseq.genome.tracks import Kind

__all__ = ["BACKGROUND", "UNKNOWN_LABEL", "Scheme", "State"]
MOST_SIGNALS = 1 << 16
"""Signals of a model: each is a track, and a column of every label."""
_STRANDS: tuple[Strand, Strand] = ("+", "-")


@dataclass(frozen=True)
class ClassScheme(Scheme):
    """Classes: states exclude one another, state 0 is the background ``none``.

    Labels are states, shape (..., L); :data:`UNKNOWN_LABEL` is the label of an unknown base.
    """

    kind: ClassVar[Kind] = "classes"
    dtype: ClassVar[np.dtype[Any]] = np.dtype("u1")
    target_dtype: ClassVar[np.dtype[Any]] = np.dtype(np.int64)
    unknown: ClassVar[float] = UNKNOWN_LABEL

    def _check_states(self) -> None:
        if self.states[0] != State(BACKGROUND) or len(self.states) < 2:
            raise ConfigError(f"label scheme: state 0 must be {BACKGROUND!r}, then the classes")
        if len(self.states) > UNKNOWN_LABEL:
            raise ConfigError(f"label scheme: {len(self.states)} states, at most {UNKNOWN_LABEL}")

    def label_shape(self, bases: int) -> tuple[int, ...]:
        """(L,)."""
        return (bases,)

    @cached_property
    def _mirror(self) -> NDArray[np.uint8]:
        table = np.arange(UNKNOWN_LABEL + 1, dtype=np.uint8)
        table[: len(self)] = self.reverse_permutation
        return table

    def mirrored(self, labels: Array) -> Array:
        """uint8, shape (..., L)."""
        return self._mirror[labels[..., ::-1]]

    def known(self, labels: Array) -> NDArray[np.bool_]:
        """Those that are not 255, shape (..., L)."""
        known: NDArray[np.bool_] = labels != UNKNOWN_LABEL
        return known

    def check(self, labels: Array) -> str | None:
        """What is wrong if a known label is not a state of the scheme."""
        if labels.dtype == np.uint8 and int((labels + np.uint8(1)).max(initial=0)) <= len(self):
            return None  # of a store, in a tenth of the time: unknown is 0 here
        known = labels[self.known(labels)]
        if known.size and not 0 <= int(known.min()) <= int(known.max()) < len(self):
            return (
                f"labels must be states 0 to {len(self) - 1}, or {UNKNOWN_LABEL} for unknown; "
                f"found {known.min()} to {known.max()}"
            )
        return None

    def of_class(self, labels: Array, name: str) -> NDArray[np.bool_]:
        """Shape (..., L); codon phases together."""
        own = np.zeros(UNKNOWN_LABEL + 1, bool)
        own[: len(self)] = [state.name == name for state in self.states]
        found: NDArray[np.bool_] = own[labels]
        return found

    def tally(self, labels: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """A base that is known is known to be in no other state."""
        found = np.bincount(labels.reshape(-1), minlength=len(self))[: len(self)]
        return found, np.full(len(self), found.sum())

    @property
    def counted(self) -> tuple[str, ...]:
        """``none``, each channel, ``unknown``."""
        return (BACKGROUND, *(channel.label for channel in self.channels), "unknown")

    @cached_property
    def _counted_index(self) -> NDArray[np.uint8]:
        """Index in :attr:`counted` of each label."""
        indices = np.full(UNKNOWN_LABEL + 1, len(self.channels) + 1, np.uint8)
        indices[: len(self)] = self.channel_of_state + 1
        return indices

    def count(self, labels: Array) -> NDArray[np.int64]:
        """Bases of the background, of each channel, and unknown, in labels (L,)."""
        return np.bincount(self._counted_index[labels], minlength=len(self.counted))


@dataclass(frozen=True)
class SignalScheme(Scheme):
    """Signals: each state is a separate number (regression), and there is no background.

    Labels are values, shape (..., L, S), NaN where unknown.
    """

    kind: ClassVar[Kind] = "signal"
    dtype: ClassVar[np.dtype[Any]] = np.dtype("<f4")
    target_dtype: ClassVar[np.dtype[Any]] = np.dtype(np.float32)
    unknown: ClassVar[float] = np.nan

    def _check_states(self) -> None:
        if len(self.states) > MOST_SIGNALS:
            raise ConfigError(f"label scheme: {len(self.states):,} signals, at most {MOST_SIGNALS}")

    def label_shape(self, bases: int) -> tuple[int, ...]:
        """(L, S)."""
        return bases, len(self)

    def mirrored(self, labels: Array) -> Array:
        """Shape (..., L, S), type as given."""
        return labels[..., ::-1, :][..., self.reverse_permutation]

    def known(self, labels: Array) -> NDArray[np.bool_]:
        """Those that are not NaN, shape (..., L, S)."""
        known: NDArray[np.bool_] = ~np.isnan(labels)
        return known

    def check(self, labels: Array) -> str | None:
        """Whether one is infinite; any number can be a signal."""
        return "a signal is infinite" if np.isinf(labels).any() else None

    def of_class(self, labels: Array, name: str) -> NDArray[np.bool_]:
        """Those with a value."""
        own = [state.name == name for state in self.states]
        found: NDArray[np.bool_] = np.any(self.known(labels)[..., own], axis=-1)
        return found

    def tally(self, labels: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Values are there where they are known."""
        found = self.known(labels).reshape(-1, len(self)).sum(0)
        return found, found

    @property
    def counted(self) -> tuple[str, ...]:
        """Bases with the value of any signal, and with none."""
        return "with signal", "unknown"

    def count(self, labels: Array) -> NDArray[np.int64]:
        """Bases with a finite value and without one, in labels (L, S)."""
        found = int(np.isfinite(labels).any(1).sum())
        return np.array([found, len(labels) - found], np.int64)


@dataclass(frozen=True)
class IndependentScheme(Scheme):
    """Classes of which a base may have several: each state is there or not, by itself.

    Labels are 0 and 1, shape (..., L, S); :data:`UNKNOWN_LABEL` where that is not known.
    """

    kind: ClassVar[Kind] = "independent"
    dtype: ClassVar[np.dtype[Any]] = np.dtype("u1")
    target_dtype: ClassVar[np.dtype[Any]] = np.dtype(np.float32)
    unknown: ClassVar[float] = UNKNOWN_LABEL

    def _check_states(self) -> None:
        if any(state.name == BACKGROUND for state in self.states):
            raise ConfigError(
                f"label scheme: classes that do not exclude one another have no {BACKGROUND!r}"
            )

    def label_shape(self, bases: int) -> tuple[int, ...]:
        """(L, S)."""
        return bases, len(self)

    def mirrored(self, labels: Array) -> Array:
        """Shape (..., L, S), type as given."""
        return labels[..., ::-1, :][..., self.reverse_permutation]

    def known(self, labels: Array) -> NDArray[np.bool_]:
        """Those that are not 255, shape (..., L, S)."""
        known: NDArray[np.bool_] = labels != UNKNOWN_LABEL
        return known

    def check(self, labels: Array) -> str | None:
        """What is wrong if a label is neither 0, 1 nor unknown."""
        if bool(((labels > 1) & self.known(labels)).any()):
            return f"labels must be 0 or 1, or {UNKNOWN_LABEL} for unknown"
        return None

    def of_class(self, labels: Array, name: str) -> NDArray[np.bool_]:
        """Shape (..., L); either strand will do."""
        own = [state.name == name for state in self.states]
        found: NDArray[np.bool_] = np.any(labels[..., own] == 1, axis=-1)
        return found

    def tally(self, labels: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Each state by itself."""
        rows = labels.reshape(-1, len(self))
        return (rows == 1).sum(0), self.known(rows).sum(0)

    @property
    def counted(self) -> tuple[str, ...]:
        """``none`` of the classes, each channel, ``unknown`` for one of them at least."""
        return (BACKGROUND, *(channel.label for channel in self.channels), "unknown")

    def count(self, labels: Array) -> NDArray[np.int64]:
        """Bases of none, of each channel, and unknown, in labels (L, S); a base may be several."""
        none = int((labels == 0).all(1).sum())
        unknown = int((~self.known(labels)).any(1).sum())
        return np.array([none, *(labels == 1).sum(0).tolist(), unknown], np.int64)


SCHEMES: dict[str, type[Scheme]] = {
    scheme.kind: scheme for scheme in (ClassScheme, SignalScheme, IndependentScheme)
}
"""Schemes by their kind."""


def scheme_from_json(data: Mapping[str, Any]) -> Scheme:
    """The scheme that :meth:`Scheme.to_json` wrote; ConfigError if it is not one."""
    try:
        return SCHEMES[data["kind"]](tuple(State(**state) for state in data["states"]))
    except (KeyError, TypeError) as error:
        raise ConfigError(f"not a label scheme: {error}") from error


def cds_phase_scheme() -> ClassScheme:
    """Seven states: none, CDS on + in phase 0, 1, 2, and CDS on - in phase 0, 1, 2."""
    coding = (State("CDS", strand, phase) for strand in _STRANDS for phase in range(3))
    return ClassScheme((State(BACKGROUND), *coding))


def gene_phase_scheme() -> ClassScheme:
    """Nine states: those of :func:`cds_phase_scheme`, and coding introns on + and on -."""
    coding = (State("CDS", strand, phase) for strand in _STRANDS for phase in range(3))
    introns = (State(CODING_INTRON, strand) for strand in _STRANDS)
    return ClassScheme((State(BACKGROUND), *coding, *introns))


PHASE_SCHEMES = {"cds-phase": cds_phase_scheme, "gene-phase": gene_phase_scheme}
"""Schemes that tell codon phases, by their name in settings."""


def stranded_scheme(names: Iterable[str]) -> ClassScheme:
    """none, then each class on + and on -, without codon phase."""
    return ClassScheme((State(BACKGROUND), *(State(n, s) for n in names for s in _STRANDS)))


def unstranded_scheme(names: Iterable[str]) -> ClassScheme:
    """none, then each class without strand."""
    return ClassScheme((State(BACKGROUND), *(State(name) for name in names)))


def independent_scheme(names: Iterable[str], stranded: bool) -> IndependentScheme:
    """Each class by itself, on + and on - or without strand."""
    strands: tuple[Strand, ...] = _STRANDS if stranded else (".",)
    return IndependentScheme(tuple(State(name, s) for name in names for s in strands))


def signal_scheme(names: Iterable[tuple[str, Strand]]) -> SignalScheme:
    """Signals to regress: (name, strand) pairs; a + signal needs its - twin."""
    return SignalScheme(tuple(State(name, strand) for name, strand in names))
