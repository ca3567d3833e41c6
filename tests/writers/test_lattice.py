"""The lattice between tracks and writers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from track_cases import CDS, golden, pieces, probabilities

from genoseq.errors import RegionError
from genoseq.genome.tracks import Channel, Track
from genoseq.writers.lattice import GAP, PAGE, SLAB, floats, slabs, thousandths


def gather(genome, sizes, kind="classes"):
    lengths = {chrom: len(values) for chrom, values in genome.items()}
    return list(slabs(pieces(genome, CDS, sizes), lengths, CDS, kind))


@settings(max_examples=30)
@given(st.lists(st.integers(2_000, 400_000), min_size=1, max_size=5))
def test_slabs_do_not_depend_on_pieces(sizes: list[int]) -> None:
    genome = {"b": probabilities(300_000, 1), "a": probabilities(10, 2)}
    genome["b"][7_000:20_000] = np.nan
    for one, other in zip(gather(genome, sizes), gather(genome, [10**6]), strict=True):
        assert (one.chrom, one.start) == (other.chrom, other.start)
        np.testing.assert_array_equal(one.values, other.values)


def test_slabs_hold_every_value_once() -> None:
    genome = golden()
    seen = {chrom: np.full_like(values, np.nan) for chrom, values in genome.items()}
    for slab in gather(genome, [30_000]):
        assert slab.start % PAGE == 0
        assert slab.start // SLAB == (slab.start + slab.values.shape[1] - 1) // SLAB
        seen[slab.chrom][slab.start :][: slab.values.shape[1]] = floats(slab.values).T
    for chrom, values in genome.items():
        np.testing.assert_array_equal(seen[chrom], values)


def test_slabs_skipped_bases_are_gaps() -> None:
    tracks = [Track("a", start, np.ones((10, 2), np.float32), CDS) for start in (5, 9_000)]
    (slab,) = slabs(tracks, {"a": 10_000}, CDS, "classes")
    known = np.flatnonzero(slab.values[0] != GAP)
    assert known.tolist() == [*range(5, 15), *range(9_000, 9_010)]


def test_thousandths_of_zero_and_gap() -> None:
    values = np.array([0, -0.0, np.nan, 1, 0.1234, 0.0004], np.float32)
    assert thousandths(values).tolist() == [0, 0, GAP, 1000, 123, 0]
    np.testing.assert_array_equal(floats(thousandths(values[:4])), values[:4])


def one(values, start=0, chrom="a", channels=CDS):
    return Track(chrom, start, np.full((10, len(channels)), values, np.float32), channels)


@pytest.mark.parametrize(
    ("tracks", "kind", "message"),
    [
        ([one(1.25)], "classes", r"a:1-10: 1\.25 is no probability"),
        ([one(-0.25)], "classes", r"a:1-10: -0\.25 is no probability"),
        ([one(np.inf)], "signal", "a:1-10: infinite values"),
        ([one(1, 0), one(1, 5)], "classes", "a:6-15 came too late"),
        ([one(1, 0), one(1, 9)], "classes", "a:10-19 came too late"),
        ([one(1, chrom="b"), one(1)], "classes", "must be in the order of the FASTA"),
        ([one(1, 95)], "classes", "a:96-105 lies outside the contigs"),
        ([one(1, chrom="c")], "classes", "c:1-10 lies outside the contigs"),
        ([one(1, channels=(Channel("x"),))], "classes", "has channels"),
    ],
)
def test_slabs_refuse_impossible_tracks(tracks, kind, message) -> None:
    with pytest.raises(RegionError, match=message):
        list(slabs(tracks, {"a": 100, "b": 100}, CDS, kind))
