"""What the decoder's weights are given: numbers of each start, and of each open reading frame."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.content import BEFORE, PROFILE
from genoseq.genes.genetic_codes import EDGE
from genoseq.genes.layout import Positions
from genoseq.genes.neighbours import FrameNeighbours, StartNeighbours
from genoseq.genes.sites import Sites, gap_bins

if TYPE_CHECKING:
    from genoseq.genes.prepare import Genome

Matrix = NDArray[np.float64]

START_FEATURES = (
    "content",
    *(f"content, codons {low} to {high}" for low, high in pairwise(PROFILE)),
    *(f"not coding, codons {low} to {high}" for low, high in pairwise(BEFORE)),
    "coding before", "start codon", "motif", "pairing", "positions before, near",
    "positions before, far",
    "positions behind", "chain", "chain before", "chain behind", "hexamers", "hexamers before",
    "hexamers far before", "hexamers behind", "codons behind", "promoter",
    "gap to the gene before", "overlap on the other strand", "edge", "rank", "longest", "length",
    "passed",
)  # fmt: skip
SITE_FEATURES = (
    "motif", "pairing", "positions before, near", "positions before, far", "positions behind",
    "codons behind", "promoter", "gap to the gene before",
)  # fmt: skip
"""Those that the genome at hand teaches of its start sites, but for the start codon."""
EVIDENCE = (
    SITE_FEATURES,
    ("start codon",),
    tuple(name for name in START_FEATURES if name.startswith(("content", "not coding", "coding"))),
    tuple(name for name in START_FEATURES if name.startswith(("chain", "hexamers"))),
)
"""Features by where they come from: sites, start codon, the network, codon usage.  The others say
where a start lies in its frame and among genes."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A sum over codon pairs for starts, in nats.

    Attributes
    ----------
    whole
        Of the whole candidate.
    before, far_before
        Of the last 45 bp before the start, and of the 45 before those.
    behind
        Of the first 45 bp.
    """

    whole: NDArray[np.float64]
    before: NDArray[np.float64]
    far_before: NDArray[np.float64]
    behind: NDArray[np.float64]


def start_features(
    genome: Genome,
    chain: Usage,
    hexamers: Usage,
    neighbours: StartNeighbours,
    sites: Sites,
) -> Matrix:
    """The columns of :data:`START_FEATURES`, shape (m, 39)."""
    candidates, content = genome.candidates, genome.content
    kind = candidates.kind
    edge = kind == EDGE
    before_near, before_far, behind = sites.position_scores(genome.windows, neighbours.gap)
    codon = np.concatenate([sites.codon, [0.0]])[kind]
    rank = np.arange(len(kind)) - candidates.per_start(candidates.first[:-1])
    length = candidates.per_start(candidates.ends) - candidates.starts
    sited = ~edge
    return np.stack(
        [
            content.whole,
            *content.profile.T,
            *content.nothing.T,
            content.other,
            codon,
            sites.motif_scores(genome.windows) * sited,
            sites.pairing_scores(genome.windows) * sited,
            before_near * sited,
            before_far * sited,
            behind * sited,
            chain.whole,
            chain.before,
            chain.behind,
            hexamers.whole,
            hexamers.before,
            hexamers.far_before,
            hexamers.behind,
            sites.follower_scores(genome.followers) * sited,
            sites.promoter_scores(genome.windows, neighbours.gap) * sited,
            sites.gaps[gap_bins(neighbours.gap)],
            neighbours.across / 30,
            edge.astype(np.float64),
            np.log1p(rank),
            (rank == 0).astype(np.float64),
            np.log(length / 300),
            genome.passed,
        ],
        axis=1,
    )


GENE_FEATURES = (
    "content", "content, coarse", "content per codon", "content, relative", "best content",
    "chain", "chain, coarse", "chain per codon", "chain, relative", "hexamers",
    "hexamers per codon", "best hexamers", "length", "motif",
    "start codon", "positions before, near", "positions before, far", "positions behind",
    "content behind, far", "content before, far", "coding before", "chain behind", "surest start",
    "open at 5'", "open at 3'",
)  # fmt: skip
CONTEXT_FEATURES = (
    "covered", "same strand before", "gap before", "overlap before", "same strand behind",
    "gap behind", "overlap behind",
)  # fmt: skip


def gene_features(
    genome: Genome,
    starts: Matrix,
    top: Positions,
    surest: NDArray[np.float64],
    typical: tuple[float, float],
) -> Matrix:
    """The columns of :data:`GENE_FEATURES`, shape (n, 25).

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
    candidates, content_of = genome.candidates, genome.content
    best = starts[top]
    column = {name: best[:, index] for index, name in enumerate(START_FEATURES)}
    codons = np.exp(column["length"]) * 100
    content, chain, hexamers = column["content"], column["chain"], column["hexamers"]
    best_hexamers = candidates.largest(starts[:, START_FEATURES.index("hexamers")])
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
            np.clip(hexamers, -60, 60) / 10,
            hexamers / codons * 10,
            np.clip(best_hexamers, -60, 60) / 10,
            column["length"],
            column["motif"],
            column["start codon"],
            column["positions before, near"],
            column["positions before, far"],
            column["positions behind"],
            content_of.stretch(0, 15)[top] / 50,
            content_of.stretch(-15, 0)[top] / 50,
            column["coding before"],
            column["chain behind"],
            surest,
            candidates.open_5prime & (column["edge"] > 0),
            candidates.open_3prime,
        ],
        axis=1,
    ).astype(np.float64)


def shortness(genes: Matrix) -> NDArray[np.float64]:
    """How often 150 bp are halved until they are as long as a frame, (n,); 0 of longer ones.

    In ``conf`` of genes that are as short as that the network alone says too much.

    Parameters
    ----------
    genes
        :func:`gene_features`, or these and :func:`context_features`.
    """
    halved = -1 - genes[:, GENE_FEATURES.index("length")] / np.log(2)  # the length is by 300 bp
    return np.asarray(halved.clip(0, None), np.float64)


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
