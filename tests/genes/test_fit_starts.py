"""The conditional logit over the starts of one stop."""

from __future__ import annotations

import numpy as np

from genoseq.genes.candidates import Candidates
from genoseq.genes.decode import DOUBT, tempered
from genoseq.genes.fit_starts import Part, drawn_starts, fit_starts, said_of_others, true_slope
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


KINDS = np.array([[True, False, False], [False, True, False]])


def test_drawn_starts_find_what_annotated_starts_are_blurred_by() -> None:
    blurred = TRUE * [0.6, 0.6, 1.0]
    found = drawn_starts([part(4000, 6)], [part(1000, 7, unknown=0.5)], blurred, KINDS)
    assert np.abs(found - TRUE).max() < 0.1


def test_drawn_starts_of_few_are_held_by_many_annotated_ones() -> None:
    wrong, none = np.array([0.7, -0.7, 0.0]), np.zeros((1, 3), bool)
    few, many = (
        drawn_starts([part(300, 8)], [part(frames, 9)], wrong, none) for frames in (50, 50_000)
    )
    assert abs(few[0] - TRUE[0]) < 0.4
    assert abs(many[0] - wrong[0]) < 0.2


def test_drawn_starts_of_a_kind_move_together() -> None:
    kinds = np.array([[True, True, False]])
    found = drawn_starts([part(300, 8)], [part(50_000, 9)], TRUE * [0.5, 0.5, 1.0], kinds)
    assert found[0] > 0.6 * TRUE[0]
    assert abs(found[1] / found[0] - TRUE[1] / TRUE[0]) < 0.15


def test_true_slope_says_how_often_likeliest_starts_are_right() -> None:
    for wrong in (0.0, 0.1):
        parts = [
            (candidates, matrix @ TRUE * 3, labels)
            for candidates, matrix, labels in (part(3000, seed, wrong) for seed in (10, 11))
        ]
        slope = true_slope(parts)
        assert slope < 0.5  # logits are three times what they should be
        for candidates, logits, labels in parts:
            said = candidates.largest(tempered(candidates, logits, slope))
            right = logits[labels.start] >= candidates.largest(logits)
            assert abs(said.mean() - right.mean()) < 0.02


def test_true_slope_lies_midway_between_annotated_and_verified_starts() -> None:
    annotated, verified = (
        [(candidates, matrix @ TRUE, labels)]
        for candidates, matrix, labels in (part(3000, 13, wrong=0.1), part(300, 14))
    )
    slope = true_slope(annotated, verified)
    assert true_slope(annotated) < slope < true_slope(verified)
    surplus = []
    for candidates, logits, labels in (*annotated, *verified):
        said = candidates.largest(tempered(candidates, logits, slope))
        right = logits[labels.start] >= candidates.largest(logits)
        surplus.append(said.mean() - right.mean())
    assert surplus[0] > 0.01
    assert abs(sum(surplus)) < 0.001
    assert true_slope([], verified) == true_slope(verified)


def test_said_of_others_is_by_weights_that_never_saw_the_start() -> None:
    verified = [part(41, 15), part(60, 16, unknown=0.5)]
    annotated, kinds = [part(500, 17)], np.zeros((1, 3), bool)
    said = said_of_others(verified, annotated, TRUE, kinds)
    for index, (_, _, labels) in enumerate(verified):
        starts = [each[2].start for each in said[index::2]]
        known = [start[start >= 0] for start in starts]
        assert len(starts) == 2
        assert abs(len(known[0]) - len(known[1])) <= 1
        assert sorted(np.concatenate(known)) == sorted(labels.start[labels.start >= 0])
    # Another start of a frame that is judged changes nothing of what is said of it.
    moved = said[0][2].start >= 0
    candidates, matrix, labels = verified[0]
    other = np.where(moved, candidates.first[:-1] + (labels.start + 1) % 5, labels.start)
    again = said_of_others(
        [(candidates, matrix, Labels(labels.gene, labels.weight, other)), verified[1]],
        annotated,
        TRUE,
        kinds,
    )
    assert np.array_equal(again[0][1], said[0][1])
    assert not np.array_equal(again[2][1], said[2][1])


def test_said_of_others_is_nothing_of_a_single_start() -> None:
    assert said_of_others([part(1, 18)], [part(50, 19)], TRUE, np.zeros((1, 3), bool)) == []


def test_tempered_are_probabilities_none_of_which_is_sure() -> None:
    candidates, matrix, _ = part(50, 12)
    found = tempered(candidates, matrix @ TRUE * 100, 1.0)
    assert np.allclose(candidates.total(found), 1.0)
    assert found.max() < 1 - DOUBT / 2
