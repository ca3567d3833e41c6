"""Regions of a store as columns: which are of a split, and where their bases are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genoseq.genome.regions import Region
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
