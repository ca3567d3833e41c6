"""31-mers that splits share: those of regions alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genoseq.genome.regions import Region
from genoseq.store.leaks import store_leaks
from genoseq.store.store import Store
from genoseq.store.write import write_store

CODES = np.random.default_rng(0).integers(0, 4, 300, np.uint8)


def store_of(path: Path, train: tuple[int, int], test: tuple[int, int]) -> Store:
    """A contig of random bases, and a region of each split on it."""
    regions = [(Region("c", *train), "train", None), (Region("c", *test), "test", None)]
    return write_store(path, path.name, None, [("c", [CODES])], regions, {})


def test_store_leaks_are_of_the_bases_of_regions(tmp_path: Path) -> None:
    (apart,) = store_leaks([store_of(tmp_path / "apart", (0, 150), (150, 300))])
    assert (apart.shared, apart.total) == (0, 120)
    (shared,) = store_leaks([store_of(tmp_path / "shared", (0, 150), (110, 210))])
    assert (shared.shared, shared.total) == (10, 70)
