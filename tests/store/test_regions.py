"""Regions of a store as columns: which are of a split, and where their bases are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genoseq.genome.regions import Region
from genoseq.store.regions import RegionColumns
from genoseq.store.store import Store
from genoseq.store.write import write_store


def store_of(path: Path, *regions: Region) -> Store:
    """Two contigs of 9 and 50 bases, and regions without labels on them."""
    contigs = [(chrom, [np.zeros(length, np.uint8)]) for chrom, length in (("a", 9), ("b", 50))]
    return write_store(path, "toy", None, contigs, [(r, "train", None) for r in regions], {})


def test_code_offset_is_of_the_contig_of_each_region(tmp_path: Path) -> None:
    store = store_of(tmp_path / "s", Region("b", 5, 40), Region("a", 2, 9), Region("b", 0, 5))
    assert store.code_offset.tolist() == [14, 2, 9]


def test_of_split_leaves_out_regions_without_a_base(tmp_path: Path) -> None:
    store = store_of(tmp_path / "s", *(Region("b", 7, end) for end in (7, 9, 7)))
    assert store.regions.of_split("train").tolist() == [1]
    assert store.regions.of_split("dev").tolist() == []


spans = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted)


@given(st.lists(st.tuples(st.sampled_from("abc"), spans)), st.sampled_from("abcd"), spans)
def test_on_finds_the_regions_that_share_a_base(
    placed: list[tuple[str, list[int]]], chrom: str, span: list[int]
) -> None:
    columns = RegionColumns()
    for name, (start, end) in placed:
        columns.append(Region(name, start, end), "train")
    asked = set(range(*span))
    shared = [name == chrom and bool(asked & set(range(*own))) for name, own in placed]
    found = columns.regions().on(chrom, *span)
    if asked:
        assert found.tolist() == np.flatnonzero(shared).tolist()
