"""How large the files of a store must be, and how they are read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genoseq.store.files import CODES, LABELS, REPLICATE_TYPE, REPLICATES, Array

if TYPE_CHECKING:
    from genoseq.store.store import Store


def check_regions(store: Store) -> None:
    """ValueError if no region has a base, or one is not inside its contig."""
    regions = store.regions
    if not regions.total_bases:
        raise ValueError("no region has a base")
    ends = np.array([store.lengths[chrom] for chrom in regions.chroms], np.int64)[regions.chrom]
    outside = (regions.start < 0) | (regions.start > regions.end) | (regions.end > ends)
    if np.any(outside | (regions.chrom < 0)):
        raise ValueError("a region is not inside its contig")


def file_sizes(store: Store) -> dict[Path, int]:
    """Bytes that each data file must have."""
    sizes = {store.path / CODES: store.bases}
    if store.scheme is not None:
        shape = store.scheme.label_shape(store.regions.total_bases)
        sizes[store.path / LABELS] = math.prod(shape) * store.scheme.dtype.itemsize
    if store.replicates:
        shape = store.regions.total_bases, len(store.replicates)
        sizes[store.path / REPLICATES] = math.prod(shape) * REPLICATE_TYPE.itemsize
    return sizes


def mapped(file: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    # As a plain array: slices of np.memmap cost ten times as much to make.
    return np.memmap(file, dtype, "r", shape=shape).view(np.ndarray)
