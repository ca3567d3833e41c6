"""Recurrent layers whose states are carried along: from any step on, and until nothing differs.

The state before a substituted base is that of the sequence as it is: it is kept, not computed
again.  After the base states approach those of the sequence as it is, and where none of a row is
apart by more than :data:`NEGLIGIBLE`, the row is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

NEGLIGIBLE = 1e-6
"""Largest difference between states, beside 1 + their size, that is taken for none: rounding of
fp32 makes about as much."""
_CHECKED = 32
"""Steps between two looks at the differences."""

Family = Literal["rnn", "gru", "lstm"]


class State(NamedTuple):
    """Of rows at a step: what is told of it, and what an LSTM keeps beside that; (B, H) each."""

    hidden: Tensor
    kept: Tensor


class Changed(NamedTuple):
    """Vectors of consecutive steps that are not those of the sequence as it is.

    Attributes
    ----------
    first
        First of the steps, by row, (B,).
    vectors
        Shape (n, B, D).  Steps behind the last of the sequence have no meaning.
    """

    first: Tensor
    vectors: Tensor


@dataclass(frozen=True)
class Recurrence:
    """One direction of one layer; steps are counted in the order in which it takes them.

    Attributes
    ----------
    family
        Which kind of layer it is.
    reading
        What makes gates (G H) of vectors: weights (G H, E) and bias.
    carrying
        What adds to them by the hidden state, (H, G H) and a bias that stands apart in a GRU.
    """

    family: Family
    reading: tuple[Tensor, Tensor]
    carrying: tuple[Tensor, Tensor]

    @classmethod
    def of(cls, family: Family, weights: list[Tensor]) -> Recurrence:
        """That of PyTorch's weights: weight_ih, weight_hh, bias_ih, bias_hh."""
        into, through, bias, bias_through = (each.detach().clone() for each in weights)
        width = through.shape[1]
        if family == "lstm":
            bias, bias_through = bias + bias_through, torch.zeros_like(bias)
            # tanh(x) = 2 sigmoid(2 x) - 1: all gates are one sigmoid then.
            for each in (into, through, bias):
                each[2 * width : 3 * width] *= 2
        return cls(family, (into, bias), (through.T.contiguous(), bias_through))

    @property
    def width(self) -> int:
        """Of the hidden state, H."""
        return self.carrying[0].shape[0]

    def read(self, vectors: Tensor) -> Tensor:
        """Vectors (..., E) to what they add to gates, (..., G H)."""
        return functional.linear(vectors, *self.reading)

    def begin(self, rows: int) -> State:
        """The state before the first step."""
        zeros = self.reading[0].new_zeros(rows, self.width)
        return State(zeros, zeros)

    def step(self, read: Tensor, state: State) -> State:
        """The state after a step, of what was read of it, (B, G H)."""
        weight, bias = self.carrying
        if self.family == "lstm":
            entry, forget, new, shown = (
                torch.addmm(read, state.hidden, weight).sigmoid_().chunk(4, 1)
            )
            kept = forget * state.kept + entry * (new * 2 - 1)
            return State(shown * kept.tanh(), kept)
        carried = torch.addmm(bias, state.hidden, weight)
        if self.family == "rnn":
            hidden = (read + carried).tanh_()
            return State(hidden, hidden)
        width = self.width
        reset, update = (read[:, : 2 * width] + carried[:, : 2 * width]).sigmoid_().chunk(2, 1)
        new = (read[:, 2 * width :] + reset * carried[:, 2 * width :]).tanh_()
        hidden = new + update * (state.hidden - new)
        return State(hidden, hidden)


class Trajectory:
    """What a recurrence makes of a sequence as it is, and of changed ones by it.

    Parameters
    ----------
    recurrence
        The direction of a layer.
    vectors
        What it reads, (T, E), in the order in which it takes them.
    """

    def __init__(self, recurrence: Recurrence, vectors: Tensor) -> None:
        self._recurrence = recurrence
        self._read = recurrence.read(vectors)
        states = [recurrence.begin(1)]
        for step in range(len(self._read)):
            states.append(recurrence.step(self._read[step : step + 1], states[-1]))
        # Entry t is the state before step t.
        self._states = State(
            torch.cat([each.hidden for each in states]), torch.cat([each.kept for each in states])
        )

    @property
    def hidden(self) -> Tensor:
        """Hidden states of all steps, (T, H)."""
        return self._states.hidden[1:]

    def changed(self, vectors: Changed, end: Tensor | None = None) -> Changed:
        """Hidden states that change with vectors.

        Parameters
        ----------
        end
            The step behind the last one that is asked for, by row, (B,); None: all steps are.
        """
        first, steps, rows = vectors.first, len(self._read), len(vectors.first)
        own = self._recurrence.read(vectors.vectors)
        last = (torch.full_like(first, steps) if end is None else end.clamp(max=steps)) - first
        count = max(int(last.max()), 1)
        state = State(*(each[first] for each in self._states))
        active = torch.arange(rows, device=first.device)
        found: list[tuple[Tensor, list[Tensor]]] = [(active, [])]
        for step in range(count):
            at = (first[active] + step).clamp_(max=steps - 1)
            read = own[step, active] if step < len(own) else self._read[at]
            state = self._recurrence.step(read, state)
            found[-1][1].append(state.hidden)
            if step + 1 >= len(own) and (step + 1) % _CHECKED == 0 and step + 1 < count:
                left = (last[active] > step + 1) & self._apart(state, at)
                if not left.all():
                    active, state = active[left], State(*(each[left] for each in state))
                    found.append((active, []))
                    if not len(active):
                        break
        return Changed(first, self._gathered(first, found))

    def _apart(self, state: State, at: Tensor) -> Tensor:
        """Which rows are not yet in the state that the sequence as it is has after steps (B,)."""
        apart = torch.zeros(len(at), dtype=torch.bool, device=at.device)
        for own, there in zip(state, self._states, strict=True):
            usual = there[at + 1]
            apart |= ((own - usual).abs() > NEGLIGIBLE * (1 + usual.abs())).any(dim=1)
        return apart

    def _gathered(self, first: Tensor, found: list[tuple[Tensor, list[Tensor]]]) -> Tensor:
        """Hidden states (n, B, H) of stretches of steps, each of the rows that were not done."""
        if len(found) == 1:
            return torch.stack(found[0][1])
        count = sum(len(states) for _, states in found)
        whole = following(self.hidden, first, count)
        at = 0
        for active, states in found:
            for hidden in states:
                whole[at, active] = hidden
                at += 1
        return whole


def following(vectors: Tensor, first: Tensor, count: int) -> Tensor:
    """Vectors (count, B, D) of each row's steps from its first on, of those of all steps (T, D).

    Of steps that are not there, the nearest.
    """
    steps = first + torch.arange(count, device=first.device)[:, None]
    return vectors[steps.clamp_(0, len(vectors) - 1)]


def overlaid(vectors: Tensor, first: Tensor, changed: Changed) -> None:
    """Write what changed into vectors (n, B, D) whose first steps are those of ``first``."""
    if not len(changed.vectors):
        return
    steps = torch.arange(len(vectors), device=first.device)[:, None] + (first - changed.first)
    inside = (steps >= 0) & (steps < len(changed.vectors))
    at, rows = inside.nonzero(as_tuple=True)
    vectors[at, rows] = changed.vectors[steps[at, rows], rows]
