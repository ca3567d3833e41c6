import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.metrics.correlation import SAMPLE, Moments, Sample


@settings(max_examples=50)
@given(
    pairs=st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=60),
    cut=st.integers(0, 60),
    shift=st.sampled_from([0.0, 1e6]),
)
def test_moments_in_two_batches_equal_numpy(pairs, cut, shift):
    x, y = np.array(pairs, np.float64).T + shift
    moments = Moments()
    moments.update(x[:cut], y[:cut])
    moments.update(x[cut:], y[cut:])
    assert moments.count == len(pairs)
    assert moments.squares == pytest.approx(((x - y) ** 2).sum(), abs=1e-6)
    if np.ptp(x) and np.ptp(y):
        assert moments.pearson() == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-7)
    else:
        assert moments.pearson() is None


def test_moments_of_a_constant_that_floats_round_have_no_correlation():
    moments = Moments()
    for size in (7, 100, 31):
        moments.update(np.full(size, 0.1), np.arange(size))
    assert moments.pearson() is None


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=60))
def test_spearman_shares_ranks_of_ties_as_torchmetrics_does(pairs):
    x, y = np.array(pairs, np.float32).T
    sample = Sample()
    sample.update(x, y)
    if np.ptp(x) and np.ptp(y):
        from torchmetrics.functional.regression import spearman_corrcoef  # seconds: not to collect

        expected = float(spearman_corrcoef(torch.from_numpy(x.copy()), torch.from_numpy(y.copy())))
        assert sample.spearman() == pytest.approx(expected, abs=1e-4)
    else:
        assert sample.spearman() is None


def test_sample_is_even_and_the_same_for_any_batches():
    bases = np.arange(5 * SAMPLE // 2, dtype=np.float64)
    whole, parts = Sample(), Sample()
    whole.update(bases, bases)
    for part in np.array_split(bases, 13):
        parts.update(part, part)
    assert whole.step == parts.step == 4
    kept = whole.kept
    assert np.array_equal(kept, parts.kept)
    assert kept.shape[1] <= SAMPLE
    assert np.array_equal(kept[0], bases[::4].astype(np.float32))


def test_spearman_of_a_sample_is_near_that_of_all():
    generator = np.random.default_rng(0)
    x = generator.normal(size=2 * SAMPLE)
    y = x + generator.normal(size=2 * SAMPLE)
    sample = Sample()
    sample.update(x, y)
    exact = 6 / np.pi * np.arcsin(np.sqrt(0.5) / 2)  # of a bivariate normal with r = sqrt(1/2)
    assert sample.spearman() == pytest.approx(exact, abs=0.01)
