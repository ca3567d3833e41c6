"""Weights of classes, and what brings probabilities back that they and sampling favour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch

from genoseq.errors import ConfigError
from genoseq.genome.schemes import independent_scheme, stranded_scheme
from genoseq.tasks.correction import Correction, Prior, class_weights
from genoseq.tasks.heads import PerBaseHead
from genoseq.tasks.per_base import PerBase

SCHEME = stranded_scheme(["site"])
SEVERAL = independent_scheme(["a", "b"], stranded=False)


def prior(*found: float) -> Prior:
    """Of states that exclude one another."""
    return Prior(np.array(found, float), np.full(len(found), float(sum(found))), exclusive=True)


def weights(
    counts: Sequence[float], setting: Literal["none", "balanced"] | Sequence[float]
) -> torch.Tensor | None:
    return class_weights(prior(*counts), setting)


def test_balanced_weights_give_every_class_the_same_say() -> None:
    counts = [100, 0, 300, 50]
    found = weights(counts, "balanced")
    assert found is not None
    torch.testing.assert_close(
        found * torch.tensor(counts), torch.tensor([150.0, 0.0, 150.0, 150.0])
    )
    assert found[1] == 1


def test_balanced_weights_of_independent_classes_are_against_what_has_none() -> None:
    found = class_weights(
        Prior(np.array([10.0, 50]), np.array([100.0, 60]), exclusive=False), "balanced"
    )
    assert found is not None
    torch.testing.assert_close(found, torch.tensor([9.0, 0.2]))


def test_class_weights_given_or_none() -> None:
    assert weights([1, 2], "none") is None
    given = weights([1, 1], (0.25, 4))
    assert given is not None
    assert given.tolist() == [0.25, 4.0]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ((1.0, 2.0), "training.class_weights: 2 weights, 3 states"),
        ((1.0, -2.0, 1.0), "weights must be 0 or more, and one above 0"),
        ((0.0, 0.0, 0.0), "weights must be 0 or more, and one above 0"),
        ((1.0, math.nan, 1.0), "weights must be 0 or more, and one above 0"),
    ],
)
def test_class_weights_that_do_not_fit_are_refused(
    setting: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        weights([5, 5, 5], setting)


def test_shift_is_the_difference_of_log_odds() -> None:
    natural, shown = prior(970.0, 20, 10), prior(700.0, 200, 100)
    found = Correction.of(natural, shown, None, SCHEME)
    assert found.shift == pytest.approx([0, *[np.log(0.015 / 0.15) - np.log(0.97 / 0.7)] * 2])
    same = Correction.of(natural, natural, [1, 4, 4], SCHEME)
    assert same.shift == pytest.approx([0, -np.log(4), -np.log(4)])
    with pytest.raises(ConfigError, match="a class of weight 0 is not learned"):
        Correction.of(natural, natural, [0, 1, 1], SCHEME)


def test_shift_of_independent_classes_is_of_each_by_itself() -> None:
    natural = Prior(np.array([10.0, 40]), np.array([1000.0, 100]), exclusive=False)
    shown = Prior(np.array([10.0, 40]), np.array([100.0, 100]), exclusive=False)
    found = Correction.of(natural, shown, None, SEVERAL)
    assert found.shift == pytest.approx([np.log(10 / 990) - np.log(10 / 90), 0])
    weighed = Correction.of(natural, natural, [5, 2], SEVERAL)
    assert weighed.shift == pytest.approx([-np.log(5), -np.log(2)])


def test_calibrate_is_undone() -> None:
    found = Correction((0.0, -2.0, -2.0), (0.9, 0.05, 0.05), (0.5, 0.25, 0.25))
    task, head = PerBase(SCHEME, correction=found), PerBaseHead(4, 2, 3)
    before, hidden = head.projection.bias.detach().clone(), torch.randn(2, 5, 4)
    expected = task.corrected(head(hidden))
    task.calibrate(head)
    assert torch.allclose(head(hidden), expected, atol=1e-6)
    task.calibrate(head, undo=True)
    assert torch.allclose(head.projection.bias, before, atol=1e-6)
    assert "correction" not in task.to_json()


@pytest.mark.parametrize("task", [PerBase(SCHEME), PerBase(SEVERAL)], ids=["classes", "several"])
def test_measured_shift_makes_mean_probabilities_right(task: PerBase) -> None:
    states, generator = task.outputs, torch.Generator().manual_seed(1)
    logits = torch.randn(60_000, states, generator=generator) - 4
    if states == 3:
        logits[:, 0] += 6
        labels = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]
        labels[::7] = 255
    else:
        labels = (torch.rand(logits.shape, generator=generator) < logits.sigmoid()).float()
        labels[::7, 0] = 255
    favoured = torch.tensor([0.0, 2.5, 2.5] if states == 3 else [2.5, -1.0])
    begun = Correction((0.0,) * states, (0.1,) * states, (0.1,) * states, states == 3)
    found = replace(task, correction=begun).measured(logits + favoured, labels)
    assert found.correction is not None
    assert found.correction.shift == pytest.approx((-favoured).tolist(), abs=0.15)
    assert found.correction.natural == begun.natural


def test_measured_shift_stays_where_there_is_next_to_nothing() -> None:
    begun = Correction((0.0, -3.0, -3.0), (0.98, 0.01, 0.01), (0.5, 0.25, 0.25))
    task = PerBase(SCHEME, correction=begun)
    logits = torch.tensor([[9.0, 0.0, 0.0]]).expand(500, 3)
    found = task.measured(logits, torch.zeros(500, dtype=torch.int64)).correction
    assert found is not None
    assert found.shift == pytest.approx(begun.shift, abs=0.02)
    assert PerBase(SCHEME).measured(logits, torch.zeros(500)) == PerBase(SCHEME)


def test_log_odds_to_begin_with_are_finite_where_a_state_is_nowhere() -> None:
    begin = prior(10_000.0, 20, 0).begin
    assert begin == pytest.approx([0, np.log(21 / 10_001), -np.log(10_001)])
    alone = Prior(np.array([10.0, 0]), np.array([100.0, 60]), exclusive=False).begin
    assert alone == pytest.approx([np.log(11 / 91), -np.log(61)])


def test_a_head_tells_what_it_begins_with_of_every_base_of_a_step() -> None:
    head = PerBase(SCHEME, begin=(0.0, -4.0, -5.0)).head(2, 3)
    told = head(torch.zeros(1, 2, 2))
    assert told[0].tolist() == [[0.0, -4.0, -5.0]] * 6
    plain = PerBase(SCHEME).head(2, 3)(torch.zeros(1, 2, 2))
    assert bool((plain.abs() < 1).all())
