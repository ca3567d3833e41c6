"""Intervals: one coordinate system inside, 1-based closed in region strings."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import RegionError
from genoseq.genome.regions import (
    Region,
    check_bounds,
    clip,
    cut_out,
    flank,
    format_region,
    holes_by_contig,
    merge,
    parse_region,
    subtract,
    tiles,
    touching,
)

LENGTHS = {"chr1": 1000, "a:1-5": 30}
INTERVALS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(0, 20)).map(
        lambda t: Region(t[0], t[1], t[1] + t[2])
    )
)


def bases(regions: list[Region]) -> set[tuple[str, int]]:
    return {(region.chrom, base) for region in regions for base in range(region.start, region.end)}


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 4)])
def test_region_refuses_impossible_intervals(start: int, end: int) -> None:
    with pytest.raises(RegionError, match="start must be at least 0 and not after end"):
        Region("chr1", start, end)


def test_parse_region_reads_one_based_closed() -> None:
    assert parse_region("chr1:1-100") == Region("chr1", 0, 100)
    assert parse_region("chr1:1,000-2,000(-)") == Region("chr1", 999, 2000, "-")


def test_parse_region_bare_name_is_the_whole_contig() -> None:
    assert parse_region("chr1", LENGTHS) == Region("chr1", 0, 1000)
    assert parse_region("chr1(+)", LENGTHS) == Region("chr1", 0, 1000, "+")


def test_parse_region_prefers_a_contig_that_looks_like_a_region() -> None:
    assert parse_region("a:1-5", LENGTHS) == Region("a:1-5", 0, 30)
    assert parse_region("a:1-5:2-3", LENGTHS) == Region("a:1-5", 1, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1:0-5", "bases are counted from 1"),
        ("chr1:9-5", "start is not after end"),
        ("chr1:5-1001", "ends past the contig's last base, 1000"),
        ("chr2:1-5", "the FASTA has no contig 'chr2' but a:1-5, chr1"),
        ("", "expected chrom:start-end"),
    ],
)
def test_parse_region_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(RegionError, match=message):
        parse_region(text, LENGTHS)


def test_parse_region_needs_lengths_for_a_bare_name() -> None:
    with pytest.raises(RegionError, match="expected chrom:start-end"):
        parse_region("chr1")


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.sampled_from("+-."))
def test_format_region_is_read_back(start: int, length: int, strand: str) -> None:
    region = Region("chr|1.x", start, start + length, strand)  # type: ignore[arg-type]
    assert parse_region(format_region(region)) == region


def test_check_bounds_names_the_contig() -> None:
    with pytest.raises(RegionError, match=r"contig '1' of region 1:1-5 is not in the FASTA"):
        check_bounds(Region("1", 0, 5), LENGTHS)


def test_clip_cuts_at_the_end_of_the_contig() -> None:
    assert clip(Region("c", 5, 20), 10) == Region("c", 5, 10)
    assert clip(Region("c", 15, 20), 10) == Region("c", 10, 10)


def test_flank_counts_upstream_on_the_strand() -> None:
    assert flank(Region("c", 10, 20, "+"), 5, 2, 100) == Region("c", 5, 22, "+")
    assert flank(Region("c", 10, 20, "-"), 5, 2, 100) == Region("c", 8, 25, "-")


def test_flank_stays_on_the_contig() -> None:
    assert flank(Region("c", 2, 9), 5, 5, 10) == Region("c", 0, 10)


@given(INTERVALS)
def test_merge_keeps_the_bases_and_leaves_no_contact(regions: list[Region]) -> None:
    merged = merge(regions)
    assert bases(merged) == bases(regions)
    assert sum(map(len, merged)) == len(bases(regions))
    for left, right in itertools.pairwise(merged):
        assert left.chrom < right.chrom or left.end < right.start


def test_merge_joins_regions_that_touch() -> None:
    assert merge([Region("c", 0, 5), Region("c", 5, 9)]) == [Region("c", 0, 9)]
    apart = [Region("c", 0, 5), Region("c", 6, 9), Region("d", 9, 10)]
    assert merge(apart) == apart


@given(INTERVALS)
def test_subtract_leaves_the_bases_outside(holes: list[Region]) -> None:
    whole = Region("a", 5, 50, "-")
    inside = [hole for hole in merge(holes) if hole.chrom == "a"]
    left = list(subtract(whole, inside))
    assert bases(left) == bases([whole]) - bases(inside)
    assert all(region.strand == "-" and len(region) for region in left)


@given(INTERVALS, st.integers(0, 60), st.integers(1, 20))
def test_touching_finds_the_holes_that_hold_a_base(
    regions: list[Region], start: int, length: int
) -> None:
    holes = holes_by_contig(regions).get("a", [])
    end = start + length
    assert list(touching(holes, start, end)) == [
        hole for hole in holes if hole.start < end and hole.end > start
    ]


def test_cut_out_takes_holes_at_the_first_and_last_base() -> None:
    holes = [Region("c", 0, 6), Region("c", 19, 30)]
    assert list(cut_out(Region("c", 5, 20), holes)) == [Region("c", 6, 19)]
    assert list(cut_out(Region("c", 6, 19), holes)) == [Region("c", 6, 19)]


def test_tiles_end_with_the_one_that_reaches_the_end() -> None:
    found = list(tiles(Region("c", 5, 25), 10, 5))
    assert found == [Region("c", start, start + 10) for start in (5, 10, 15)]
    assert list(tiles(Region("c", 5, 26), 10, 5))[3:] == [Region("c", 20, 26)]
    assert list(tiles(Region("c", 5, 26), 0, 0)) == [Region("c", 5, 26)]
