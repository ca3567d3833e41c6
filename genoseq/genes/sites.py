"""Start sites of the genome at hand: what tells its starts from other start codons in its genes.

All is learned from the chosen genes, against the other candidates of the same frames, and once more
in each round: how often each start codon starts, the motif, the bases at each position around, and
how far from the gene before genes begin.  Positions are learned apart for genes that follow closely
behind another one on their strand, and for those that do not: in archaea and many bacteria the
former have a Shine-Dalgarno motif and the latter a promoter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.genetic_codes import EDGE
from genoseq.genes.layout import Positions
from genoseq.genes.motif import BEFORE, UNTIL, Motif, learn_motif
from genoseq.genome.sequences import Codes

LEFT, RIGHT = 30, 18
"""bp before the first base of a start, and from it on, that a site has."""
CLOSE = 40
"""A start follows closely behind the gene before if no more bp lie between (or they overlap)."""
NO_GENE = 10_000
"""Distance to the gene before where there is none near."""
_GAPS = np.array(
    [
        -60,
        -35,
        -20,
        -14,
        -8,
        -7,
        -4,
        -3,
        -1,
        0,
        4,
        8,
        12,
        16,
        20,
        25,
        30,
        40,
        60,
        90,
        150,
        300,
        1000,
    ]
)
_PSEUDO = 2.0

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sites:
    """A model of start sites; log-odds in nats.

    Attributes
    ----------
    codon
        Of each start codon, shape (3,).
    positions
        Of each base at each position, for starts that do not follow closely and that do, shape
        (2, LEFT + RIGHT, 5).
    motif
        The motif with spacing.
    gaps
        Of each bin of the distance to the gene before.
    """

    codon: Scores
    positions: Scores
    motif: Motif
    gaps: Scores


def site_windows(codes: Codes, starts: Positions) -> Codes:
    """Bases around starts, shape (m, LEFT + RIGHT); starts lie further from the array's ends."""
    return np.asarray(codes[starts[:, None] + np.arange(-LEFT, RIGHT)], np.uint8)


def motif_windows(windows: Codes) -> Codes:
    """The part of sites in which the motif is looked for."""
    return windows[:, LEFT - BEFORE : LEFT - UNTIL]


def learn_sites(
    windows: Codes, kind: NDArray[np.int8], gap: Positions, chosen: Positions, others: Positions
) -> Sites:
    """What tells the chosen starts from others.

    Parameters
    ----------
    windows, kind, gap
        Sites, start codons and distances to the gene before of all starts.
    chosen, others
        Indices of the chosen starts and of other candidates in the same frames; edges in neither.
    """
    codon = _odds(
        np.bincount(kind[chosen], minlength=EDGE), np.bincount(kind[others], minlength=EDGE)
    )
    near = gap <= CLOSE
    pooled = _counts(windows[chosen]), _counts(windows[others])
    positions = np.zeros((2, LEFT + RIGHT, 5))
    for context in (0, 1):
        own = _counts(windows[chosen[near[chosen] == bool(context)]])
        other = _counts(windows[others[near[others] == bool(context)]])
        positions[context, :, :4] = _position_odds(own, pooled[0]) - _position_odds(
            other, pooled[1]
        )
    positions[:, LEFT : LEFT + 3] = 0.0  # the start codon has its own odds
    motif = learn_motif(motif_windows(windows[chosen]), motif_windows(windows[others]))
    bins = len(_GAPS) + 1
    gaps = _odds(
        np.bincount(gap_bins(gap[chosen]), minlength=bins),
        np.bincount(gap_bins(gap[others]), minlength=bins),
    )
    return Sites(codon, positions, motif, gaps)


def gap_bins(gap: Positions) -> NDArray[np.int64]:
    """Bin of each distance to the gene before."""
    return np.searchsorted(_GAPS, gap, side="right")


def _odds(counts: NDArray[np.int64], others: NDArray[np.int64]) -> Scores:
    own, other = counts + _PSEUDO, others + _PSEUDO
    odds = np.log(own / own.sum()) - np.log(other / other.sum())
    return np.asarray(odds.round(4), np.float64)


def _counts(windows: Codes) -> NDArray[np.int64]:
    """How often each base stands at each position, (positions, 4)."""
    return np.stack([(windows == base).sum(0) for base in range(4)], axis=1)


def _position_odds(counts: NDArray[np.int64], pooled: NDArray[np.int64]) -> Scores:
    """log p(base) at each position, drawn to the pooled frequency where there is little to see."""
    mean = (pooled + 1.0) / (pooled + 1.0).sum(1, keepdims=True)
    own = counts + 40.0 * mean
    return np.asarray(np.log(own / own.sum(1, keepdims=True)).round(4), np.float64)
