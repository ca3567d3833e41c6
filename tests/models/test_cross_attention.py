"""Attention of letters to the steps of their source."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from genoseq.config.encoders import TransformerSettings
from genoseq.models.cross_attention import attend, turn, turn_both_ways
from genoseq.models.rotary import rotary_tables


@pytest.mark.parametrize("queries", [1, 5])
def test_attend_is_softmax_attention_to_a_row_s_own_keys(queries: int) -> None:
    torch.manual_seed(1)
    q, k, v = (torch.randn(3, n, 2, 8, dtype=torch.float64) for n in (queries, 7, 7))
    lengths = torch.tensor([7, 3, 1])
    k[1, 3:], v[1, 3:] = 1e6, 1e6
    seen = attend(q, k, v, lengths)
    for row, length in enumerate(lengths.tolist()):
        own = (
            t[row : row + 1, :n].transpose(1, 2)
            for t, n in ((q, queries), (k, length), (v, length))
        )
        alone = functional.scaled_dot_product_attention(*own).transpose(1, 2)
        torch.testing.assert_close(seen[row : row + 1], alone, rtol=0, atol=1e-12)


def test_turned_products_depend_on_distances_from_either_end() -> None:
    torch.manual_seed(2)
    settings = TransformerSettings(width=16, heads=2, window=None)
    like = torch.zeros((), dtype=torch.float64)
    rotary = rotary_tables(settings, 12, like)
    vector = torch.randn(1, 1, 2, 8, dtype=torch.float64)
    lengths = torch.tensor([10])
    keys = turn_both_ways(vector.expand(1, 10, 2, 8), rotary, lengths)
    position = torch.arange(12).expand(1, -1)
    queries = turn(vector.expand(1, 12, 2, 8), rotary, position)
    products = torch.einsum("bmhd,bnhd->hmn", queries, keys)
    start, end = products
    torch.testing.assert_close(start[3, 2], start[9, 8])
    torch.testing.assert_close(end[3, 2], end[4, 1])
    assert start[4].argmax() == 4
    assert end[4].argmax() == 10 - 1 - 4
