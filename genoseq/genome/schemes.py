"""What a model says of a base: the classes (with strand and codon phase) or the signals.

A *state* is one output of the model.  A *channel* is what people see: the states of one class and
strand, their codon phases added up, and without the background state ``none``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.genome.regions import Strand
from genoseq.genome.tracks import Channel

BACKGROUND = "none"
UNKNOWN = 255
"""Label of a base whose class is not known: it leaves the loss and every metric."""

_OPPOSITE: dict[Strand, Strand] = {"+": "-", "-": "+", ".": "."}


@dataclass(frozen=True, slots=True)
class State:
    """One model output: a class or signal name, its strand, and its codon phase.

    ``phase`` is the base's place in its codon, 0 to 2, counted 5' to 3' on the state's own strand;
    None where the class has no frame.
    """

    name: str
    strand: Strand = "."
    phase: int | None = None


@dataclass(frozen=True)
class Scheme:
    """The outputs of a model, in order.

    ``classes``: states exclude one another, and state 0 is the background ``none``.
    ``signal``: each state is a number of its own (regression), and there is no background.
    """

    kind: Literal["classes", "signal"]
    states: tuple[State, ...]

    def __post_init__(self) -> None:
        if len(set(self.states)) != len(self.states) or not self.states:
            raise ConfigError(
                f"label scheme: states must be distinct and at least one: {self.states}"
            )
        if self.kind == "classes":
            if self.states[0] != State(BACKGROUND) or len(self.states) < 2:
                raise ConfigError(f"label scheme: state 0 must be {BACKGROUND!r}, then the classes")
            if len(self.states) > UNKNOWN:
                raise ConfigError(f"label scheme: {len(self.states)} states, at most {UNKNOWN}")
        mirrored = {State(s.name, _OPPOSITE[s.strand], s.phase) for s in self.states}
        if mirrored != set(self.states):
            raise ConfigError("label scheme: a class on one strand needs its twin on the other")

    def __len__(self) -> int:
        return len(self.states)

    @cached_property
    def reverse_permutation(self) -> NDArray[np.int64]:
        """Shape (S,): entry i is the state that state i becomes on the reverse complement.

        Strands swap, phases stay.  The permutation is its own inverse.
        """
        place = {state: index for index, state in enumerate(self.states)}
        swapped = (State(s.name, _OPPOSITE[s.strand], s.phase) for s in self.states)
        return np.array([place[state] for state in swapped], np.int64)

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Distinct (name, strand) of the states in order, without the background."""
        pairs = dict.fromkeys((s.name, s.strand) for s in self.states if s.name != BACKGROUND)
        return tuple(Channel(name, strand) for name, strand in pairs)

    @cached_property
    def channel_of_state(self) -> NDArray[np.int64]:
        """Shape (S,): channel of each state, -1 for the background."""
        place = {(c.name, c.strand): index for index, c in enumerate(self.channels)}
        return np.array([place.get((s.name, s.strand), -1) for s in self.states], np.int64)

    def to_json(self) -> dict[str, Any]:
        """Plain data for JSON files; :func:`scheme_from_json` reads it back."""
        return {"kind": self.kind, "states": [asdict(state) for state in self.states]}


def scheme_from_json(data: Mapping[str, Any]) -> Scheme:
    """The scheme that :meth:`Scheme.to_json` wrote; ConfigError if it is not one."""
    try:
        states = tuple(State(**state) for state in data["states"])
        return Scheme(data["kind"], states)
    except (KeyError, TypeError) as error:
        raise ConfigError(f"not a label scheme: {error}") from error


def cds_phase_scheme() -> Scheme:
    """Seven states: none, CDS on + in phase 0, 1, 2, and CDS on - in phase 0, 1, 2."""
    strands: tuple[Strand, Strand] = ("+", "-")
    coding = (State("CDS", strand, phase) for strand in strands for phase in range(3))
    return Scheme("classes", (State(BACKGROUND), *coding))


def stranded_scheme(names: Iterable[str]) -> Scheme:
    """none, then each class on + and on -, without codon phase."""
    return Scheme("classes", (State(BACKGROUND), *(State(n, s) for n in names for s in _strands())))


def unstranded_scheme(names: Iterable[str]) -> Scheme:
    """none, then each class without strand."""
    return Scheme("classes", (State(BACKGROUND), *(State(name) for name in names)))


def signal_scheme(names: Iterable[tuple[str, Strand]]) -> Scheme:
    """Signals to regress: (name, strand) pairs; a + signal needs its - twin."""
    return Scheme("signal", tuple(State(name, strand) for name, strand in names))


def _strands() -> tuple[Strand, Strand]:
    return "+", "-"
