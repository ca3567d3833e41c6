"""Tilings cover a sequence once, fit it, and depend on its length alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import RegionError
from genoseq.genome.windows import EDGE, Tiling, round_up, tile


@st.composite
def tilings(draw: st.DrawFn) -> tuple[Tiling, int]:
    """Any tiling, and its context."""
    stride = draw(st.integers(1, 8))
    context = draw(st.integers(0, 12)) * stride
    longest = 2 * context + draw(st.integers(1, 60)) * stride
    return tile(draw(st.integers(1, 3_000)), longest, context, stride), context


@given(tilings(), st.integers(0, 3_000), st.integers(0, 3_000), st.booleans())
def test_windows_keep_each_base_of_a_stretch_once(
    drawn: tuple[Tiling, int], start: int, bases: int, backwards: bool
) -> None:
    tiling, _ = drawn
    start = min(start, tiling.length)
    end = min(start + bases, tiling.length)
    windows = list(tiling.windows(start, end, backwards))
    kept = [base for w in windows for base in range(w.keep_start, w.keep_end)]
    assert sorted(kept) == list(range(start, end))
    assert all(w.keep_start < w.keep_end for w in windows)
    firsts = [w.keep_start for w in windows]
    assert firsts == sorted(firsts, reverse=backwards)


@given(tilings())
def test_windows_give_every_base_its_context_as_far_as_the_sequence_goes(
    drawn: tuple[Tiling, int],
) -> None:
    tiling, context = drawn
    for window in tiling.windows(0, tiling.length):
        assert window.start <= max(-EDGE, window.keep_start - context)
        assert window.end >= min(tiling.length + EDGE, window.keep_end + context)
        assert window.end < tiling.length + EDGE + 9 * tiling.stride
        assert (window.start + round_up(EDGE, tiling.stride)) % tiling.stride == 0
        assert window.end - window.start == tiling.width
        assert tiling.width % tiling.stride == 0


@given(tilings(), st.integers(0, 3_000), st.integers(1, 300))
def test_windows_of_a_stretch_are_those_of_the_whole(
    drawn: tuple[Tiling, int], start: int, bases: int
) -> None:
    tiling, _ = drawn
    whole = {(w.start, w.end): w for w in tiling.windows(0, tiling.length)}
    for part in tiling.windows(min(start, tiling.length), min(start + bases, tiling.length)):
        seen = whole[part.start, part.end]
        assert seen.keep_start <= part.keep_start < part.keep_end <= seen.keep_end


@given(st.integers(1, 20_000), st.integers(1, 16))
def test_a_short_sequence_gets_one_window_of_its_size(length: int, stride: int) -> None:
    tiling = tile(length, 64 * round_up(500, stride), 0, stride)
    needed = round_up(EDGE, stride) + round_up(length + EDGE, stride)
    assert tiling.count == 1
    assert needed <= tiling.width < needed + 8 * stride
    assert tiling.width <= tiling.row <= 1.125 * tiling.width + 8 * stride
    (window,) = tiling.windows(0, length)
    assert window.start == -round_up(EDGE, stride)
    assert window.keep == slice(-window.start, length - window.start)


def test_reads_cost_little_more_than_their_bases() -> None:
    cost = [tile(length, 15_360, 1_536, 3).row / length for length in range(150, 301)]
    assert max(cost) < 1.5
    assert tile(225, 15_360, 1_536, 3).row == 288


@pytest.mark.parametrize(("length", "cost"), [(20_000, 1.5), (100_000, 1.35), (5_000_000, 1.26)])
def test_long_sequences_cost_their_context_and_less_than_a_window(length: int, cost: float) -> None:
    tiling = tile(length, 15_360, 1_536, 3)
    assert tiling.width <= 15_360
    assert tiling.count * tiling.width < cost * length


def test_rows_have_few_widths() -> None:
    rows = {tile(length, 15_360, 1_536, 3).row for length in range(1, 100_000, 7)}
    assert len(rows) < 60
    assert len({row for row in rows if row > 7_680}) <= 8


def test_windows_of_nothing_are_none() -> None:
    assert list(tile(9, 30, 5).windows(7, 7)) == []


@pytest.mark.parametrize(("longest", "context"), [(20, 3), (18, -3), (6, 3), (21, 4)])
def test_tile_refuses_windows_off_the_stride_or_without_room(longest: int, context: int) -> None:
    with pytest.raises(RegionError, match=r"must be multiples of the model's stride 3, and a"):
        tile(9, longest, context, 3)
