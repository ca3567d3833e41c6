"""What the decoder's weights are given: numbers of each start, and of each open reading frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.content import Content
from genoseq.genes.genetic_codes import EDGE
from genoseq.genes.layout import Positions
from genoseq.genes.neighbours import FrameNeighbours, StartNeighbours
from genoseq.genes.sites import CLOSE, LEFT, Sites, base_numbers, gap_bins
from genoseq.genome.sequences import Codes

Matrix = NDArray[np.float64]

START_FEATURES = (
    "content", "content before, near", "content before, far", "content behind, near",
    "content behind, far", "coding before", "start codon", "motif", "positions before, near",
    "positions before, far", "positions behind", "chain", "chain before", "chain behind",
    "codons behind", "promoter", "gap to the gene before", "overlap on the other strand", "edge",
    "rank", "longest", "length",
)  # fmt: skip
_NEAR_POSITIONS = 20
"""bp before the start that count as near; a promoter lies further away."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Codon usage of starts, in nats: of the whole candidate, and of 45 bp on either side."""

    whole: NDArray[np.float64]
    before: NDArray[np.float64]
    behind: NDArray[np.float64]


def start_features(
    candidates: Candidates,
    content: Content,
    usage: Usage,
    windows: Codes,
    followers: NDArray[np.uint8],
    neighbours: StartNeighbours,
    sites: Sites,
) -> Matrix:
    """The columns of :data:`START_FEATURES`, shape (m, 22)."""
    kind = candidates.kind
    edge = kind == EDGE
    near = neighbours.gap <= CLOSE
    numbers = base_numbers(windows)
    odds = np.empty(numbers.shape)
    for context, those in enumerate((~near, near)):
        odds[those] = sites.positions[context].reshape(-1)[numbers[those]]
    codon = np.concatenate([sites.codon, [0.0]])[kind]
    rank = np.arange(len(kind)) - candidates.per_start(candidates.first[:-1])
    length = candidates.per_start(candidates.ends) - candidates.starts
    sited = ~edge
    return np.stack(
        [
            content.whole,
            content.near_before,
            content.far_before,
            content.near_behind,
            content.far_behind,
            content.other,
            codon,
            sites.motif_scores(windows) * sited,
            odds[:, LEFT - _NEAR_POSITIONS : LEFT].sum(1) * sited,
            odds[:, : LEFT - _NEAR_POSITIONS].sum(1) * sited,
            odds[:, LEFT:].sum(1) * sited,
            usage.whole,
            usage.before,
            usage.behind,
            sites.follower_scores(followers) * sited,
            sites.promoter_scores(windows, neighbours.gap) * sited,
            sites.gaps[gap_bins(neighbours.gap)],
            neighbours.across / 30,
            edge.astype(np.float64),
            np.log1p(rank),
            (rank == 0).astype(np.float64),
            np.log(length / 300),
        ],
        axis=1,
    )


GENE_FEATURES = (
    "content", "content, coarse", "content per codon", "content, relative", "best content",
    "chain", "chain, coarse", "chain per codon", "chain, relative", "length", "motif",
    "start codon", "positions before, near", "positions before, far", "positions behind",
    "content behind, far", "content before, far", "coding before", "chain behind", "surest start",
    "open at 5'", "open at 3'",
)  # fmt: skip
CONTEXT_FEATURES = (
    "covered", "same strand before", "gap before", "overlap before", "same strand behind",
    "gap behind", "overlap behind",
)  # fmt: skip


def gene_features(
    candidates: Candidates,
    starts: Matrix,
    top: Positions,
    surest: NDArray[np.float64],
    typical: tuple[float, float],
) -> Matrix:
    """The columns of :data:`GENE_FEATURES`, shape (n, 22).

    Parameters
    ----------
    starts
        :func:`start_features` of all starts.
    top
        Index of the best start of each frame, shape (n,).
    surest
        Its probability among the starts of the frame, shape (n,).
    typical
        Content and chain per codon of the genome's surest genes.
    """
    best = starts[top]
    column = {name: best[:, index] for index, name in enumerate(START_FEATURES)}
    codons = np.exp(column["length"]) * 100
    content, chain = column["content"], column["chain"]
    return np.stack(
        [
            np.clip(content, -100, 100) / 10,
            np.clip(content, -1000, 1000) / 100,
            content / codons,
            content / codons / typical[0],
            np.clip(candidates.largest(starts[:, 0]), -100, 100) / 10,
            np.clip(chain, -30, 30) / 10,
            np.clip(chain, -300, 300) / 30,
            chain / codons * 10,
            chain / codons / typical[1],
            column["length"],
            column["motif"],
            column["start codon"],
            column["positions before, near"],
            column["positions before, far"],
            column["positions behind"],
            column["content behind, far"] / 50,
            column["content before, far"] / 50,
            column["coding before"],
            column["chain behind"],
            surest,
            candidates.open_5prime & (column["edge"] > 0),
            candidates.open_3prime,
        ],
        axis=1,
    ).astype(np.float64)


def context_features(neighbours: FrameNeighbours) -> Matrix:
    """The columns of :data:`CONTEXT_FEATURES`, shape (n, 7)."""
    columns = [neighbours.covered]
    for side in (neighbours.before, neighbours.behind):
        columns += [
            side.same.astype(np.float64),
            np.log1p(np.clip(side.gap, 0, 1000)) / 3,
            np.clip(-side.gap, 0, 300) / 50,
        ]
    return np.stack(columns, axis=1).astype(np.float64)
