"""Intervals of figures over all thresholds by the block bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from genoseq.metrics.bootstrap import FEWEST_BLOCKS, RESAMPLES, interval_of
from genoseq.metrics.bootstrap_curves import CURVE_FIGURES, MOST_BLOCKS, BlockCurves
from genoseq.metrics.level import BINS, rare_figures

Counts = np.ndarray[Any, np.dtype[np.int64]]


def blocks_of(blocks: int, rng: np.random.Generator, share: float = 0.01) -> Counts:
    """All bases and those of a class by bin, (blocks, 2, 1, BINS); blocks differ in how well it is
    told."""
    made = np.zeros((blocks, 2, 1, BINS), np.int64)
    for block in made:
        own = rng.random(1_000) < share
        told = rng.normal(-6 + 4 * own * rng.random(), 1.5)
        slots = ((told + 16) * BINS / 32).astype(int).clip(0, BINS - 1)
        np.add.at(block[0, 0], slots, 1)
        np.add.at(block[1, 0], slots[own], 1)
    return made


def added(blocks: Counts) -> BlockCurves:
    curves = BlockCurves()
    for called, right in blocks:
        curves.add(called, right)
    return curves


def test_intervals_are_those_of_figures_of_drawn_blocks() -> None:
    blocks = blocks_of(40, np.random.default_rng(3))
    point = rare_figures(*blocks.sum(0)[:, 0])
    (row,), macro, _ = added(blocks).intervals([point])
    drawn = np.random.default_rng(0).multinomial(40, np.full(40, 1 / 40), RESAMPLES)
    sums = np.einsum("rb,bck->rck", drawn, blocks[:, :, 0])
    resampled = [rare_figures(*each) for each in sums]
    for name in CURVE_FIGURES:
        expected = interval_of(np.array([each[name] for each in resampled], np.float64))
        assert expected is not None
        assert row[name] == pytest.approx(expected, rel=0.02), name
        low, high = expected
        assert high - low > 0.1 * low, "a width that 2% would not hide"
    assert macro == row["auprc"]
    assert added(blocks).auprc([point]) == [row["auprc"]]


def test_intervals_of_what_never_varies_are_the_figure_itself() -> None:
    (one,) = blocks_of(1, np.random.default_rng(1), share=0.2)
    blocks = np.repeat(one[None], 30, axis=0)
    point = rare_figures(*blocks.sum(0)[:, 0])
    (row,), _, _ = added(blocks).intervals([point])
    for name in CURVE_FIGURES:
        assert row[name] == pytest.approx(2 * [point[name]])


def test_many_blocks_are_joined_and_none_is_lost() -> None:
    count = 5 * MOST_BLOCKS + 3
    curves = BlockCurves()
    for number in range(count):
        called = np.zeros((1, BINS), np.int64)
        called[0, number % BINS] = 7
        curves.add(called, called)
    assert MOST_BLOCKS <= len(curves._blocks) <= 2 * MOST_BLOCKS
    sums = [int(block[0].sum()) for block in curves._blocks]
    assert sums == [28] * (count // 4) + [7 * (count % 4)]


def test_intervals_of_few_blocks_or_a_class_that_is_not_there_are_none() -> None:
    rng = np.random.default_rng(0)
    few = added(blocks_of(FEWEST_BLOCKS - 1, rng))
    nothing = dict.fromkeys(CURVE_FIGURES)
    assert few.intervals([{"auprc": 0.5}]) == ([nothing], None, [])
    absent = blocks_of(20, rng)
    absent[:, 1] = 0
    point = rare_figures(*absent.sum(0)[:, 0])
    assert added(absent).intervals([point]) == ([nothing], None, [])


def test_macro_auprc_is_over_the_classes_that_are_there() -> None:
    rng = np.random.default_rng(5)
    absent = blocks_of(20, rng)
    absent[:, 1] = 0
    blocks = np.concatenate([blocks_of(20, rng), absent], axis=2)
    points = [rare_figures(*blocks.sum(0)[:, index]) for index in (0, 1)]
    (row, other), macro, _ = added(blocks).intervals(points)
    assert other["auprc"] is None
    assert macro == row["auprc"]
