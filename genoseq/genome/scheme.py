"""What every scheme says: the outputs of a model for a base, and the form of their labels.

A *state* is one output of the model.  A *channel* is what people see: the states of one class and
strand, their codon phases added up, and without the background state ``none``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.genome.regions import Strand
from genoseq.genome.tracks import Channel, Kind

BACKGROUND = "none"
UNKNOWN_LABEL = 255
"""Label of a base whose class is not known: losses and metrics leave it out."""

Array = NDArray[Any]

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

    kind: ClassVar[Kind]
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

    @abstractmethod
    def of_class(self, labels: Array, name: str) -> NDArray[np.bool_]:
        """Which of labels (..., L) or (..., L, S) are of a class, on either strand: (..., L)."""

    @abstractmethod
    def tally(self, labels: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How often each state is there, and how often that is known: (S,) each."""

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
