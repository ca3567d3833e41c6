"""Tests of when a training saves its state, how far it is, and its learning rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.config.training import TrainingSettings
from genoseq.training.checkpoint import Progress, save_due
from genoseq.training.optimizer import learning_rate

FRACTION = st.floats(0, 1)


def test_fraction_without_budget_ignores_time() -> None:
    assert Progress(step=30, elapsed=1e9).fraction(TrainingSettings(steps=100)) == 0.3


def test_fraction_takes_whichever_is_further() -> None:
    settings = TrainingSettings(steps=100, max_minutes=1.0)
    assert Progress(step=30, elapsed=45.0).fraction(settings) == 0.75
    assert Progress(step=90, elapsed=45.0).fraction(settings) == 0.9
    assert Progress(step=30, elapsed=90.0).fraction(settings) == 1.0


def test_states_are_saved_every_so_often() -> None:
    assert not save_due(1_299, saved=1_000, every=300)
    assert save_due(1_300, saved=1_000, every=300)


def test_a_state_is_saved_once_shortly_before_the_limit() -> None:
    job = {"every": 1e9, "limit": 3_600}
    assert not save_due(3_509, saved=0, **job)
    assert save_due(3_510, saved=0, **job)
    assert not save_due(3_600, saved=3_511, **job)
    assert not save_due(3_600, saved=0, every=1e9)
    assert not save_due(53, saved=0, every=1e9, limit=60)
    assert save_due(54, saved=0, every=1e9, limit=60)


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
