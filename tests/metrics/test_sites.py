"""Single sites, found and missed within some bp."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.metrics.level import BINS
from genoseq.metrics.sites import SiteClass, matched


def told(labels: str, scores: list[int], piece: int = 100, start: int = 0) -> SiteClass:
    """A class of letters x, ? unknown, given in pieces."""
    made, letters, slots = SiteClass(), np.array([*labels]), np.array(scores, np.int32)
    for at in range(0, len(letters), piece):
        own = letters[at : at + piece]
        made.update(start + at, slots[at : at + piece], own != "?", own == "x")
    return made


@pytest.mark.parametrize("piece", [1, 4, 100])
def test_sites_and_peaks_are_stretches_wherever_pieces_end(piece: int) -> None:
    made = told(".xx...x..?", [0, 5, 9, 3, 0, 0, 4, 4, 0, 9], piece, start=7)
    sites = made.true_sites()
    assert sites is not None
    assert sites.tolist() == [[8, 10], [13, 14]]
    peaks, least = made.peaks(3)
    assert (peaks.tolist(), least) == ([9, 13], 3)  # the best base, the first of equal ones
    assert made.peaks(9)[0].tolist() == [9]
    assert made.peaks(10)[0].tolist() == []


def test_long_stretches_are_no_sites() -> None:
    made = told("." + 10 * "x", [1] * 11)
    assert (made.true_sites(), made.over) == (None, False)
    made.update(50, np.ones(4_000, np.int32), np.ones(4_000, bool), np.ones(4_000, bool))
    assert (made.true_sites(), made.over) == (None, True)
    assert told("...", [1, 1, 1]).true_sites() is None


def test_only_the_best_bases_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genoseq.metrics.sites.KEPT", 50)
    rng = np.random.default_rng(0)
    slots = rng.integers(0, BINS, 2_000)
    made = told("x" + 1_999 * ".", slots.tolist(), piece=30)
    assert made._remembered <= 100
    peaks, least = made.peaks(0)
    assert least == made._floor > 0.9 * BINS
    assert set(peaks.tolist()) <= set(np.flatnonzero(slots >= least).tolist())
    alike = told("x" + 1_999 * ".", [3] * 2_000, piece=30)
    assert alike.peaks(0)[1] >= 4  # a level of which all are alike is not cut at random
    assert len(alike.peaks(0)[0]) == 0


def most_pairs(sites: list[list[int]], peaks: list[int], tolerance: int) -> int:
    """Of all ways."""
    if not sites or not peaks:
        return 0
    low, high = sites[0]
    found = [most_pairs(sites[1:], peaks, tolerance)]
    for n, peak in enumerate(peaks):
        if low - tolerance <= peak < high + tolerance:
            found.append(1 + most_pairs(sites[1:], peaks[:n] + peaks[n + 1 :], tolerance))
    return max(found)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(1, 4), max_size=5),
    st.lists(st.integers(0, 30), max_size=5, unique=True),
    st.sampled_from([0, 1, 3]),
)
def test_matched_is_the_most_pairs_there_are(
    gaps: list[int], peaks: list[int], tolerance: int
) -> None:
    at, sites = 0, []
    for gap in gaps:
        sites.append([at + gap, at + gap + 1 + gap % 2])
        at = sites[-1][1]
    spans = np.array(sites, np.int64).reshape(-1, 2)
    own = sorted(peaks)
    found = matched(spans, np.array(own, np.int64), tolerance)
    assert len({*found.tolist()}) == len(found) == most_pairs(sites, own, tolerance)
    for low, high in spans[found].tolist():
        assert any(low - tolerance <= peak < high + tolerance for peak in own)
