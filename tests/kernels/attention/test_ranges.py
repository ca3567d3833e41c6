"""The blocks that a program walks over, against the mask pair by pair.

The kernels' own function runs here as plain Python on integers: only `triton.language` is
replaced.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from genoseq.kernels.attention import ranges
from genoseq.kernels.mask import Mask

_INTEGERS = SimpleNamespace(
    minimum=min,
    maximum=max,
    cdiv=lambda a, b: -(-a // b),
    where=lambda condition, yes, no: yes if condition else no,
)


class Walk(NamedTuple):
    """First tokens of the blocks that a program visits."""

    full: list[int]
    edges: list[int]


@pytest.fixture(autouse=True, scope="module")
def _integers() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranges, "tl", _INTEGERS)
        yield


def walk(first: int, length: int, mask: Mask, held: int, step: int, *, keys: bool) -> Walk:
    """What the program visits that holds the tokens from `first` on."""
    windowed = mask.window is not None
    leading, low, before, full_low, full_high, after = ranges.visited.fn(
        first, length, mask.window or 0, mask.global_tokens, held, step, windowed, mask.causal, keys
    )
    assert min(leading, before, after) >= 0
    edges = [
        ranges.edge.fn(number, leading, low, before, full_high, step)
        for number in range(leading + before + after)
    ]
    return Walk(list(range(full_low, full_high, step)), edges)


masks = st.builds(Mask, st.one_of(st.none(), st.integers(0, 80)), st.integers(0, 60), st.booleans())


@given(
    st.integers(1, 150),
    masks,
    st.sampled_from([4, 8, 16, 32]),
    st.sampled_from([4, 8, 16, 32]),
    st.booleans(),
)
@example(128, Mask(0, 0), 32, 8, False)
@example(1, Mask(None, 3, True), 32, 4, True)
@example(129, Mask(5, 129, False), 8, 32, True)
@example(129, Mask(5, 300, True), 8, 32, True)
def test_visited_covers_the_mask_and_no_more(
    length: int, mask: Mask, held: int, step: int, keys: bool
) -> None:
    place = torch.arange(length)
    seen = mask.visible(place[:, None], place[None, :])
    seen = seen.T if keys else seen
    for first in range(0, length, held):
        full, edges = walk(first, length, mask, held, step, keys=keys)
        mine = seen[first : first + held]
        assert len({*full, *edges}) == len(full) + len(edges), "a block is visited twice"
        assert all(start % step == 0 for start in full + edges)
        assert all(start + step <= length and mine[:, start : start + step].all() for start in full)
        needed = {start for start in range(0, length, step) if mine[:, start : start + step].any()}
        assert needed == {*full, *edges}


@pytest.mark.parametrize("causal", [False, True])
def test_visited_of_a_window_is_mostly_full_blocks(causal: bool) -> None:
    full, edges = walk(4096, 8192, Mask(1024, 64, causal), 128, 64, keys=False)
    # 17 or 33 blocks of the window; 2 cut by each of its ends, or by the diagonal, and 1 global.
    assert (len(full), len(edges)) == ((14, 5) if causal else (30, 5))
