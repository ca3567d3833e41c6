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
from genoseq.genes.shine_dalgarno import CLASSES, classes_of
from genoseq.genome.sequences import Codes

LEFT, RIGHT = 42, 18
"""bp before the first base of a start, and from it on, that a site has."""
PROMOTER = slice(0, 24)
"""Where a promoter's box lies within sites: 42 to 19 bp before the start of a leaderless gene."""
CLOSE = 40
"""A start follows closely behind the gene before if no more bp lie between (or they overlap)."""
_NEAR = 20
"""bp before the start that count as near; a promoter lies further away."""
_AT_ONCE = 1 << 11
"""Sites whose odds fit the processor's cache."""
FOLLOWERS = 5
"""Codons behind the start codon that are looked at."""
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
class ScoreOdds:
    """Log-odds of a start as a function of a score: straight lines between knots.

    A score that a model gives is not worth what it says where its background is not that of the
    genome's other candidates.
    """

    knots: Scores
    odds: Scores

    def of(self, scores: Scores) -> Scores:
        """Log-odds of scores, shape (m,)."""
        return np.interp(scores, self.knots, self.odds)


def score_odds(chosen: Scores, others: Scores, bins: int = 12) -> ScoreOdds:
    """What scores are worth, by how often chosen starts and others have them."""
    if len(chosen) < 10 * bins or len(others) < 10 * bins:
        return ScoreOdds(np.array([-1.0, 1.0]), np.array([-1.0, 1.0]))
    edges = np.unique(np.quantile(chosen, np.linspace(0, 1, bins + 1)[1:-1]).round(4))
    own = np.bincount(np.searchsorted(edges, chosen), minlength=len(edges) + 1)
    other = np.bincount(np.searchsorted(edges, others), minlength=len(edges) + 1)
    middles = np.concatenate([edges[:1] - 0.5, (edges[1:] + edges[:-1]) / 2, edges[-1:] + 0.5])
    return ScoreOdds(middles, _odds(own, other))


