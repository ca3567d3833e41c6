"""Codon pairs of candidates' frames alone, one frame after another: a quarter of those of a genome.

What codon usage says of each start is a sum over them, and is summed anew in each round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.codon_sums import STEPS, in_steps, running_sums
from genoseq.genes.features import Usage
from genoseq.genes.layout import Positions

AROUND = 15
"""Codons around a start in which usage is looked at, once behind it and twice before."""
_KINDS = 65 * 65
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FramePairs:
    """Codon pairs of frames.

    Attributes
    ----------
    pairs
        Number of the pair that begins at each codon, see
        :func:`genoseq.genes.composition.pair_numbers`, shape (p,).
    at
        Index of the pair at each start, shape (m,).
    bounds
        Index of the first pair of each frame, and of that behind the last, shape (n + 1,).
    """

    pairs: NDArray[np.uint16]
    at: Positions
    bounds: Positions

    def counts(self, candidates: Candidates, chosen: Positions) -> tuple[Counts, Counts]:
        """How often each codon follows each, stop codons left out, both of shape (64, 64).

        Returns
        -------
        Of the chosen genes, and of the frames without one from their first starts on.
        """
        frame = candidates.frame[chosen]
        begins, of = self.at[candidates.first[:-1]], np.full(len(candidates), 2)
        begins[frame], of[frame] = self.at[chosen], 1
        kinds = np.zeros((len(candidates), 3), np.uint16)
        kinds[:, 1] = _KINDS * of
        ends = self.ends
        parts = np.stack([begins - self.bounds[:-1], ends - begins, self.bounds[1:] - ends], axis=1)
        numbers = self.pairs + np.repeat(kinds.reshape(-1), parts.reshape(-1))
        found = np.bincount(numbers, minlength=3 * _KINDS).reshape(3, 65, 65)
        genes, others = found[1:, :64, :64].astype(np.float64)
        return genes, others

    @property
    def ends(self) -> Positions:
        """Index behind the last pair of each frame that holds no stop codon, shape (n,)."""
        return self.bounds[1:] - 2

    def usage(self, candidates: Candidates, odds: NDArray[np.float64]) -> Usage:
        """Sums for all starts of the log-odds of codon pairs, (65, 65)."""
        sums = running_sums(in_steps(odds).reshape(-1)[self.pairs])
        at, ends = self.at, candidates.per_start(self.ends)
        far, before, here = (sums[at - codons] for codons in (2 * AROUND, AROUND, 0))
        behind = sums[np.minimum(at + AROUND, ends)]
        return Usage(
            (sums[ends] - here) / STEPS,
            (here - before) / STEPS,
            (before - far) / STEPS,
            (behind - here) / STEPS,
        )


def frame_pairs(pairs: NDArray[np.uint16], candidates: Candidates) -> FramePairs:
    """The pairs of candidates' frames, of those at each position of their layout."""
    flank = 2 * AROUND
    first = candidates.starts[candidates.first[:-1]] - 3 * flank
    counts = (candidates.ends - first) // 3
    bounds = np.concatenate([[0], np.cumsum(counts)])
    # Positions as running sums of steps: 3, or to the next frame.
    steps = np.full(int(bounds[-1]), 3)
    steps[bounds[:-1]] = np.diff(first, prepend=0) - 3 * np.concatenate([[0], counts[:-1] - 1])
    return FramePairs(
        pairs[np.cumsum(steps, out=steps)],
        (candidates.starts - candidates.per_start(first)) // 3 + candidates.per_start(bounds[:-1]),
        bounds,
    )
