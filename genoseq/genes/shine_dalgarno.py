"""Pairing with the end of 16S rRNA: classes of words before starts by how they match AGGAGG.

A motif that is learned has the mean of a genome's sites, and little to say of the few that match
well.  How long the match is, and at what distance, are classes here, and each is worth what the
genome's own starts say of it (as in Prodigal: Hyatt et al. 2010, BMC Bioinformatics 11:119).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.motif import BEFORE, WIDTH, word_numbers
from genoseq.genome.sequences import Codes, encode

MOTIF = b"AGGAGG"
_SHORTEST = 3
"""bp of a match at least; of one with a mismatch inside, two more."""
_MISMATCH = 5
"""What a mismatch costs, where a base is worth 2 and a G 3."""
_GROUPS = ((5, 10), (11, 12), (3, 4))
"""bp between the whole motif's place and the start, best ones first; others come last."""
CLASSES = 4 * (2 * WIDTH + MOTIF.count(b"G") + 1)


def classes_of(windows: Codes) -> NDArray[np.int64]:
    """Class of the best match of each window before a start, (m, bases) to (m,).

    Parameters
    ----------
    windows
        As of :func:`genoseq.genes.sites.motif_windows`.
    """
    words = word_numbers(windows)
    spacing = BEFORE - WIDTH - np.arange(words.shape[1])
    group = np.zeros(words.shape[1], np.int8)
    for rank, (least, most) in enumerate(reversed(_GROUPS), 1):
        group[(spacing >= least) & (spacing <= most)] = rank
    strength = _strengths()[words]
    return np.asarray(np.where(strength > 0, 4 * strength + group, 0).max(1), np.int64)


@cache
def _strengths() -> NDArray[np.int8]:
    """Strength of the best match within each word in the motif's place, shape (5 ** WIDTH,)."""
    motif = encode(MOTIF)
    bases = np.arange(5**WIDTH)[:, None] // 5 ** np.arange(WIDTH)[::-1] % 5
    same = bases == motif
    worth = np.where(motif == encode(b"G")[0], 3, 2)
    best = np.zeros(5**WIDTH, np.int8)
    for first in range(WIDTH):
        for last in range(first + _SHORTEST, WIDTH + 1):
            part = same[:, first:last]
            missed = (~part).sum(1)
            ends = part[:, 0] & part[:, -1]
            found = (missed == 0) | ((missed == 1) & ends & (last - first >= _SHORTEST + 2))
            score = worth[first:last].sum() - _MISMATCH * missed
            best = np.where(found, np.maximum(best, score), best).astype(np.int8)
    return best
