"""Agreement in bins: any cutting into stretches gives what numpy gives of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.genome.regions import Region
from genoseq.metrics.binned import BinnedPairs, Group, ceiling, mean_of
from genoseq.metrics.interval_sums import IntervalSums


def signals(bases: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two columns that agree more or less, a fifth of them unknown."""
    rng = np.random.default_rng(seed)
    x = rng.gamma(0.5, 8, (bases, 2))
    y = x * rng.gamma(2, 0.5, (bases, 2))
    y[rng.random(y.shape) < 0.2] = np.nan
    return x, y


def expected(x: np.ndarray, y: np.ndarray, start: int, size: int) -> np.ndarray:
    """Means (2, n) of bins of one column that have half of their bases."""
    known = ~np.isnan(y)
    number = (start + np.arange(len(x))) // size
    kept = [n for n in np.unique(number) if 2 * known[number == n].sum() >= size]
    chosen = [known & (number == n) for n in kept]
    return np.array([[x[one].mean() for one in chosen], [y[one].mean() for one in chosen]])


@settings(max_examples=30, deadline=None)
@given(
    size=st.sampled_from([1, 7, 64]),
    start=st.integers(0, 100),
    cuts=st.lists(st.integers(1, 699), max_size=5),
)
def test_binned_pairs_equal_numpy_however_they_arrive(
    size: int, start: int, cuts: list[int]
) -> None:
    x, y = signals(700)
    binned = BinnedPairs(2, size, 50)
    for low, high in zip([0, *sorted({*cuts})], [*sorted({*cuts}), 700], strict=True):
        binned.update("g", "c", start + low, x[low:high], y[low:high])
    whole, genome, contig = binned.groups()
    assert (genome.genome, contig.contig) == ("g", "c")
    for column in range(2):
        told, true = expected(x[:, column], y[:, column], start, size)
        for group in (whole, genome, contig):
            assert group.count(column) == len(told)
            assert group.pearson(column) == pytest.approx(np.corrcoef(told, true)[0, 1])
            logged = np.corrcoef(np.log1p(told), np.log1p(true))[0, 1]
            assert group.pearson(column, 1) == pytest.approx(logged)


def test_binned_pairs_have_genomes_and_contigs_apart() -> None:
    binned = BinnedPairs(1, 10, 100)
    x, _ = signals(3_000)
    for genome, sign in (("a", 1.0), ("b", -1.0)):
        for chrom in ("c", "d"):
            binned.update(genome, chrom, 0, x[:, :1], sign * x[:, :1] + 100)
    found = {(group.genome, group.contig): group.pearson(0) for group in binned.groups()}
    assert list(found) == [("*", "*"), *((g, c) for g in "ab" for c in "*cd")]
    assert [found["a", each] for each in "*cd"] == pytest.approx([1, 1, 1])
    assert [found["b", each] for each in "*cd"] == pytest.approx([-1, -1, -1])
    assert abs(found["*", "*"] or 0) < 0.01


def test_intervals_are_around_what_is_found_and_need_blocks() -> None:
    x, y = signals(20_000)
    binned = BinnedPairs(2, 10, 200)
    binned.update("g", "c", 0, x, y)
    whole = next(binned.groups())
    low, high = whole.interval(0) or (1.0, 0.0)
    assert low < (whole.pearson(0) or 0) < high < low + 0.2
    assert Group("g", "c", whole.blocks[:9], whole.samples).interval(0) is None


def test_binned_pairs_of_a_constant_or_of_nothing_are_not_defined() -> None:
    binned = BinnedPairs(1, 5, 50)
    assert list(binned.groups()) == []
    binned.update("g", "c", 0, np.full((99, 1), 0.1), np.arange(99.0)[:, None])
    assert next(binned.groups()).pearson(0) is None


def test_ceiling_is_the_correlation_of_the_mean_with_the_truth() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200_000)
    replicates = truth + rng.normal(size=(3, truth.size)) * 1.5
    agreement = mean_of([float(np.corrcoef(replicates[[0, n]])[0, 1]) for n in (1, 2)])
    best = np.corrcoef(truth, replicates.mean(0))[0, 1]
    assert ceiling(agreement, 3) == pytest.approx(best, abs=0.01)
    assert ceiling(None, 2) is ceiling(-0.1, 2) is mean_of([None]) is None


@settings(max_examples=30, deadline=None)
@given(
    spans=st.lists(st.tuples(st.integers(0, 250), st.integers(1, 120)), min_size=1, max_size=8),
    cuts=st.lists(st.integers(1, 199), max_size=4),
)
def test_interval_sums_equal_numpy(spans: list[tuple[int, int]], cuts: list[int]) -> None:
    x, y = signals(200)
    parts = [(Region("c", start, start + n), number % 3) for number, (start, n) in enumerate(spans)]
    sums = IntervalSums(2, parts)
    for low, high in zip([0, *sorted({*cuts})], [*sorted({*cuts}), 200], strict=True):
        sums.update("c", 50 + low, x[low:high], y[low:high])
    sums.update("other", 0, x, y)
    for number in {number for _, number in parts}:
        own = np.concatenate([np.arange(r.start, r.end) for r, n in parts if n == number]) - 50
        own = own[(own >= 0) & (own < 200)]
        own = own[~np.isnan(y[own, 0])]
        assert sums.known()[number, 0] == len(own)
        if len(own):
            means = [x[own, 0].mean(), y[own, 0].mean()]
            assert sums.means()[number, 0].tolist() == pytest.approx(means)
        if len({*own.tolist()}) > 2:
            r = np.corrcoef(x[own, 0], y[own, 0])[0, 1]
            assert sums.pearson()[number, 0] == pytest.approx(r)