@dataclass(frozen=True, slots=True)
class Sites:
    """A model of start sites; log-odds in nats.

    Attributes
    ----------
    codon
        Of each start codon, shape (3,).
    positions
        Of each base at each position given the one before, for starts that do not follow closely
        and that do, shape (2, LEFT + RIGHT - 1, 5, 5).
    motif
        The motif with spacing.
    motif_odds
        What a score of the motif is worth.
    pairing
        Of each class of a match with the end of 16S rRNA, shape (CLASSES,).
    promoter, promoter_odds
        The same of starts that do not follow closely: box A of archaea.
    gaps
        Of each bin of the distance to the gene before.
    followers
        Of each codon as the second one of a gene, and as one of the third to the sixth, (2, 65).
    """

    codon: Scores
    positions: Scores
    motif: Motif
    motif_odds: ScoreOdds
    pairing: Scores
    promoter: Motif
    promoter_odds: ScoreOdds
    gaps: Scores
    followers: Scores

    def position_scores(self, windows: Codes, gap: Positions) -> Scores:
        """Sums of the odds of positions, of sites (m, LEFT + RIGHT): (3, m).

        Of those near before the start, of those far before it, and of the rest.
        """
        near = LEFT - _NEAR - 1  # the step to a base is one before the base
        parts = slice(near, LEFT - 1), slice(near), slice(LEFT - 1, None)
        table, found = self.positions.reshape(-1), np.empty((len(parts), len(windows)))
        close = np.where(gap <= CLOSE, len(table) // 2, 0).astype(np.int16)
        for begin in range(0, len(windows), _AT_ONCE):
            some = slice(begin, begin + _AT_ONCE)
            odds = table[step_numbers(windows[some]) + close[some, None]]
            for sums, part in zip(found, parts, strict=True):
                sums[some] = odds[:, part].sum(1)
        return found

    def motif_scores(self, windows: Codes) -> Scores:
        """Log-odds of a start by its motif, of sites (m, LEFT + RIGHT)."""
        return self.motif_odds.of(self.motif.scores(motif_windows(windows)))

    def pairing_scores(self, windows: Codes) -> Scores:
        """Log-odds of a start by its match with the end of 16S rRNA."""
        return np.asarray(self.pairing[classes_of(motif_windows(windows))], np.float64)

    def promoter_scores(self, windows: Codes, gap: Positions) -> Scores:
        """Log-odds of a start by the promoter before it; none of starts that follow closely."""
        odds = self.promoter_odds.of(self.promoter.scores(windows[:, PROMOTER]))
        return np.where(gap > CLOSE, odds, 0.0)

    def follower_scores(self, followers: NDArray[np.uint8]) -> Scores:
        """Log-odds of a start by the codons behind it, (m, FOLLOWERS)."""
        return np.asarray(
            self.followers[0][followers[:, 0]] + self.followers[1][followers[:, 1:]].sum(1)
        )


def site_windows(codes: Codes, starts: Positions) -> Codes:
    """Bases around starts, shape (m, LEFT + RIGHT); starts lie further from the array's ends."""
    return np.asarray(codes[starts[:, None] + np.arange(-LEFT, RIGHT)], np.uint8)


def motif_windows(windows: Codes) -> Codes:
    """The part of sites in which the motif is looked for."""
    return windows[:, LEFT - BEFORE : LEFT - UNTIL]


def learn_sites(
    windows: Codes,
    followers: NDArray[np.uint8],
    kind: NDArray[np.int8],
    gap: Positions,
    chosen: Positions,
    others: Positions,
) -> Sites:
    """What tells the chosen starts from others.

    Parameters
    ----------
    windows, followers, kind, gap
        Sites, codons behind, start codons and distances to the gene before of all starts.
    chosen, others
        Indices of the chosen starts and of other candidates in the same frames; edges in neither.
    """
    codon = _odds(
        np.bincount(kind[chosen], minlength=EDGE), np.bincount(kind[others], minlength=EDGE)
    )
    near = gap <= CLOSE
    counts = [
        [_counts(windows[each[near[each] == bool(context)]]) for each in (chosen, others)]
        for context in (0, 1)
    ]
    pooled = counts[0][0] + counts[1][0], counts[0][1] + counts[1][1]
    positions = np.zeros((2, LEFT + RIGHT - 1, 5, 5))
    for context, (own, other) in enumerate(counts):
        odds = _position_odds(own, pooled[0]) - _position_odds(other, pooled[1])
        positions[context, :, :4, :4] = odds
    positions[:, LEFT - 1 : LEFT + 2] = 0.0  # the start codon has its own odds
    motif = learn_motif(motif_windows(windows[chosen]), motif_windows(windows[others]))
    bins = len(_GAPS) + 1
    gaps = _odds(
        np.bincount(gap_bins(gap[chosen]), minlength=bins),
        np.bincount(gap_bins(gap[others]), minlength=bins),
    )
    scores = [motif.scores(motif_windows(windows[each])) for each in (chosen, others)]
    free = [windows[each[~near[each]]][:, PROMOTER] for each in (chosen, others)]
    promoter = learn_motif(free[0], free[1])
    worth = score_odds(promoter.scores(free[0]), promoter.scores(free[1]))
    behind = np.stack(
        [
            _follower_odds(followers[chosen, :1], followers[others, :1]),
            _follower_odds(followers[chosen, 1:], followers[others, 1:]),
        ]
    )
    motif_odds = score_odds(scores[0], scores[1])
    matches = [classes_of(motif_windows(windows[each])) for each in (chosen, others)]
    counts_of = [np.bincount(each, minlength=CLASSES) for each in matches]
    pairing = _drawn_odds(counts_of[0], counts_of[1], 20.0)
    return Sites(codon, positions, motif, motif_odds, pairing, promoter, worth, gaps, behind)


def _follower_odds(own: NDArray[np.uint8], other: NDArray[np.uint8]) -> Scores:
    """Log-odds of each codon; of one that is not known, or stops, there are none."""
    odds = _drawn_odds(
        np.bincount(own.reshape(-1), minlength=65), np.bincount(other.reshape(-1), minlength=65)
    )
    odds[64] = 0.0
    return odds


def _drawn_odds(own: NDArray[np.int64], other: NDArray[np.int64], weight: float = 60.0) -> Scores:
    """Log-odds of each class, drawn to none where few starts have it."""
    pooled = (other + 0.5) / (other + 0.5).sum()
    odds = np.log((own + weight * pooled) / (own.sum() + weight)) - np.log(pooled)
    return np.asarray(odds.round(4), np.float64)


def gap_bins(gap: Positions) -> NDArray[np.int64]:
    """Bin of each distance to the gene before."""
    return np.searchsorted(_GAPS, gap, side="right")


def _odds(counts: NDArray[np.int64], others: NDArray[np.int64]) -> Scores:
    own, other = counts + _PSEUDO, others + _PSEUDO
    odds = np.log(own / own.sum()) - np.log(other / other.sum())
    return np.asarray(odds.round(4), np.float64)


def step_numbers(windows: Codes) -> NDArray[np.int16]:
    """Number of each base and the one before it, by position: (m, bases) to (m, bases - 1)."""
    first = 25 * np.arange(windows.shape[1] - 1, dtype=np.int16)
    return np.asarray(first + np.uint8(5) * windows[:, :-1] + windows[:, 1:], np.int16)


def _counts(windows: Codes) -> NDArray[np.int64]:
    """How often each base follows each at each position, (positions, 4, 4)."""
    steps = windows.shape[1] - 1
    counts = np.bincount(step_numbers(windows).reshape(-1), minlength=25 * steps)
    return np.asarray(counts.reshape(steps, 5, 5)[:, :4, :4], np.int64)


def _position_odds(counts: NDArray[np.int64], pooled: NDArray[np.int64]) -> Scores:
    """log p(base | base before), drawn to the pooled one, and that to the base's frequency."""
    alone = pooled.sum(1, keepdims=True) + 1.0
    alone /= alone.sum(2, keepdims=True)
    mean = pooled + 20.0 * alone
    mean /= mean.sum(2, keepdims=True)
    own = counts + 20.0 * mean
    return np.asarray(np.log(own / own.sum(2, keepdims=True)).round(4), np.float64)
