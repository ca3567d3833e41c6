"""The rule of which keys a query sees."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genoseq.kernels.mask import Mask

MASKS = st.builds(Mask, st.none() | st.integers(0, 30), st.integers(0, 30), st.booleans())


def seen(mask: Mask, length: int) -> torch.Tensor:
    index = torch.arange(length)
    return mask.visible(index[:, None], index)


@given(MASKS, st.integers(0, 25))
def test_visible_follows_the_rule(mask: Mask, length: int) -> None:
    found = seen(mask, length)
    for i in range(length):
        for j in range(length):
            near = mask.window is None or abs(i - j) <= mask.window
            near = near or i < mask.global_tokens or j < mask.global_tokens
            assert bool(found[i, j]) == (near and (not mask.causal or j <= i))


@given(MASKS, st.integers(0, 60))
def test_pairs_counts_what_is_visible(mask: Mask, length: int) -> None:
    assert mask.pairs(length) == int(seen(mask, length).sum())


@pytest.mark.parametrize("settings", [(-1, 0), (None, -2)])
def test_negative_numbers_are_refused(settings: tuple[int | None, int]) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Mask(*settings)
