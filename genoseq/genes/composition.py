"""Codon usage of the genome at hand: what its genes say of a frame, and other frames do not.

A first-order chain of codons (each given the one before) learned from the chosen genes, against one
learned from open reading frames that were not chosen, which are mostly the shadows of genes in
their other frames.  And in-frame hexamers against those of the genome anywhere, which tell a gene
from what lies before it rather than from its shadows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.genetic_codes import UNKNOWN_CODON

_PRIOR = 8.0
"""Weight of a codon's own frequency beside the pairs that were counted."""
_LARGEST = 3.0
_AT_ONCE = 1 << 18


def chain_log_odds(genes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """log p(codon | codon before) of genes against that of others, of their counts; (65, 65)."""
    odds = np.zeros((65, 65))
    odds[:64, :64] = (np.log(_chain(genes)) - np.log(_chain(others))).clip(-_LARGEST, _LARGEST)
    return odds


def hexamer_log_odds(
    genes: NDArray[np.float64], background: NDArray[np.float64]
) -> NDArray[np.float64]:
    """log p(codon pair) in genes against that anywhere, of their counts, (64, 64); (65, 65)."""
    odds = np.zeros((65, 65))
    shares = [np.log((counts + 1.0) / (counts + 1.0).sum()) for counts in (genes, background)]
    odds[:64, :64] = (shares[0] - shares[1]).clip(-_LARGEST, _LARGEST)
    return odds


def anywhere(pairs: NDArray[np.uint16]) -> NDArray[np.float64]:
    """How often each codon follows each in whatever frame of both strands, shape (64, 64)."""
    counts = np.zeros(65 * 65)
    for begin in range(0, len(pairs), _AT_ONCE):  # each is counted as a number of 8 bytes
        counts += np.bincount(pairs[begin : begin + _AT_ONCE], minlength=len(counts))
    return counts.reshape(65, 65)[:64, :64].copy()


def _chain(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    single = counts.sum(0) + 1.0
    single /= single.sum()
    mixed = (counts + _PRIOR * single) / (counts.sum(1, keepdims=True) + _PRIOR)
    return np.asarray(mixed, np.float64)


def pair_numbers(numbers: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Number of the codon pair that begins at each position, shape (L,)."""
    pairs = np.full(len(numbers), 65 * UNKNOWN_CODON + UNKNOWN_CODON, np.uint16)
    if len(numbers) > 3:
        pairs[:-3] = numbers[:-3] * np.uint16(65) + numbers[3:]
    return pairs
