"""Figures of written sequences, and edit distances."""

from __future__ import annotations

from functools import cache

import torch
from hypothesis import given
from hypothesis import strategies as st

from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.metrics.tokens import TokenMetrics, edit_distance

SHORT = st.text("ACG", max_size=9).map(str.encode)


def plain_distance(first: bytes, second: bytes) -> int:
    """By the definition."""

    @cache
    def between(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        same = between(i - 1, j - 1) + (first[i - 1] != second[j - 1])
        return min(same, between(i - 1, j) + 1, between(i, j - 1) + 1)

    return between(len(first), len(second))


@given(SHORT, SHORT)
def test_edit_distance_is_that_of_its_definition(first: bytes, second: bytes) -> None:
    assert edit_distance(first, second) == plain_distance(first, second)


def test_token_metrics_count_known_tokens_and_whole_sequences() -> None:
    metrics = TokenMetrics()
    assert metrics.compute()["token_accuracy"] is None
    targets = torch.tensor([[0, 1, 2], [2, UNKNOWN_LABEL, UNKNOWN_LABEL]])
    values = torch.nn.functional.one_hot(torch.tensor([[0, 1, 0], [2, 1, 1]]), 3).float()
    metrics.update(values, targets)
    metrics.update(values[1:], targets[1:])
    assert metrics.compute() == {
        "kind": "sequences",
        "pairs": 3,
        "tokens": 5,
        "token_accuracy": 4 / 5,
        "exact": 2 / 3,
    }
    assert metrics.curves() == metrics.confusions() == []
