"""Weights of classes, and what brings probabilities back that they and sampling favour."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
