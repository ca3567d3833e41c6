"""Contigs of one composition: what an assembly of many organisms is taken apart into.

Each organism teaches its own codon usage and start sites, so its contigs have to be together and
those of others apart.  Frequencies of tetranucleotides, either strand alike, tell organisms apart
(Teeling et al., 2004, https://doi.org/10.1186/1471-2105-5-163).  Long contigs are cut into
stretches of some 10 kb; these are split in two again and again, and what does not differ clearly
is joined again, nearest first.  Then every contig, short ones as well, joins the group whose
composition explains it best.  The replicons and islands of one organism stay together; what is left
in one group by mistake is called as it would be without groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.sequences import Codes, N

Matrix = NDArray[np.float64]

_STRETCH = 10_000
"""bp of a stretch; a contig of half as many is one."""
_LEAST = 30
"""Stretches of a group at least: 300 kb, from which start sites can be learned."""
_PARTS = 256
"""Parts, about, into which stretches are split before parts are joined again."""
_APART = 7.0
"""Difference of the means of two parts in standard deviations, along the line between them, on
average of those of two groups.  It has to be more than that of the parts of one genome."""


def group_contigs(contigs: Sequence[Codes]) -> NDArray[np.int64]:
    """Number of the group of each contig, from 0 on, by the order of their first contigs.

    Parameters
    ----------
    contigs
        Bases of each, shape (L,).
    """
    found = [_stretches(codes) for codes in contigs]
    stretches = np.array([each for own in found for each in own]).reshape(-1, 136)
    # In an order of their own, so that the contigs' does not show in any rounding.
    stretches = stretches[np.lexsort(stretches.T)]
    if len(stretches) < 2 * _LEAST:
        return np.zeros(len(contigs), np.int64)
    parts = _joined(_split(np.sqrt(stretches / stretches.sum(1, keepdims=True))))
    if len(parts) == 1:
        return np.zeros(len(contigs), np.int64)
    pooled = np.array([stretches[part].sum(0) for part in parts]) + 1.0
    counts = np.array([tetranucleotides(codes) for codes in contigs])
    nearest = (counts @ np.log(pooled / pooled.sum(1, keepdims=True)).T).argmax(1)
    _, first, group = np.unique(nearest, return_index=True, return_inverse=True)
    return np.asarray(first.argsort().argsort()[group], np.int64)


def tetranucleotides(codes: Codes) -> NDArray[np.int64]:
    """How often each tetranucleotide, or its reverse complement, is in a contig: (136,)."""
    if len(codes) < 4:
        return np.zeros(136, np.int64)
    numbers = np.zeros(len(codes) - 3, np.int16)
    known = np.ones(len(numbers), bool)
    for offset in range(4):
        base = codes[offset : offset + len(numbers)]
        numbers = 4 * numbers + base
        known &= base < N
    counts = np.bincount(numbers[known], minlength=256)
    return np.bincount(_EITHER_STRAND, weights=counts, minlength=136).astype(np.int64)


def _either_strand() -> NDArray[np.int64]:
    """Number from 0 to 135 of each tetranucleotide: it and its reverse complement have the same."""
    forward = np.arange(256)
    reverse = sum((3 - forward // 4**digit % 4) * 4 ** (3 - digit) for digit in range(4))
    return np.unique(np.minimum(forward, reverse), return_inverse=True)[1]


_EITHER_STRAND = _either_strand()


def _stretches(codes: Codes) -> list[NDArray[np.int64]]:
    """Tetranucleotides of equal stretches of a contig, none of a short one."""
    if len(codes) < _STRETCH // 2:
        return []
    number = max(1, len(codes) // _STRETCH)
    edges = np.linspace(0, len(codes), number + 1).astype(np.int64)
    found = [tetranucleotides(codes[a:b]) for a, b in pairwise(edges)]
    return [counts for counts in found if counts.sum() >= _STRETCH // 4]


def _split(profiles: Matrix) -> list[_Part]:
    """Parts of profiles, (n, 136), of :data:`_LEAST` or more each."""
    least = max(_LEAST, len(profiles) // _PARTS)
    done: list[_Part] = []
    waiting = [np.arange(len(profiles))]
    while waiting:
        rows = waiting.pop()
        halves = _halves(profiles[rows]) if len(rows) >= 2 * least else None
        sizes = (0, 0) if halves is None else (int(halves.sum()), int((~halves).sum()))
        if halves is None or min(sizes) < least:
            done.append(_part(rows, profiles[rows]))
        else:
            waiting += [rows[halves], rows[~halves]]
    return done


def _halves(profiles: Matrix, rounds: int = 20) -> NDArray[np.bool_]:
    """Which profiles are in the first of two clusters: 2-means, begun along the longest axis."""
    centred = profiles - profiles.mean(0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    first = centred @ axis > 0
    for _ in range(rounds):
        if first.all() or not first.any():
            break
        one, other = centred[first].mean(0), centred[~first].mean(0)
        moved = centred @ (one - other) > ((one + other) / 2) @ (one - other)
        if (moved == first).all():
            break
        first = moved
    return np.asarray(first)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some stretches: which, and the mean and covariance of their profiles."""

    rows: NDArray[np.int64]
    mean: Matrix
    covariance: Matrix


def _part(rows: NDArray[np.int64], profiles: Matrix) -> _Part:
    centred = profiles - profiles.mean(0)
    return _Part(rows, profiles.mean(0), centred.T @ centred / len(rows))


def _difference(one: _Part, other: _Part) -> float:
    """How far apart two parts are along the line between their means, in standard deviations."""
    axis = one.mean - other.mean
    distance = float(np.sqrt(axis @ axis))
    if distance == 0:
        return 0.0
    axis = axis / distance
    variance = float(axis @ (one.covariance + other.covariance) @ axis) / 2
    return distance / float(np.sqrt(max(variance, 1e-12)))


def _joined(parts: Sequence[_Part]) -> list[NDArray[np.int64]]:
    """Join the two nearest groups of parts until all differ clearly; which stretches each has.

    Groups are as far apart as their parts are on average (UPGMA).  A group's own spread is left out
    of it: islands are alike in many organisms, and by one wide group all others would be joined.
    """
    groups = [part.rows for part in parts]
    apart = np.full((len(parts), len(parts)), np.inf)
    for one, other in combinations(range(len(parts)), 2):
        apart[one, other] = apart[other, one] = _difference(parts[one], parts[other])
    while apart.min() < _APART:
        kept, gone = sorted(divmod(int(apart.argmin()), len(groups)))
        sizes = np.array([len(groups[kept]), len(groups[gone])])
        apart[kept] = apart[:, kept] = sizes @ apart[[kept, gone]] / sizes.sum()
        groups[kept] = np.concatenate([groups[kept], groups[gone]])
        apart = np.delete(np.delete(apart, gone, 0), gone, 1)
        del groups[gone]
    return groups
