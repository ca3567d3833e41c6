"""The conditional logit over the starts of one stop."""

from __future__ import annotations

import numpy as np

from genoseq.genes.candidates import Candidates
from genoseq.genes.fit_starts import Part, fit_factor, fit_starts
from genoseq.genes.known import Labels

TRUE = np.array([1.5, -0.7, 0.0])


def part(frames: int, seed: int, wrong: float = 0.0, unknown: float = 0.0) -> Part:
    """Frames of five starts, the true one drawn by the weights of :data:`TRUE`."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(5 * frames, 3)) * [1, 2, 1]
    noisy = (matrix @ TRUE + rng.gumbel(size=5 * frames)).reshape(frames, 5)
    start = 5 * np.arange(frames) + noisy.argmax(1)
    worst = 5 * np.arange(frames) + (matrix @ TRUE).reshape(frames, 5).argmin(1)
    start = np.where(rng.random(frames) < wrong, worst, start)
    start[rng.random(frames) < unknown] = -1
    first = 5 * np.arange(frames + 1)
    at = 100 * np.arange(frames)
    candidates = Candidates(
        at,
        at + 90,
        np.zeros(frames, bool),
        np.zeros(frames, bool),
        first,
        np.arange(5 * frames),
        np.zeros(5 * frames, np.int8),
    )
    return candidates, matrix, Labels(start >= 0, (start >= 0) * 1.0, start)


def test_fit_starts_finds_the_weights_by_which_starts_were_drawn() -> None:
    found = fit_starts([part(4000, 1, unknown=0.5), part(2000, 2)], wrong=0.0)
    assert np.abs(found - TRUE).max() < 0.1


def test_fit_starts_does_not_believe_starts_that_cannot_be() -> None:
    parts = [part(6000, 3, wrong=0.04)]
    believing, doubting = (np.abs(fit_starts(parts, wrong=w) - TRUE).max() for w in (0.0, 0.04))
    assert doubting < 0.2 < believing


def test_fit_starts_is_the_same_whatever_the_scale() -> None:
    candidates, matrix, labels = part(500, 4)
    scaled = fit_starts([(candidates, matrix * [1, 100, 0.01], labels)])
    assert np.allclose(scaled * [1, 100, 0.01], fit_starts([(candidates, matrix, labels)]), 1e-3)


def test_fit_starts_of_a_feature_that_says_nothing_is_nothing() -> None:
    candidates, matrix, labels = part(500, 5)
    matrix[:, 2] = 0.0
    assert abs(fit_starts([(candidates, matrix, labels)])[2]) < 1e-9


def test_fit_factor_finds_what_some_weights_are_too_small_or_too_large_by() -> None:
    parts = [part(3000, 6), part(1000, 7, unknown=0.5)]
    which = np.array([True, True, False])
    for wrong, expected in ((0.5, 2.0), (2.0, 0.5), (1.0, 1.0)):
        found = fit_factor(parts, np.where(which, TRUE * wrong, TRUE), which)
        assert abs(np.log(found / expected)) < 0.15
        assert abs(np.log(found)) <= abs(np.log(expected)) + 1e-9


def test_fit_factor_of_few_starts_stays_nearer_to_1() -> None:
    weights, which = np.where([True, True, False], TRUE / 2, TRUE), np.array([True, True, False])
    few, many = (fit_factor([part(frames, 8)], weights, which) for frames in (60, 4000))
    assert 1 <= few < many
