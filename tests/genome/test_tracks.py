"""Tracks and channels: shapes and names."""

from __future__ import annotations

import numpy as np
import pytest

from genoseq.errors import RegionError
from genoseq.genome.tracks import OKABE_ITO, Channel, Track, channel_colours


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
