"""The choice of genes, against all choices of a few candidates."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from genoseq.genes.select import Overlaps, select

OVERLAPS = Overlaps(same=3, opposite=6, price=0.25)


def overlap(a: tuple[int, int, bool], b: tuple[int, int, bool], circle: int) -> int | None:
    """bp that two intervals share; None if one holds the other, or they share more than one end."""
    shared = set(range(a[0], a[1])) if not circle else {i % circle for i in range(a[0], a[1])}
    other = set(range(b[0], b[1])) if not circle else {i % circle for i in range(b[0], b[1])}
    both = len(shared & other)
    return None if both in (len(shared), len(other)) and both else both


def worth(items: list[tuple[int, int, bool]], scores: np.ndarray, circle: int) -> float:
    """Score of a set; -inf if it cannot be."""
    total = float(scores.sum())
    for (i, a), (j, b) in combinations(enumerate(items), 2):
        del i, j
        bases = overlap(a, b, circle)
        if bases is None or bases > (OVERLAPS.same if a[2] == b[2] else OVERLAPS.opposite):
            return -np.inf
        total -= OVERLAPS.price * bases
    return total


@pytest.mark.parametrize("circle", [0, 60])
@pytest.mark.parametrize("seed", range(12))
def test_select_finds_the_best_of_all_sets(seed: int, circle: int) -> None:
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 60, 9)
    ends = starts + rng.integers(14, 24, 9)
    reverse = rng.integers(0, 2, 9).astype(bool)
    scores = rng.normal(4, 4, 9).round(3)
    items = [(int(s), int(e), bool(r)) for s, e, r in zip(starts, ends, reverse, strict=True)]
    chosen = select(starts, ends, reverse, scores, OVERLAPS, circle)
    best = max(
        worth([items[i] for i in some], scores[list(some)], circle)
        for size in range(7)
        for some in combinations(np.flatnonzero(scores > 0), size)
    )
    found = worth([items[i] for i in chosen], scores[chosen], circle)
    assert found == pytest.approx(best)


def test_select_chooses_nothing_without_worth() -> None:
    none = np.zeros(0, np.int64)
    assert select(none, none, none.astype(bool), none.astype(float), OVERLAPS) == []
    one = np.array([3])
    assert select(one, one + 30, one > 5, np.array([-1.0]), OVERLAPS) == []
    assert select(one, one + 30, one > 5, np.array([0.1]), OVERLAPS, 40) == [0]
