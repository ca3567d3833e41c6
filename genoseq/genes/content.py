"""What the model says of each candidate: log-odds of coding in its frame, within and around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.codon_sums import CodonSums, in_steps
from genoseq.genes.layout import MARGIN, Layout

_LEAST = 2e-3
"""Probability that is added to each: no base says more than the model can know."""
_LARGEST = 4.0
"""Log-odds of one base at most."""
_CHUNK_BASES = 1 << 22
_BLOCK_BASES = 1 << 18
PROFILE = (-30, -15, -8, -4, -2, -1, 0, 1, 2, 4, 8, 15, 30)
"""Bounds, in codons from a start on, of stretches of which it is asked whether its frame is coding
there: short ones at the start, where the model drops from one state to the other."""
BEFORE = (-15, -5, -2, 0)
"""Bounds of stretches before a start of which it is asked whether they code for nothing."""

Values = NDArray[np.float32]
"""Probabilities of the seven states of codon phase, shape (7, L): none, then the phases 0, 1, 2 of
the forward strand, then those of the reverse strand."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the model says around starts, in nats.

    Attributes
    ----------
    whole
        Sum of log-odds (coding in this frame against not coding) from the start to the frame's end,
        shape (m,).
    profile
        The same of the stretches that :data:`PROFILE` bounds, shape (m, 12).
    nothing
        Sum of log p(not coding) over the stretches that :data:`BEFORE` bounds, shape (m, 3).
    other
        Share of the last 30 bp before the start that is coding in whatever frame, shape (m,).
    """

    whole: NDArray[np.float64]
    profile: NDArray[np.float32]
    nothing: NDArray[np.float32]
    other: NDArray[np.float64]

    def of_starts(self, starts: NDArray[np.bool_]) -> Content:
        """Content of some of the starts."""
        return Content(
            self.whole[starts], self.profile[starts], self.nothing[starts], self.other[starts]
        )

    def stretch(self, low: int, high: int) -> NDArray[np.float64]:
        """Sum of the profile between two of its bounds, shape (m,)."""
        columns = slice(PROFILE.index(low), PROFILE.index(high))
        return np.asarray(self.profile[:, columns].sum(1), np.float64)


OfCodons = Callable[[Values], NDArray[np.int32]]
"""Probabilities of states, (S, L), to a number of the codon that begins at each base, (L,)."""


def codon_log_odds(none: Values, phases: Values) -> NDArray[np.int32]:
    """Log-odds of the codon that begins at each base, in steps.

    Parameters
    ----------
    none, phases
        Probability that a base codes for nothing, shape (L,), and that it has each codon phase,
        shape (3, L), 5' to 3'; 1 where nothing is known.

    Returns
    -------
    Shape (L,): the sum over three bases of log p(phase) - log p(none), each limited.
    """
    background = np.log(none + _LEAST)
    codons = np.zeros(len(none), np.int32)
    for offset, phase in enumerate(phases):
        odds = np.log(phase + _LEAST)
        odds -= background
        codons[: len(codons) - offset] += in_steps(odds.clip(-_LARGEST, _LARGEST, out=odds))[
            offset:
        ]
    return codons


def content_of(layout: Layout, candidates: Candidates, values: Iterable[Values]) -> Content:
    """Content of all starts, in memory for :data:`_CHUNK_BASES` at a time.

    Parameters
    ----------
    values
        Of each contig of the layout in order, shape (7, length); NaN where nothing is known.
    """
    count = len(candidates.starts)
    found = Content(
        np.zeros(count),
        np.zeros((count, len(PROFILE) - 1), np.float32),
        np.zeros((count, len(BEFORE) - 1), np.float32),
        np.zeros(count),
    )
    left = iter(values)
    for first, last in _chunks(layout):
        pieces = [layout.lying(index, next(left)) for index in range(first, last + 1)]
        held = pieces.pop() if len(pieces) == 1 else np.concatenate(pieces, axis=1)
        del pieces  # values of many bases: there is room for them once
        _add_chunk(candidates, _Chunk(layout, first, last, held), found)
        del held
    return found


def _chunks(layout: Layout) -> Iterator[tuple[int, int]]:
    """First and last contig of stretches of :data:`_CHUNK_BASES` or more."""
    first = bases = 0
    for index, one in enumerate(layout.contigs):
        bases += one.length
        if bases >= _CHUNK_BASES or index == len(layout.contigs) - 1:
            yield first, index
            first, bases = index + 1, 0


class _Chunk:
    """Contigs from ``first`` to ``last``, and the values of their bases, one behind the other."""

    def __init__(self, layout: Layout, first: int, last: int, values: Values) -> None:
        self._filled, self._values = layout.filled(first, last), values
        low = int(layout.offsets[first]) - MARGIN
        self._positions = low, 2 * layout.size - low - len(self._filled)

    def __len__(self) -> int:
        return len(self._filled)

    def position(self, reverse: bool) -> int:
        """Position of the first value on either strand."""
        return self._positions[reverse]

    def sums(self, of_codons: OfCodons, states: Sequence[int], reverse: bool) -> CodonSums:
        """Sums of what a function makes of some states of a strand, in memory for a block."""
        found = np.empty(len(self), np.int32)
        for begin in range(0, len(self), _BLOCK_BASES):
            end = min(begin + _BLOCK_BASES, len(self))
            # Two bases more, which the last codons have.
            rows = self._rows(states, begin, min(end + 2, len(self)), reverse)
            found[begin:end] = of_codons(rows)[: end - begin]
        return CodonSums(found, self.position(reverse))

    def _rows(self, states: Sequence[int], begin: int, end: int, reverse: bool) -> Values:
        """Probabilities of states, 5' to 3'; 1 where nothing is known: then no state is likelier,
        and nothing is coding."""
        if reverse:
            begin, end = len(self) - end, len(self) - begin
        filled = self._filled[begin:end]
        first = np.count_nonzero(self._filled[:begin])
        own = slice(first, first + np.count_nonzero(filled))
        found = np.ones((len(states), end - begin), np.float32)
        for row, state in zip(found, states, strict=True):
            row[filled] = self._values[state, own]
        found[np.isnan(found)] = 1.0
        return found[:, ::-1] if reverse else found


def _add_chunk(candidates: Candidates, chunk: _Chunk, found: Content) -> None:
    """Fill in what is of the starts on some contigs."""
    for reverse in (False, True):
        position = chunk.position(reverse)
        frames = np.searchsorted(candidates.begins, [position, position + len(chunk)])
        own = slice(int(candidates.first[frames[0]]), int(candidates.first[frames[1]]))
        kept = slice(int(frames[0]), int(frames[1]))
        ends = np.repeat(candidates.ends[kept], np.diff(candidates.first)[kept])
        starts = candidates.starts[own]
        odds = chunk.sums(_log_odds, [0, *(range(4, 7) if reverse else range(1, 4))], reverse)
        found.whole[own] = odds.between(starts, ends)
        found.profile[own] = odds.around(starts, PROFILE)
        del odds
        found.nothing[own] = chunk.sums(_nothing, [0], reverse).around(starts, BEFORE)
        coding = chunk.sums(_coding, [0], reverse)
        found.other[own] = coding.between(starts - 30, starts) / 10


def _log_odds(rows: Values) -> NDArray[np.int32]:
    """As :func:`codon_log_odds`, of no gene and the three phases."""
    return codon_log_odds(rows[0], rows[1:])


def _coding(rows: Values) -> NDArray[np.int32]:
    """Share of the codon that begins at each base that is coding in any frame, in steps."""
    coding = 1 - rows[0]
    mean = coding.copy()
    mean[:-2] = (coding[:-2] + coding[1:-1] + coding[2:]) / 3
    return in_steps(mean)


def _nothing(rows: Values) -> NDArray[np.int32]:
    """log p(not coding) of the codon that begins at each base, in steps."""
    log = in_steps(np.log(rows[0] + _LEAST))
    codons = log.copy()
    codons[:-1] += log[1:]
    codons[:-2] += log[2:]
    return codons
