"""What start codons, donors and acceptors look like: weight matrices that a genome teaches itself.

A matrix has, for each position around a site, the log-odds of each base at sites that genes use
against all sites of the kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes import branch_point
from genoseq.genes.codon_sums import in_steps
from genoseq.genes.layout import Positions
from genoseq.genes.spliced_events import SiteScores
from genoseq.genes.spliced_strand import SplicedStrand
from genoseq.genome.sequences import Codes, N

START, DONOR, ACCEPTOR = (-12, 6), (-3, 8), (-8, 2)
"""First and last position (exclusive) of the windows around a start codon's first base, an intron's
first, and the first behind an intron."""
FEWEST = 20
"""Sites of a kind that are enough to learn from."""
_PRIOR = 4.0
"""Sites of the background that are added to those counted."""
_SPLIT = (-12, 0)
"""Of a start codon that an intron splits only what is before it is looked at."""

Counts = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """Bases around sites: of start codons, donors and acceptors how often each is at each position,
    shapes (W, 4), and those before the acceptors as they are, shape (n, W)."""

    starts: Counts
    donors: Counts
    acceptors: Counts
    before: Codes


def count_sites(
    codes: Codes, starts: Positions, donors: Positions, acceptors: Positions
) -> SiteCounts:
    """Bases around sites of a strand."""
    return SiteCounts(
        _counts(windows(codes, starts, START)),
        _counts(windows(codes, donors, DONOR)),
        _counts(windows(codes, acceptors, ACCEPTOR)),
        windows(codes, acceptors, branch_point.BOUNDS),
    )


def windows(codes: Codes, positions: Positions, bounds: tuple[int, int]) -> Codes:
    """Bases around positions, shape (n, W); N beyond the ends."""
    low, high = bounds
    padded = np.concatenate([np.full(-low, N, np.uint8), codes, np.full(max(high, 0), N, np.uint8)])
    found: Codes = padded[positions[:, None] - low + np.arange(low, high)]
    return found


def _counts(found: Codes) -> Counts:
    return np.stack([(found == base).sum(0) for base in range(4)], 1).astype(np.float64)


@dataclass(frozen=True, slots=True)
class SiteMatrices:
    """Log-odds (nats) of bases around start codons, donors and acceptors, and of the branch
    point, (W, 5) each; 0 of N."""

    starts: Matrix
    donors: Matrix
    acceptors: Matrix
    branch_point: Matrix


def learn_matrices(used: SiteCounts, everywhere: SiteCounts) -> SiteMatrices:
    """Matrices from the sites that genes use and from all; zeros where too few are used."""
    return SiteMatrices(
        _matrix(used.starts, everywhere.starts),
        _matrix(used.donors, everywhere.donors),
        _matrix(used.acceptors, everywhere.acceptors),
        _branch_point(used.before, everywhere.before),
    )


def _branch_point(used: Codes, everywhere: Codes) -> Matrix:
    if len(used) < FEWEST:
        return np.zeros((branch_point.WIDTH, N + 1))
    counts = np.bincount(everywhere.ravel(), minlength=N + 1)[:N] + 1.0
    return branch_point.learn_branch_point(used, counts / counts.sum())


def _matrix(used: Counts, everywhere: Counts) -> Matrix:
    matrix = np.zeros((len(used), 5))
    if len(used) and used.sum(1).max() >= FEWEST:
        background = (everywhere + 1) / (everywhere + 1).sum(1, keepdims=True)
        counts = used + _PRIOR * background
        matrix[:, :4] = np.log(counts / counts.sum(1, keepdims=True) / background)
    return matrix


def matrix_scores(
    codes: Codes, positions: Positions, matrix: Matrix, bounds: tuple[int, int]
) -> NDArray[np.float64]:
    """Sum of the log-odds of the bases around positions, shape (n,)."""
    found = windows(codes, positions, bounds)
    rows = np.arange(len(matrix))
    total = np.zeros(len(positions))
    for row in rows:
        total += matrix[row, found[:, row]]
    return total


@dataclass(frozen=True, slots=True)
class SplicedWeights:
    """What the parts of a gene's score are worth; as they are best on yeast's chromosome XI.

    Attributes
    ----------
    content, introns
        Of a nat of the model's log-odds of coding, and of lying in an intron.
    start, donor, acceptor
        Of a nat of the matrices.
    gene, intron
        Nats that each gene and each intron costs.
    split
        Nats that a start codon costs which an intron splits.
    edge
        Nats that the end of a stretch costs instead of a start or stop.
    """

    content: float = 0.03
    introns: float = 0.01
    start: float = 1.0
    donor: float = 1.3
    acceptor: float = 1.3
    gene: float = 0.0
    intron: float = 5.0
    split: float = 4.0
    edge: float = 4.0


def score_sites(
    strand: SplicedStrand, matrices: SiteMatrices, weights: SplicedWeights
) -> SiteScores:
    """What each site of a strand is worth."""
    sites = strand.sites
    codes = strand.codes
    before = matrices.starts[: _SPLIT[1] - _SPLIT[0]]
    starts = weights.start * matrix_scores(codes, sites.starts, matrices.starts, START)
    donors = weights.donor * matrix_scores(codes, sites.donors, matrices.donors, DONOR)
    acceptors = weights.acceptor * (
        matrix_scores(codes, sites.acceptors, matrices.acceptors, ACCEPTOR)
        + branch_point.branch_point_odds(
            windows(codes, sites.acceptors, branch_point.BOUNDS), matrices.branch_point
        )
    )
    split = [
        weights.start * matrix_scores(codes, np.maximum(sites.donors - read, 0), before, _SPLIT)
        for read in (1, 2)
    ]
    return SiteScores(
        _steps(starts - weights.gene),
        _steps(donors - weights.intron),
        _steps(acceptors),
        _steps(np.array(split) - weights.gene - weights.split),
        int(_steps(np.array([-weights.edge - weights.gene / 2]))[0]),
    )


def _steps(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return in_steps(values).astype(np.int64)


def total_counts(found: Sequence[SiteCounts]) -> SiteCounts:
    """All of them together."""
    starts, donors, acceptors = (
        np.zeros((high - low, 4)) for low, high in (START, DONOR, ACCEPTOR)
    )
    low, high = branch_point.BOUNDS
    before = np.concatenate([np.zeros((0, high - low), np.uint8), *(each.before for each in found)])
    for each in found:
        starts, donors, acceptors = (
            starts + each.starts, donors + each.donors, acceptors + each.acceptors
        )  # fmt: skip
    return SiteCounts(starts, donors, acceptors, before)
