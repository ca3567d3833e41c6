"""What start codons, donors and acceptors look like: weight matrices that a genome teaches itself.

A matrix has, for each position around a site, the log-odds of each base at sites that genes use
against all sites of the kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.codon_sums import in_steps
from genoseq.genes.layout import Positions
from genoseq.genes.spliced_events import SiteScores
from genoseq.genes.spliced_strand import SplicedStrand
from genoseq.genome.sequences import Codes, N

START, DONOR, ACCEPTOR = (-12, 6), (-3, 8), (-20, 3)
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
    """Bases around sites, shapes (W, 4): those of start codons, donors and acceptors."""

    starts: Counts
    donors: Counts
    acceptors: Counts

    def __add__(self, other: SiteCounts) -> SiteCounts:
        return SiteCounts(
            self.starts + other.starts,
            self.donors + other.donors,
            self.acceptors + other.acceptors,
        )


def count_sites(
    strand: SplicedStrand, starts: Positions, donors: Positions, acceptors: Positions
) -> SiteCounts:
    """Bases around sites of a strand."""
    return SiteCounts(
        _counts(windows(strand.codes, starts, START)),
        _counts(windows(strand.codes, donors, DONOR)),
        _counts(windows(strand.codes, acceptors, ACCEPTOR)),
    )


def windows(codes: Codes, positions: Positions, bounds: tuple[int, int]) -> Codes:
    """Bases around positions, shape (n, W); N beyond the ends."""
    low, high = bounds
    padded = np.concatenate([np.full(-low, N, np.uint8), codes, np.full(high, N, np.uint8)])
    found: Codes = padded[positions[:, None] - low + np.arange(low, high)]
    return found


def _counts(found: Codes) -> Counts:
    return np.stack([(found == base).sum(0) for base in range(4)], 1).astype(np.float64)


@dataclass(frozen=True, slots=True)
class SiteMatrices:
    """Log-odds (nats) of bases around start codons, donors and acceptors, (W, 5) each; 0 of N."""

    starts: Matrix
    donors: Matrix
    acceptors: Matrix


def learn_matrices(used: SiteCounts, everywhere: SiteCounts) -> SiteMatrices:
    """Matrices from the sites that genes use and from all; zeros where too few are used."""
    pairs = (
        (used.starts, everywhere.starts),
        (used.donors, everywhere.donors),
        (used.acceptors, everywhere.acceptors),
    )
    return SiteMatrices(*(_matrix(one, other) for one, other in pairs))


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
    """What the parts of a gene's score are worth.

    Attributes
    ----------
    content
        Of a nat of the model's log-odds.
    start, donor, acceptor
        Of a nat of the matrices.
    gene, intron
        Nats that each gene and each intron costs.
    split
        Nats that a start codon costs which an intron splits.
    edge
        Nats that the end of a stretch costs instead of a start or stop.
    """

    content: float = 0.3
    start: float = 1.0
    donor: float = 1.0
    acceptor: float = 1.0
    gene: float = 8.0
    intron: float = 4.0
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
    acceptors = weights.acceptor * matrix_scores(
        codes, sites.acceptors, matrices.acceptors, ACCEPTOR
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
    empty = (np.zeros((high - low, 4)) for low, high in (START, DONOR, ACCEPTOR))
    return sum(found, SiteCounts(*empty))
