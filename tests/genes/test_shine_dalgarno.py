"""Classes of words before starts by how they match AGGAGG."""

from __future__ import annotations

import numpy as np

from genoseq.genes.motif import BEFORE, UNTIL, WIDTH
from genoseq.genes.shine_dalgarno import CLASSES, classes_of
from genoseq.genome.sequences import Codes, N, encode


def window(word: bytes, spacing: int) -> Codes:
    """Bases before a start without a match, but for a word ``spacing`` bp before it."""
    bases = encode(b"C" * (BEFORE - UNTIL)).copy()
    first = BEFORE - spacing - len(word)
    bases[first : first + len(word)] = encode(word)
    return bases[None]


def class_of(word: bytes, spacing: int) -> int:
    return int(classes_of(window(word, spacing))[0])


def test_classes_of_are_better_for_longer_matches() -> None:
    words = (b"CCCCCC", b"AGGCCC", b"AGGACC", b"AGGAGC", b"AGGAGG")
    found = [class_of(word, 7) for word in words]
    assert found[0] == 0
    assert found == sorted(set(found))
    assert found[-1] == CLASSES - 1


def test_classes_of_are_better_at_the_usual_distance() -> None:
    usual, far, near, furthest = (class_of(b"AGGAGG", spacing) for spacing in (8, 12, 4, 15))
    assert usual > far > near > furthest > class_of(b"AGGAGC", 8)
    assert class_of(b"AGGAGG", 5) == class_of(b"AGGAGG", 10) == usual


def test_classes_of_allow_one_mismatch_inside_five_bases() -> None:
    assert 0 < class_of(b"AGCAGG", 7) < class_of(b"AGGAGG", 7)
    assert class_of(b"ATGCCC", 7) == 0
    assert class_of(b"AGCCGG", 7) == 0


def test_classes_of_know_no_match_where_bases_are_unknown() -> None:
    bases = np.full((1, BEFORE - UNTIL), N, np.uint8)
    assert classes_of(bases).tolist() == [0]
    assert bases.shape[1] >= WIDTH
