"""From a model's outputs, the states of each base, to the values of tracks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.genome.schemes import Scheme, State
from genoseq.genome.tracks import DECIMALS, Channel, Kind

Values = NDArray[np.float32]
ValueKind = Literal["probability", "log-odds"]
LOG_ODDS = 16.0
"""Largest log-odds written, where float16 still has steps of 0.01; p is then within 2e-7 of 1."""


@dataclass(frozen=True, slots=True)
class Output:
    """What scoring writes for a model.

    Attributes
    ----------
    kind
        What the values are to writers.
    channels
        What they are of, C.
    values
        Predictions of states, shape (S, L), to values of channels, (C, L).
    decimals
        To which they are rounded in tracks; None: not at all.
    """

    kind: Kind
    channels: tuple[Channel, ...]
    values: Callable[[Values], Values]
    decimals: int | None = None


def scheme_output(scheme: Scheme, values: ValueKind, by_phase: bool) -> Output:
    """What scoring writes for a model of a scheme: a channel for each class and strand, or signal.

    Raises
    ------
    ConfigError
        If the scheme has no such values.
    """
    if values == "log-odds":
        if scheme.kind == "signal":
            raise ConfigError("log-odds are of classes, and this model predicts signals")
        if by_phase:
            raise ConfigError("log-odds are of every state, codon phases included: not by phase")
        odds = state_log_odds if scheme.kind == "classes" else own_log_odds
        return Output("log-odds", tuple(map(_state_channel, scheme.states)), odds)
    states, channels = _channels(scheme, by_phase)
    decimals = DECIMALS if scheme.kind == "classes" else None
    return Output(scheme.kind, channels, lambda predicted: _sums(predicted, states), decimals)


def _sums(predicted: Values, states: Sequence[Sequence[int]]) -> Values:
    """Sums (C, L) of the states (S, L) of each channel.

    One by one, not as a product of matrices, which rounds by where in the array a base lies.
    """
    sums = np.empty((len(states), predicted.shape[1]), np.float32)
    for channel, (first, *others) in enumerate(states):
        sums[channel] = predicted[first]
        for state in others:
            sums[channel] += predicted[state]
    return sums


def state_log_odds(probabilities: Values) -> Values:
    """Natural log-odds, log(p / (1 - p)), of states that exclude one another; both (S, L).

    Clipped to :data:`LOG_ODDS`.  The other states are added up, because 1 - p of a float32 near 1
    has few digits left; one by one, so that a base's value does not depend on its neighbours.
    """
    # In double precision the order of the states, which swap strands, does not show.
    wide = probabilities.astype(np.float64)
    others = np.zeros_like(wide)
    for states in (range(len(wide)), range(len(wide) - 1, -1, -1)):
        total = np.zeros_like(wide[0])  # of the states before each, and then of those behind it
        for state in states:
            others[state] += total
            total += wide[state]
    with np.errstate(divide="ignore"):  # -inf, and then clipped
        odds = np.log(wide, out=wide)
        odds -= np.log(others, out=others)
    return odds.clip(-LOG_ODDS, LOG_ODDS, out=odds).astype(np.float32)


def own_log_odds(probabilities: Values) -> Values:
    """The same of states that do not exclude one another."""
    wide = probabilities.astype(np.float64)
    with np.errstate(divide="ignore"):
        odds = np.log(wide) - np.log1p(-wide)
    return odds.clip(-LOG_ODDS, LOG_ODDS).astype(np.float32)


def _channels(
    scheme: Scheme, by_phase: bool
) -> tuple[Sequence[Sequence[int]], tuple[Channel, ...]]:
    """Which states each of the C channels adds up, and the channels."""
    of = scheme.channel_of_state
    if not by_phase:
        numbers = range(len(scheme.channels))
        return [np.flatnonzero(of == number).tolist() for number in numbers], scheme.channels
    chosen = [state for state, channel in enumerate(of) if channel >= 0]
    named = tuple(_state_channel(scheme.states[state]) for state in chosen)
    return [[state] for state in chosen], named


def _state_channel(state: State) -> Channel:
    return Channel(state.name, state.strand, state.phase)
