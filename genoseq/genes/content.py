"""What the model says of each candidate: log-odds of coding in its frame, within and around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    odds = [
        in_steps((np.log(phase + _LEAST) - background).clip(-_LARGEST, _LARGEST))
        for phase in phases
    ]
    codons = odds[0].copy()
    codons[:-1] += odds[1][1:]
    codons[:-2] += odds[2][2:]
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
    held: list[Values] = []
    bases = first = 0
    for index, each in enumerate(values):
        held.append(each)
        bases += each.shape[1]
        if bases >= _CHUNK_BASES or index == len(layout.contigs) - 1:
            _add_chunk(layout, candidates, first, held, found)
            first, bases, held = index + 1, 0, []
    return found


def _add_chunk(
    layout: Layout,
    candidates: Candidates,
    first: int,
    pieces: Sequence[Values],
    found: Content,
) -> None:
    """Fill in what is of the starts on contigs from ``first`` on."""
    last = first + len(pieces) - 1
    low = int(layout.offsets[first]) - 2 * MARGIN
    high = int(layout.offsets[last] + layout.extents[last]) + 2 * MARGIN
    # 1 of all states where nothing is known: no state is likelier, and nothing is coding.
    whole = np.ones((7, high - low), np.float32)
    for index, piece in enumerate(pieces, first):
        begin = int(layout.offsets[index]) - MARGIN - low
        end = begin + int(layout.extents[index]) + 2 * MARGIN
        layout.fill(whole[:, begin:end], index, piece)
    np.copyto(whole, 1.0, where=np.isnan(whole))
    for reverse in (False, True):
        position = 2 * layout.size - high if reverse else low
        frames = np.searchsorted(candidates.begins, [position, position + high - low])
        own = slice(int(candidates.first[frames[0]]), int(candidates.first[frames[1]]))
        kept = slice(int(frames[0]), int(frames[1]))
        ends = np.repeat(candidates.ends[kept], np.diff(candidates.first)[kept])
        none, phases = (whole[0, ::-1], whole[4:7, ::-1]) if reverse else (whole[0], whole[1:4])
        starts = candidates.starts[own]
        odds = CodonSums(codon_log_odds(none, phases), position)
        found.whole[own] = odds.between(starts, ends)
        found.profile[own] = odds.around(starts, PROFILE)
        found.nothing[own] = CodonSums(_nothing(none), position).around(starts, BEFORE)
        coding = CodonSums(_coding(none), position)
        found.other[own] = coding.between(starts - 30, starts) / 10


def _coding(none: Values) -> NDArray[np.int32]:
    """Share of the codon that begins at each base that is coding in any frame, in steps."""
    coding = 1 - none
    mean = coding.copy()
    mean[:-2] = (coding[:-2] + coding[1:-1] + coding[2:]) / 3
    return in_steps(mean)


def _nothing(none: Values) -> NDArray[np.int32]:
    """log p(not coding) of the codon that begins at each base, in steps."""
    log = in_steps(np.log(none + _LEAST))
    codons = log.copy()
    codons[:-1] += log[1:]
    codons[:-2] += log[2:]
    return codons
