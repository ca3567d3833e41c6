"""Tests of when a training saves its state, how far it is, and its learning rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.config.schema import TrainingSettings
from genoseq.training.checkpoint import Progress, SaveTimes
from genoseq.training.optimizer import learning_rate

FRACTION = st.floats(0, 1)


def test_fraction_without_budget_ignores_time() -> None:
    assert Progress(step=30, elapsed=1e9).fraction(TrainingSettings(steps=100)) == 0.3


def test_fraction_takes_whichever_is_further() -> None:
    settings = TrainingSettings(steps=100, max_minutes=1.0)
    assert Progress(step=30, elapsed=45.0).fraction(settings) == 0.75
    assert Progress(step=90, elapsed=45.0).fraction(settings) == 0.9
    assert Progress(step=30, elapsed=90.0).fraction(settings) == 1.0


def test_save_times_come_every_so_often() -> None:
    times = SaveTimes(every=300, start=1_000)
    assert not times.due(1_299)
    assert times.due(1_300)
    times.saved = 1_310
    assert not times.due(1_609)
    assert times.due(1_610)


def test_save_times_have_one_shortly_before_the_limit() -> None:
    times = SaveTimes(every=1e9, start=1_000, limit=3_600)
    assert not times.due(4_509)
    assert times.due(4_510)
    times.saved = 4_511
    assert not times.due(4_600)
    short = SaveTimes(every=1e9, limit=60)
    assert not short.due(53)
    assert short.due(54)


def test_learning_rate_rises_to_the_peak_and_falls_to_zero() -> None:
    assert learning_rate(0.0, 2.0, 0.1) == 0.0
    assert learning_rate(0.05, 2.0, 0.1) == pytest.approx(1.0)
    assert learning_rate(0.1, 2.0, 0.1) == 2.0
    assert learning_rate(0.55, 2.0, 0.1) == pytest.approx(1.0)
    assert learning_rate(1.0, 2.0, 0.1) == 0.0


@given(FRACTION, FRACTION, FRACTION)
def test_learning_rate_stays_between_zero_and_the_peak(a: float, b: float, warmup: float) -> None:
    low, high = sorted((a, b))
    rates = learning_rate(low, 1.0, warmup), learning_rate(high, 1.0, warmup)
    assert 0 <= min(rates) <= max(rates) <= 1
    if high < warmup:
        assert rates[0] <= rates[1]
    if low >= warmup < 1:
        assert rates[0] >= rates[1]
