"""Which base follows which in genes, by codon phase: the frame as the genes at hand tell it.

Chains of order :data:`ORDER`: of each codon phase, and of bases outside of genes, learned from the
bases of which the model is sure, and smoothed towards the next lower order.  The phases of such
chains are what FragGeneScan reads frames by (Rho et al., 2010, https://doi.org/10.1093/nar/gkq747).

A base that does not code on a strand is outside of genes, or codes on the other one; how likely is
either, the model tells.  Chains of the other strand's phases need no counts of their own: words of
one strand are those of the other, reversed and complemented.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.sequences import Codes, N

ORDER = 5
BESIDE = 255
"""What is certain, where the chances of the other strand's phases are whole numbers."""
OUTSIDE, UNKNOWN_PHASE = 3, -1
"""Beside codon phases 0, 1 and 2: outside of genes, of either strand; nothing is known."""
_PRIOR = 20.0
"""Weight of the next lower order."""
_DOUBT = 0.2
"""How much of what the model says of the other strand is not believed: all four are as likely."""
_LARGEST = 3.0
_WORDS = 4 ** (ORDER + 1)


Odds = NDArray[np.float64]


def _counts() -> NDArray[np.int64]:
    return np.zeros((4, _WORDS), np.int64)


@dataclass
class BaseChain:
    """Counts of each base behind :data:`ORDER` others: of the three phases, and outside."""

    counts: NDArray[np.int64] = field(default_factory=_counts)

    def add(self, codes: Codes, phases: NDArray[np.int8]) -> None:
        """Count the bases of a strand, 5' to 3', (L,): codon phases, or what stands for them."""
        words, known = _words(codes)
        for phase in (0, 1, 2, OUTSIDE):
            own = known & (phases == phase)
            self.counts[phase] += np.bincount(words[own], minlength=_WORDS)

    def shares(self) -> NDArray[np.float64]:
        """Share of each base behind the others, by word, shape (7, 4096): of the three phases,
        outside, and of the other strand's phases."""
        # The last base of a word of phase p is, on the other strand, the first: of phase p + 1.
        beside = self.counts[[2, 0, 1]][:, _complements()]
        rows = np.concatenate([self.counts, beside]).astype(np.float64)
        return np.stack([_smoothed(row.reshape(-1, 4)).reshape(-1) for row in rows])


def log_odds(codes: Codes, beside: NDArray[np.uint8], shares: NDArray[np.float64]) -> Odds:
    """Of each codon phase against not coding on this strand, (3, L), in nats.

    0 where one of the bases before is not known.

    Parameters
    ----------
    beside
        How likely is each phase of the other strand of a base that does not code on this one,
        (3, L), of :data:`BESIDE`.
    shares
        Of :meth:`BaseChain.shares`.
    """
    words, known = _words(codes)
    believed = (1 - _DOUBT) / BESIDE
    other = np.zeros(len(codes))
    outside = np.full(len(codes), 1 - _DOUBT + _DOUBT / 4)
    for phase in range(3):
        chance = believed * beside[phase]
        outside -= chance
        other += (chance + _DOUBT / 4) * shares[4 + phase, words]
    other += outside * shares[OUTSIDE, words]
    odds = np.log(shares[:OUTSIDE])[:, words]
    odds -= np.log(other, out=other)
    odds.clip(-_LARGEST, _LARGEST, out=odds)
    odds[:, ~known] = 0.0
    return odds


def _words(codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Base and those before it as one number, and whether all are known."""
    words = np.zeros(len(codes), np.int64)
    known = np.zeros(len(codes), bool)
    if len(codes) > ORDER:
        known[ORDER:] = True
        inner, inner_known = words[ORDER:], known[ORDER:]
        for first in range(ORDER + 1):
            bases = codes[first : len(codes) - ORDER + first]
            inner *= 4
            inner += bases & 3
            inner_known &= bases < N
    return words, known


def _complements() -> NDArray[np.int64]:
    """The word that stands on the other strand, of each."""
    words = np.arange(_WORDS)
    found = np.zeros(_WORDS, np.int64)
    for _ in range(ORDER + 1):
        found = 4 * found + 3 - words % 4
        words = words // 4
    return found


def _smoothed(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each base behind each word, of counts of shape (4 ** order, 4)."""
    lower = np.full((1, 4), 0.25)
    if len(counts) > 1:
        # The base furthest away is the first digit of a word.
        lower = np.tile(_smoothed(counts.reshape(4, -1, 4).sum(0)), (4, 1))
    shares = (counts + _PRIOR * lower) / (counts.sum(1, keepdims=True) + _PRIOR)
    return np.asarray(shares, np.float64)
