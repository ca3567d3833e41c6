"""Tracks and channels: shapes and names."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import RegionError
from genoseq.genome.tracks import OKABE_ITO, Channel, Track, channel_colours, stitch
from genoseq.genome.windows import tile


def test_channel_label_says_the_strand_in_words() -> None:
    labels = [Channel("CDS", "+").label, Channel("CDS", "-").label, Channel("x").label]
    assert labels == ["CDS.plus", "CDS.minus", "x.both"]


def test_channel_file_stem_cannot_leave_its_folder() -> None:
    stem = Channel("../e tc/pass.wd", "+").file_stem
    assert stem == "%2E.%2Fe%20tc%2Fpass.wd.plus"
    assert Channel("H3K4me3.rep1", ".").file_stem == "H3K4me3.rep1.both"


def test_channel_colours_differ() -> None:
    channels = [Channel(name) for name in "abcdefgh"]
    assert channel_colours(channels) == list(OKABE_ITO)


def test_track_end_is_one_past_the_last_base() -> None:
    assert Track("c", 5, np.zeros((3, 1), np.float32), (Channel("x"),)).end == 8


def test_track_refuses_values_of_another_shape() -> None:
    with pytest.raises(RegionError, match=r"shape \(3, 2\) do not have 1 channels"):
        Track("c", 0, np.zeros((3, 2), np.float32), (Channel("x"),))


@given(st.integers(1, 3_000), st.integers(1, 200), st.integers(0, 30))
def test_stitch_inverts_windows(length: int, core: int, context: int) -> None:
    tiling = tile(length, 2 * context + core, context)
    signal = np.arange(3_000, dtype=np.float32)[:, None]
    windows = tiling.windows(0, tiling.length)
    pieces = [("c", w.keep_start, signal[w.keep_start : w.keep_end]) for w in windows]
    tracks = list(stitch(pieces, (Channel("x"),)))
    assert np.array_equal(np.concatenate([t.values for t in tracks]), signal[: tiling.length])
    assert all(track.end == other.start for track, other in itertools.pairwise(tracks))


def test_stitch_refuses_a_base_twice() -> None:
    values = np.zeros((10, 1), np.float32)
    with pytest.raises(RegionError, match="c:1 was scored twice"):
        list(stitch([("c", 10, values), ("c", 0, values)], (Channel("x"),)))


def test_stitch_refuses_an_overlap_of_one_base() -> None:
    values = np.zeros((10, 1), np.float32)
    with pytest.raises(RegionError, match="c:10 was scored twice"):
        list(stitch([("c", 0, values), ("c", 9, values)], (Channel("x"),)))
    assert len(list(stitch([("c", 0, values), ("d", 9, values)], (Channel("x"),)))) == 2
