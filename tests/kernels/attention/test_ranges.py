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


def walk(
    first: int, length: int, mask: Mask, held: int, step: int, *, keys: bool, offset: int = 0
) -> Walk:
    """What the program visits that holds the tokens from `first` on.

    `offset` is what it takes to count them as the `length` tokens on the other side are counted.
    """
    windowed = mask.window is not None
    global_tokens = mask.global_tokens + (offset if keys else 0)
    leading, low, before, full_low, full_high, after = ranges.visited.fn(
        first + offset,
        length,
        mask.window or 0,
        global_tokens,
        held,
        step,
        windowed,
        mask.causal,
        keys,
        offset != 0,
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
    check(seen.T if keys else seen, mask, held, step, keys=keys)


def check(seen: torch.Tensor, mask: Mask, held: int, step: int, *, keys: bool) -> None:
    """Each block of `seen` (held side, other side) that has a pair is visited, and once."""
    rows, length = seen.shape
    for first in range(0, rows, held):
        full, edges = walk(first, length, mask, held, step, keys=keys, offset=length - rows)
        mine = seen[first : first + held]
        assert len({*full, *edges}) == len(full) + len(edges), "a block is visited twice"
        assert all(start % step == 0 for start in full + edges)
        assert all(start + step <= length and mine[:, start : start + step].all() for start in full)
        needed = {start for start in range(0, length, step) if mine[:, start : start + step].any()}
        assert needed == {*full, *edges}


@given(
    st.integers(0, 120),
    st.integers(0, 120),
    st.one_of(st.just(Mask()), masks.filter(lambda mask: mask.causal)),
    st.sampled_from([4, 8, 16, 32]),
    st.sampled_from([4, 8, 16, 32]),
    st.booleans(),
)
@example(100, 20, Mask(causal=True), 32, 8, False)
@example(100, 20, Mask(causal=True), 8, 32, True)
@example(100, 20, Mask(5, 40, causal=True), 16, 8, True)
@example(20, 100, Mask(5, 40, causal=True), 16, 8, True)
@example(20, 100, Mask(5, 90, causal=True), 16, 8, False)
@example(0, 9, Mask(causal=True), 8, 8, True)
@example(9, 0, Mask(3, 2, causal=True), 8, 8, False)
def test_visited_covers_the_mask_of_other_keys(
    queries: int, others: int, mask: Mask, held: int, step: int, keys: bool
) -> None:
    place = torch.arange(others)
    seen = mask.visible(place.new_tensor(range(others - queries, others))[:, None], place[None, :])
    check(seen.T if keys else seen, mask, held, step, keys=keys)


@pytest.mark.parametrize("causal", [False, True])
def test_visited_of_a_window_is_mostly_full_blocks(causal: bool) -> None:
    full, edges = walk(4096, 8192, Mask(1024, 64, causal), 128, 64, keys=False)
    # 17 or 33 blocks of the window; 2 cut by each of its ends, or by the diagonal, and 1 global.
    assert (len(full), len(edges)) == ((14, 5) if causal else (30, 5))
