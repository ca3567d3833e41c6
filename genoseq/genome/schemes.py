"""The outputs of a model for a base: classes (with strand and codon phase) or signals.

A *state* is one output of the model.  A *channel* is what people see: the states of one class and
strand, their codon phases added up, and without the background state ``none``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.genome.derived import CODING_INTRON
from genoseq.genome.regions import Strand
from genoseq.genome.tracks import Channel

BACKGROUND = "none"
UNKNOWN_LABEL = 255
"""Label of a base whose class is not known: losses and metrics leave it out."""
MOST_SIGNALS = 1 << 16  # each is a track, and a column of every label

Array = NDArray[Any]

_STRANDS: tuple[Strand, Strand] = ("+", "-")
_OPPOSITE: dict[Strand, Strand] = {"+": "-", "-": "+", ".": "."}


@dataclass(frozen=True, slots=True)
class State:
    """One model output: a class or signal name, its strand, and its codon phase.

    ``phase`` is the base's position in its codon, 0 to 2, counted 5' to 3' on the state's own
    strand; None where the class has no frame.
    """

    name: str
    strand: Strand = "."
    phase: int | None = None

    def __post_init__(self) -> None:
        known = self.strand in _OPPOSITE and str(self.phase) in ("None", "0", "1", "2")
        if not (known and self.name and isinstance(self.name, str)):
            raise ConfigError(f"label scheme: there is no {self}")


@dataclass(frozen=True)
class Scheme(ABC):
    """The outputs of a model, in order, and the form of their labels.

    Labels of L bases have shape (..., L) or (..., L, S).

    Attributes
    ----------
    states
        The S outputs.
    kind
        ``classes`` or ``signal``.
    dtype
        Type of labels on disk, little-endian.
    target_dtype
        Type of labels that a loss takes.
    unknown
        The label of a base whose class or value is not known.
    """

    states: tuple[State, ...]

    kind: ClassVar[Literal["classes", "signal"]]
    dtype: ClassVar[np.dtype[Any]]
    target_dtype: ClassVar[np.dtype[Any]]
    unknown: ClassVar[float]

    def __post_init__(self) -> None:
        if len(set(self.states)) != len(self.states) or not self.states:
            raise ConfigError(
                f"label scheme: states must be distinct and at least one: {self.states}"
            )
        self._check_states()
        mirrored = {State(s.name, _OPPOSITE[s.strand], s.phase) for s in self.states}
        if mirrored != set(self.states):
            raise ConfigError("label scheme: a class on one strand needs its twin on the other")

    @abstractmethod
    def _check_states(self) -> None:
        """Raise ConfigError if the states do not suit this kind of scheme."""

    @abstractmethod
    def label_shape(self, bases: int) -> tuple[int, ...]:
        """Shape of the labels of L bases."""

    @abstractmethod
    def mirrored(self, labels: Array) -> Array:
        """Labels of the reverse complement: in reverse order, strands swapped, phases kept."""

    @abstractmethod
    def known(self, labels: Array) -> NDArray[np.bool_]:
        """Which labels are known; same shape."""

    @abstractmethod
    def check(self, labels: Array) -> str | None:
        """What is wrong with the values of labels; None if nothing is."""

    @property
    @abstractmethod
    def counted(self) -> tuple[str, ...]:
        """What :meth:`count` counts."""

    @abstractmethod
    def count(self, labels: Array) -> NDArray[np.int64]:
        """Bases of each of :attr:`counted` in labels of shape (L,) or (L, S)."""

    def __len__(self) -> int:
        return len(self.states)

    @cached_property
    def reverse_permutation(self) -> NDArray[np.int64]:
        """Shape (S,): entry i is the state that state i becomes on the reverse complement.

        Strands swap, phases stay.  The permutation is its own inverse.
        """
        index_of = {state: index for index, state in enumerate(self.states)}
        swapped = (State(s.name, _OPPOSITE[s.strand], s.phase) for s in self.states)
        return np.array([index_of[state] for state in swapped], np.int64)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Distinct (name, strand) of the states in order, without the background."""
        pairs = dict.fromkeys((s.name, s.strand) for s in self.states if s.name != BACKGROUND)
        return tuple(Channel(name, strand) for name, strand in pairs)

    @cached_property
    def channel_of_state(self) -> NDArray[np.int64]:
        """Shape (S,): channel of each state, -1 for the background."""
        index_of = {(c.name, c.strand): index for index, c in enumerate(self.channels)}
        return np.array([index_of.get((s.name, s.strand), -1) for s in self.states], np.int64)

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON files; :func:`scheme_from_json` reads it back."""
        return {"kind": self.kind, "states": [asdict(state) for state in self.states]}


@dataclass(frozen=True)
class ClassScheme(Scheme):
    """Classes: states exclude one another, state 0 is the background ``none``.

    Labels are states, shape (..., L); :data:`UNKNOWN_LABEL` is the label of an unknown base.
    """

    kind: ClassVar[Literal["classes", "signal"]] = "classes"
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

    kind: ClassVar[Literal["classes", "signal"]] = "signal"
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

    @property
    def counted(self) -> tuple[str, ...]:
        """Bases with the value of any signal, and with none."""
        return "with signal", "unknown"

    def count(self, labels: Array) -> NDArray[np.int64]:
        """Bases with a finite value and without one, in labels (L, S)."""
        found = int(np.isfinite(labels).any(1).sum())
        return np.array([found, len(labels) - found], np.int64)


SCHEMES: dict[str, type[Scheme]] = {scheme.kind: scheme for scheme in (ClassScheme, SignalScheme)}
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


def signal_scheme(names: Iterable[tuple[str, Strand]]) -> SignalScheme:
    """Signals to regress: (name, strand) pairs; a + signal needs its - twin."""
    return SignalScheme(tuple(State(name, strand) for name, strand in names))
