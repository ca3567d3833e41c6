"""Tiling and stitching are inverses, on one lattice a contig."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import RegionError
from genoseq.genome.regions import Region
from genoseq.genome.tracks import Channel
from genoseq.genome.windows import Window, stitch, tile

CHANNELS = (Channel("x"),)


@given(
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(1, 20),
    st.integers(0, 9),
    st.integers(1, 4),
)
def test_stitch_inverts_tile(start: int, length: int, core: int, context: int, stride: int) -> None:
    region = Region("c", start, start + length)
    signal = np.arange(1000, dtype=np.float32)[:, None]
    windows = list(tile(region, core * stride, context * stride, stride))
    pieces = [(w, signal[w.keep_start : w.keep_end]) for w in windows]
    tracks = list(stitch(pieces, CHANNELS))
    found = np.concatenate([np.empty((0, 1), np.float32), *(track.values for track in tracks)])
    assert np.array_equal(found, signal[region.start : region.end])
    assert all(track.end == other.start for track, other in itertools.pairwise(tracks))


@given(st.integers(0, 200), st.integers(1, 200), st.integers(1, 30))
def test_tile_scores_a_base_in_the_same_window_whatever_is_asked(
    start: int, length: int, core: int
) -> None:
    whole = {(w.start, w.end) for w in tile(Region("c", 0, 500), core, 4)}
    part = list(tile(Region("c", start, start + length), core, 4))
    assert {(w.start, w.end) for w in part} <= whole
    assert all(w.start + 4 <= w.keep_start < w.keep_end <= w.end - 4 for w in part)


def test_tile_gives_windows_of_one_length_past_both_ends() -> None:
    windows = list(tile(Region("c", 0, 25), 10, 5))
    assert [(w.start, w.end) for w in windows] == [(-5, 15), (5, 25), (15, 35)]
    assert [w.keep for w in windows] == [slice(5, 15), slice(5, 15), slice(5, 10)]


def test_tile_of_nothing_is_nothing() -> None:
    assert list(tile(Region("c", 7, 7), 10, 5)) == []


@pytest.mark.parametrize(("core", "context"), [(10, 3), (9, 4), (0, 3), (9, -3)])
def test_tile_refuses_cores_and_contexts_off_the_stride(core: int, context: int) -> None:
    with pytest.raises(RegionError, match="must be multiples of the model's stride 3"):
        list(tile(Region("c", 0, 9), core, context, 3))


def test_stitch_refuses_a_base_twice() -> None:
    first, second = list(tile(Region("c", 0, 20), 10, 0))
    values = np.zeros((10, 1), np.float32)
    with pytest.raises(RegionError, match="c:1 was scored twice"):
        list(stitch([(second, values), (first, values)], CHANNELS))


def test_stitch_refuses_an_overlap_of_one_base() -> None:
    values = np.zeros((10, 1), np.float32)
    first, second = Window("c", 0, 10, 0, 10), Window("c", 9, 19, 9, 19)
    with pytest.raises(RegionError, match="c:10 was scored twice"):
        list(stitch([(first, values), (second, values)], CHANNELS))
    elsewhere = Window("d", 0, 10, 0, 10)
    assert len(list(stitch([(first, values), (elsewhere, values)], CHANNELS))) == 2
