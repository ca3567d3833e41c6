"""What a genome teaches a network about itself: bases that are certain; all others are unknown.

Doubtful candidates, genes or not, are unknown on their bases on both strands: a network that is
taught short genes as background calls fewer of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.decode import Decoded
from genoseq.genes.layout import Layout
from genoseq.genes.start_table import confidence
from genoseq.genes.weights import DecoderWeights
from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.genome.sequences import N

NONE, FORWARD, REVERSE = 0, 1, 4
"""Labels: no gene, and the first codon phase of either strand; as in
:data:`genoseq.genes.state_values.STATES`."""
CERTAIN = 0.95
"""Genes of this ``conf`` at least are taught."""
HOPELESS = 0.02
"""Candidates of this ``conf`` at most are no genes."""
_START = 0.05
"""Starts that have this share of their frame at least may be the true one."""

Labels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SelfLabels:
    """Labels of a genome by its own genes.

    Attributes
    ----------
    contigs
        Of the bases of each contig, organism after organism, as they lie in their layouts, uint8
        of shape (length,).
    genes
        How many of the chosen genes are certain,
    chosen
        of how many.
    """

    contigs: tuple[Labels, ...]
    genes: int
    chosen: int

    @property
    def known(self) -> float:
        """Share of the bases that have a label."""
        bases = sum(map(len, self.contigs))
        return sum(int((one != UNKNOWN_LABEL).sum()) for one in self.contigs) / max(bases, 1)


def self_labels(organisms: Sequence[Decoded], weights: DecoderWeights) -> SelfLabels:
    """Labels of the contigs of all organisms, by what is certain of each."""
    found = [_labels_of(one, weights) for one in organisms]
    return SelfLabels(
        tuple(labels for one in found for labels in one.contigs),
        sum(one.genes for one in found),
        sum(one.chosen for one in found),
    )


def _labels_of(decoded: Decoded, weights: DecoderWeights) -> SelfLabels:
    """Certain genes from their last possible start on, certain background, and nothing else.

    Bases are unknown if a doubtful candidate lies on them, on either strand, from its first
    possible start on; if a certain gene may begin there; if two certain genes share them; or if
    they are N.
    """
    genome = decoded.genome
    candidates, layout = genome.candidates, genome.layout
    conf, _ = confidence(decoded, weights)
    chosen = np.zeros(len(candidates), bool)
    chosen[candidates.frame[decoded.chosen]] = True
    certain = chosen & (conf >= CERTAIN)
    outer, inner = _possible_starts(decoded)
    labels = np.full(layout.size, NONE, np.uint8)
    maybe = np.flatnonzero(certain | chosen | (conf > HOPELESS))
    low, high = layout.forward(candidates.starts[outer], candidates.ends)
    labels[_covered(low[maybe], high[maybe], layout.size) > 0] = UNKNOWN_LABEL
    low, high = layout.forward(candidates.starts[inner], candidates.ends)
    reverse = candidates.ends > layout.size
    taught = np.flatnonzero(certain)
    for start, end, back in zip(low[taught], high[taught], reverse[taught], strict=True):
        phases = np.arange(end - start) % 3
        labels[start:end] = REVERSE + phases[::-1] if back else FORWARD + phases
    labels[_covered(low[taught], high[taught], layout.size) > 1] = UNKNOWN_LABEL
    labels[layout.codes[: layout.size] == N] = UNKNOWN_LABEL
    contigs = tuple(_of_contig(labels, layout, index) for index in range(len(layout.contigs)))
    return SelfLabels(contigs, int(certain.sum()), int(chosen.sum()))


def _of_contig(labels: Labels, layout: Layout, index: int) -> Labels:
    """Labels of the bases of a contig; what lies beyond the last one of a circle is its first."""
    offset, length = int(layout.offsets[index]), layout.contigs[index].length
    own = labels[offset : offset + length].copy()
    beyond = labels[offset + length : offset + int(layout.extents[index])][:length]
    first = own[: len(beyond)]
    both = (first != NONE) & (beyond != NONE) & (first != beyond)
    own[: len(beyond)] = np.where(both, UNKNOWN_LABEL, np.where(first == NONE, beyond, first))
    return own


def _possible_starts(decoded: Decoded) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Index of the first and of the last start of each frame that may be the true one, (n,)."""
    candidates, last = decoded.genome.candidates, decoded.last
    possible = np.exp(last.log_shares) >= _START
    possible[last.top] = True
    possible[decoded.chosen] = True
    index = np.arange(len(possible))
    first = candidates.first[:-1]
    if not len(first):
        return first, first
    outer = np.minimum.reduceat(np.where(possible, index, len(index)), first)
    return outer, np.maximum.reduceat(np.where(possible, index, -1), first)


def _covered(low: NDArray[np.int64], high: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """How many of some intervals lie on each base, shape (size,)."""
    changes = np.bincount(low, minlength=size + 1) - np.bincount(high, minlength=size + 1)
    return np.cumsum(changes[:size])
