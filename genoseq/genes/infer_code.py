"""Which genetic code contigs have: whether TGA, or TAG, stands within what a model says is coding.

Where a codon stops, a frame that is coding before it is not coding behind it: within coding
stretches it is seen once in 5,000 to 50,000 codons, where a gene is broken, or genes follow in one
frame.  Where it stands for an amino acid it is seen once in some hundred.  Counts of either are
Poisson with a rate that differs from genome to genome, by a gamma distribution; the posterior of
codes follows by Bayes.  Code 25 has the stop codons of code 4, and is never inferred: whoever knows
that TGA is glycine says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, lgamma, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.content import Values
from genoseq.genes.genetic_codes import codon_number, codon_numbers
from genoseq.genome.sequences import Codes, reverse_complement_codes

Counts = NDArray[np.int64]
"""How often each codon stands within coding stretches, by its number, shape (64,)."""

Coding = NDArray[np.floating[Any]]
"""How likely each codon codes in its frame, shape (n,)."""

PRIOR = {11: 0.949, 4: 0.05, 15: 0.001}
"""Probability of each code before anything is seen."""
_SENSE = {11: (), 4: ("TGA",), 15: ("TAG",)}
"""Stop codons of code 11 that stand for an amino acid."""
_RARE = (1.0, 1.2e-4)
_USED = (4.0, 45e-4)
"""Shape and mean of the gamma distribution of the rate, where a codon stops and where it does not.
Measured on genomes of 14 groups: 0.2 to 2.2, 42 to 72 per 10,000 codons of coding stretches."""
_FLANK = 9
"""Codons on either side that say whether a codon stands within a coding stretch; the nearest ones,
in which the model may have taken it for a stop, are left out."""
_CODING = 0.5


def coding_codons(codes: Codes, values: Values) -> Counts:
    """Count the codons that stand in frame within coding stretches of either strand.

    Parameters
    ----------
    codes
        Bases of a contig, shape (L,).
    values
        Probabilities of its states, shape (7, L); NaN where nothing is known.
    """
    counts = np.zeros(64, np.int64)
    reverse = reverse_complement_codes(codes)
    for bases, phases in ((codes, values[1:4]), (reverse, values[4:7, ::-1])):
        if len(bases) < 3 * (2 * _FLANK + 3):
            continue
        numbers = codon_numbers(bases)[:-2]
        coding = np.nan_to_num((phases[0, :-2] + phases[1, 1:-1] + phases[2, 2:]) / 3)
        for frame in range(3):
            own = numbers[frame::3][_within(coding[frame::3])]
            counts += np.bincount(own, minlength=65)[:64]
    return counts


def _within(coding: Coding) -> NDArray[np.int64]:
    """Indices of the codons of a frame between two stretches that are coding in it."""
    sums = np.concatenate([[0.0], np.cumsum(coding, dtype=np.float64)])
    means = (sums[_FLANK:] - sums[:-_FLANK]) / _FLANK
    # means[i] is of the codons from i on; what lies next to a codon is left out.
    before, behind = means[: -(_FLANK + 3)], means[_FLANK + 3 :]
    found = np.flatnonzero((before > _CODING) & (behind > _CODING))
    return np.asarray(found + _FLANK + 1, np.int64)


def code_posterior(counts: Counts, prior: Mapping[int, float] = PRIOR) -> dict[int, float]:
    """Probability of each genetic code.

    Parameters
    ----------
    counts
        Of :func:`coding_codons`, of one contig or the sum of some.
    prior
        By code.
    """
    codons = float(counts.sum())
    logs = {code: log(share) for code, share in prior.items()}
    for code in logs:
        for stop in ("TGA", "TAG"):
            shape, mean = _USED if stop in _SENSE[code] else _RARE
            logs[code] += _log_probability(int(counts[codon_number(stop)]), shape, mean * codons)
    largest = max(logs.values())
    total = sum(exp(each - largest) for each in logs.values())
    return {code: exp(each - largest) / total for code, each in logs.items()}


def _log_probability(count: int, shape: float, mean: float) -> float:
    """log of a negative binomial: a Poisson whose rate is gamma, of that shape and mean."""
    if mean == 0:
        return 0.0
    ways = lgamma(shape + count) - lgamma(shape) - lgamma(count + 1)
    return ways + shape * log(shape / (shape + mean)) + count * log(mean / (shape + mean))
