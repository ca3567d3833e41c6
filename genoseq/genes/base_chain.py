"""Which base follows which in genes, by codon phase: the frame as the genes at hand tell it.

A chain of order :data:`ORDER`, of each codon phase against any base of either strand, learned from
the bases of which the model is sure, and smoothed towards the next lower order.  The phases of such
chains are what FragGeneScan reads frames by (Rho et al., 2010, https://doi.org/10.1093/nar/gkq747).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.sequences import Codes, N

ORDER = 5
_PRIOR = 20.0
"""Weight of the next lower order."""
_LARGEST = 3.0
_KEYS = 4 ** (ORDER + 1)


def _counts() -> NDArray[np.int64]:
    return np.zeros((4, _KEYS), np.int64)


@dataclass
class BaseChain:
    """Counts of each base behind :data:`ORDER` others: of the three phases, and of all bases."""

    counts: NDArray[np.int64] = field(default_factory=_counts)

    def add(self, codes: Codes, phases: NDArray[np.int8]) -> None:
        """Count the bases of a strand, 5' to 3', (L,), of known codon phases, or -1."""
        keys, known = _keys(codes)
        self.counts[3] += np.bincount(keys[known], minlength=_KEYS)
        for phase in range(3):
            own = known & (phases == phase)
            self.counts[phase] += np.bincount(keys[own], minlength=_KEYS)

    def log_odds(self) -> NDArray[np.float64]:
        """Of each phase, by key, shape (3, 4096), in nats."""
        shares = [_smoothed(counts.reshape(-1, 4).astype(np.float64)) for counts in self.counts]
        odds = np.log(np.stack(shares[:3])) - np.log(shares[3])
        return np.asarray(odds.reshape(3, -1).clip(-_LARGEST, _LARGEST), np.float64)


def of_bases(codes: Codes, odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of each base, (3, L), 0 where one of the bases before it is not known."""
    keys, known = _keys(codes)
    return np.where(known, odds[:, keys], 0.0)


def _keys(codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Base and those before it as one number, and whether all are known."""
    keys = np.zeros(len(codes), np.int64)
    known = np.zeros(len(codes), bool)
    if len(codes) > ORDER:
        known[ORDER:] = True
        inner, inner_known = keys[ORDER:], known[ORDER:]
        for first in range(ORDER + 1):
            bases = codes[first : len(codes) - ORDER + first]
            inner *= 4
            inner += bases & 3
            inner_known &= bases < N
    return keys, known


def _smoothed(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each base behind each key of bases, of counts of shape (4 ** order, 4)."""
    lower = np.full((1, 4), 0.25)
    if len(counts) > 1:
        # The base furthest away is the first digit of a key.
        lower = np.tile(_smoothed(counts.reshape(4, -1, 4).sum(0)), (4, 1))
    shares = (counts + _PRIOR * lower) / (counts.sum(1, keepdims=True) + _PRIOR)
    return np.asarray(shares, np.float64)
