"""Intervals of figures by the block bootstrap."""

from __future__ import annotations

import numpy as np
import pytest

from genoseq.metrics.bootstrap import (
    FEWEST_BLOCKS,
    block_size,
    bootstrap_intervals,
)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Blocks of 100 bases, all right or all wrong: what a base alone says would be far too sure."""
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(200):
        right = (rng.random(60) < 0.7) * 100
        counts = np.stack([right, np.full(60, 100), np.full(60, 100)], axis=1)[:, None]
        (row,), macro = bootstrap_intervals(counts)
        assert row["recall"] == row["precision"] == macro
        assert macro is not None
        covered.append(macro[0] <= 0.7 <= macro[1])
    assert 0.9 <= np.mean(covered) <= 0.99


def test_intervals_of_what_never_varies_are_points() -> None:
    counts = np.tile(np.array([[[8, 10, 16]]]), (20, 1, 1))
    (row,), macro = bootstrap_intervals(counts)
    assert row["precision"] == pytest.approx([0.8, 0.8])
    assert row["recall"] == pytest.approx([0.5, 0.5])
    assert macro == pytest.approx([16 / 26, 16 / 26])


def test_intervals_of_few_blocks_or_a_class_that_is_never_called_are_none() -> None:
    few = np.ones((FEWEST_BLOCKS - 1, 2, 3), np.int64)
    rows, macro = bootstrap_intervals(few)
    assert macro is None
    assert rows == 2 * [{"precision": None, "recall": None, "f1": None}]
    never = np.tile(np.array([[[0, 0, 5]]]), (20, 1, 1))
    (row,), macro = bootstrap_intervals(never)
    assert row == {"precision": None, "recall": [0, 0], "f1": [0, 0]}
    assert macro == [0, 0]


def test_blocks_are_few_and_not_short() -> None:
    assert block_size(1_000_000) == 10_000
    assert block_size(3_000_000_000) == 1_500_000
    assert block_size(20_000_001) == 10_001
