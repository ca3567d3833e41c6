"""How large the files of a store must be, and how they are read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genoseq.errors import StoreError
from genoseq.store.files import (
    CODES,
    LABELS,
    SIGNAL_TYPE,
    Array,
    check_codes,
    verify_file,
)
from genoseq.store.index import INDEX, damaged
from genoseq.store.regions import table_digest

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
    for name, columns in store.columns_beside.items():
        sizes[store.path / name] = store.regions.total_bases * columns * SIGNAL_TYPE.itemsize
    return sizes


def check_sizes(store: Store) -> None:
    """StoreError at the first data file that has not as many bytes as it must."""
    for file, size in file_sizes(store).items():
        found = file.stat().st_size if file.is_file() else 0
        if found != size:
            raise StoreError(f"{file}: {damaged(f'{found} bytes, its index says {size}')}")


def verify_files(store: Store) -> None:
    """Read every file whole; StoreError at the first that is not as it was written."""
    verify_file(store.path / CODES, store.checksums.get(CODES), check_codes)
    if store.scheme is not None:
        check, dtype = store.scheme.check, store.scheme.dtype
        for name in (LABELS, *store.columns_beside):
            verify_file(store.path / name, store.checksums.get(name), check, dtype)
    if store.checksums.get("index") != table_digest(store.lengths, store.regions):
        problem = damaged("its checksum is not the one in the index")
        raise StoreError(f"{store.path / INDEX}: {problem}")


def mapped(file: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    # As a plain array: slices of np.memmap cost ten times as much to make.
    return np.memmap(file, dtype, "r", shape=shape).view(np.ndarray)
