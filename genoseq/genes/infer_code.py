"""Which genetic code contigs have: whether TGA, or TAG, stands within what a model says is coding.

Where a codon stops, a frame that is coding before it is not coding behind it: within coding
stretches it is seen once in 5,000 to 50,000 codons, where a gene is broken, or genes follow in one
frame.  Where it stands for an amino acid it is seen once in some hundred.  Counts of either are
Poisson with a rate that differs from genome to genome, by a gamma distribution; the posterior of
codes follows by Bayes.  Code 25 has the stop codons of code 4, and is never inferred: whoever knows
that TGA is glycine says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.content import Values
from genoseq.genes.genetic_codes import codon_number, codon_numbers
from genoseq.genome.sequences import Codes, N, reverse_complement_codes

Counts = NDArray[np.int64]
"""Codons within coding stretches, and how many of them are TGA, and TAG; shape (..., 3)."""
Probabilities = NDArray[np.float64]
"""Of :data:`INFERRED`, shape (..., 3)."""

INFERRED = (11, 4, 15)
"""Codes that are told apart: both codons stop; TGA does not; TAG does not."""
PRIOR: Probabilities = np.array([0.949, 0.05, 0.001])
"""Probability of each code before anything is seen."""
_RARE = (1, 1.2e-4)
_USED = (4, 45e-4)
"""Shape, a whole number, and mean of the gamma distribution of the rate, where a codon stops and
where it does not.  Measured on genomes of 14 groups: 0.2 to 2.2, 42 to 72 per 10,000 codons."""
_FLANK = 9
"""Codons on either side that say whether a codon stands within a coding stretch; the nearest ones,
in which the model may have taken it for a stop, are left out."""
_CODING = 0.5
_GAP = 3 * (_FLANK + 3)
"""bp between contigs that are counted at once: coding stretches end there."""
_CHUNK_BASES = 1 << 19


class CodonCounter:
    """Counts the codons in frame within coding stretches of either strand, contig by contig.

    Short contigs are counted many at once.
    """

    def __init__(self) -> None:
        self._held: list[tuple[Codes, Values]] = []
        self._bases = 0
        self._counts: list[Counts] = [np.zeros((0, 3), np.int64)]

    def add(self, codes: Codes, values: Values) -> None:
        """Count a contig as well.

        Parameters
        ----------
        codes
            Its bases, shape (L,).
        values
            Probabilities of its states, shape (7, L); NaN where nothing is known.
        """
        self._held.append((codes, values))
        self._bases += len(codes)
        if self._bases >= _CHUNK_BASES:
            self._count()

    def counts(self) -> Counts:
        """Of each contig that was added, shape (n, 3)."""
        self._count()
        return np.concatenate(self._counts)

    def _count(self) -> None:
        held, self._held, self._bases = self._held, [], 0
        if not held:
            return
        gap = np.full(_GAP, N, np.uint8)
        codes = np.concatenate([part for each, _ in held for part in (each, gap)])
        starts = np.cumsum([0, *(len(each) + _GAP for each, _ in held[:-1])])
        counts = np.zeros((len(held), 3), np.int64)
        for reverse in (False, True):
            bases = reverse_complement_codes(codes) if reverse else codes
            at = _coding_codons([each for _, each in held], reverse)
            numbers = codon_numbers(bases)[at]
            owner = np.searchsorted(starts, len(codes) - 3 - at if reverse else at, "right") - 1
            for column, codon in enumerate((None, "TGA", "TAG")):
                those = owner if codon is None else owner[numbers == codon_number(codon)]
                counts[:, column] += np.bincount(those, minlength=len(held))
        self._counts.append(counts)


def _coding_codons(values: Sequence[Values], reverse: bool) -> NDArray[np.int64]:
    """First bases of codons that stand between two stretches that are coding in their frame.

    Parameters
    ----------
    values
        Of contigs, which follow one another with gaps behind them.
    reverse
        Whether codons of the reverse strand are asked for, at positions on it.
    """
    nothing = np.zeros(_GAP, np.float32)

    def phase(number: int) -> NDArray[np.float32]:
        state = number + (4 if reverse else 1)
        whole = np.concatenate([part for each in values for part in (each[state], nothing)])
        return whole[::-1] if reverse else whole

    # One after another, and in place: of a long contig each is large.
    coding = phase(0)[:-2] + phase(1)[1:-1]
    coding += phase(2)[2:]
    coding /= 3
    np.nan_to_num(coding, copy=False)
    return np.concatenate([3 * _within(coding[frame::3]) + frame for frame in range(3)])


def _within(coding: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Indices of the codons of a frame between two stretches that are coding in it."""
    sums = np.concatenate([[0.0], np.cumsum(coding, dtype=np.float64)])
    means = (sums[_FLANK:] - sums[:-_FLANK]) / _FLANK
    # means[i] is of the codons from i on; what lies next to a codon is left out.
    before, behind = means[: -(_FLANK + 3)], means[_FLANK + 3 :]
    found = np.flatnonzero((before > _CODING) & (behind > _CODING))
    return np.asarray(found + _FLANK + 1, np.int64)


def code_posterior(counts: Counts, prior: Probabilities = PRIOR) -> Probabilities:
    """Probability of each of :data:`INFERRED`.

    Parameters
    ----------
    counts
        Of contigs, (n, 3), or the sum of some, (3,).
    """
    codons = counts[..., 0]
    tga, tag = ([_log_probability(counts[..., i], codons, *rate) for rate in (_RARE, _USED)]
                for i in (1, 2))  # fmt: skip
    logs = np.stack([tga[0] + tag[0], tga[1] + tag[0], tga[0] + tag[1]], axis=-1) + np.log(prior)
    shares = np.exp(logs - logs.max(-1, keepdims=True))
    return np.asarray(shares / shares.sum(-1, keepdims=True), np.float64)


def _log_probability(count: Counts, codons: Counts, shape: int, rate: float) -> Probabilities:
    """log of a negative binomial: a Poisson whose rate is gamma, of that shape and mean."""
    mean = np.maximum(codons * rate, 1e-12)
    ways = sum((np.log1p(count / k) for k in range(1, shape)), np.zeros(np.shape(count)))
    return np.asarray(
        ways + shape * np.log(shape / (shape + mean)) + count * np.log(mean / (shape + mean))
    )
