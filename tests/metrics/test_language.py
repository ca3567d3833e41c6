from __future__ import annotations

import pytest
import torch

from genoseq.errors import BundleError
from genoseq.metrics.language import LanguageMetrics

TARGETS = torch.zeros(1)


def test_figures_are_means_over_bases_that_have_a_value() -> None:
    metrics = LanguageMetrics()
    one_strand = torch.tensor([[1.0, 0, 1, 0], [3, 0, 0, 0], [torch.nan, 0, torch.nan, 0]])
    both = torch.tensor([[[1.0, 0.5, 0.5, 0]]])
    metrics.update(one_strand, TARGETS)
    metrics.update(both, TARGETS)
    found = metrics.compute()
    assert found == {
        "kind": "bases",
        "bases": 3,
        "bits_per_base": pytest.approx(5.5 / 3),
        "perplexity": pytest.approx(2 ** (5.5 / 3)),
        "accuracy": pytest.approx(0.5),
    }
    assert (metrics.curves(), metrics.confusions()) == ([], [])


def test_no_base_has_no_figures_and_infinite_bits_are_refused() -> None:
    metrics = LanguageMetrics()
    assert metrics.compute()["bits_per_base"] is None
    with pytest.raises(BundleError, match=r"not finite: train again"):
        metrics.update(torch.tensor([[torch.inf, 0, 0, 0]]), TARGETS)
