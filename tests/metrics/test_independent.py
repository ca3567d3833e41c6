"""Figures of classes that do not exclude one another: of each by itself, over all thresholds."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from genoseq.errors import BundleError
from genoseq.genome.schemes import UNKNOWN_LABEL, independent_scheme
from genoseq.metrics.independent import IndependentMetrics
from genoseq.metrics.per_base import build_metrics

SCHEME = independent_scheme(["a", "b"], stranded=False)


def predicted(bases: int = 20_000) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities and labels (2, L, 2); a is one base in fifty, a tenth of b is unknown."""
    rng = np.random.default_rng(1)
    labels = (rng.random((2, bases // 2, 2)) < [0.02, 0.3]).astype(np.float32)
    logits = 2 * labels + rng.normal(size=labels.shape) - [4, 1]
    labels[rng.random(labels.shape) < [0, 0.1]] = UNKNOWN_LABEL
    return torch.from_numpy(1 / (1 + np.exp(-logits))).float(), torch.from_numpy(labels)


def test_figures_are_those_of_each_class_by_itself() -> None:
    values, labels = predicted()
    metrics = build_metrics(SCHEME)
    for half in range(2):
        metrics.update(values[half], labels[half])
    told = metrics.compute()
    assert json.loads(json.dumps(told))["kind"] == "independent"
    for index, row in enumerate(told["classes"]):
        p = values[..., index].flatten().numpy()
        y = labels[..., index].flatten().numpy()
        p, y = p[y != UNKNOWN_LABEL], y[y != UNKNOWN_LABEL]
        order = np.argsort(-p)
        right, called = y[order].cumsum(), np.arange(1, len(p) + 1)
        exact = float((right / called * y[order]).sum() / y.sum())
        scores = 2 * right / (called + y.sum())
        assert row["bases"] == len(y)
        assert row["support"] == y.sum()
        assert row["prevalence"] == pytest.approx(y.mean())
        assert row["auprc"] == pytest.approx(exact, abs=1e-3)
        assert row["lift"] == pytest.approx(row["auprc"] / row["prevalence"])
        assert row["best_f1"] == pytest.approx(scores.max(), abs=2e-3)
        called_so = p >= row["threshold"]
        own = 2 * y[called_so].sum() / (called_so.sum() + y.sum())
        assert own == pytest.approx(row["best_f1"], abs=2e-3)
    assert told["macro_auprc"] == pytest.approx(np.mean([r["auprc"] for r in told["classes"]]))


def test_a_class_that_is_nowhere_has_no_figures() -> None:
    metrics = IndependentMetrics(SCHEME)
    metrics.update(torch.full((1, 5, 2), 0.5), torch.tensor([0.0, 1.0]).expand(1, 5, 2))
    none, all_ = metrics.compute()["classes"]
    assert (none["auprc"], none["best_f1"], none["threshold"]) == (None, None, None)
    assert (none["prevalence"], all_["prevalence"], all_["auprc"]) == (0, 1, 1)
    assert {point.name for point in metrics.curves()} == {"b"}
    assert metrics.confusions() == []


def test_values_that_are_not_finite_are_refused_where_there_is_a_label() -> None:
    metrics = IndependentMetrics(SCHEME)
    values = torch.tensor([[0.5, float("nan")]])
    metrics.update(values, torch.tensor([[1.0, UNKNOWN_LABEL]]))
    with pytest.raises(BundleError, match="values that are not finite"):
        metrics.update(values, torch.tensor([[1.0, 1.0]]))
