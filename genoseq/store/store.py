"""Training data on disk: token ids and labels of regions, each base once, memory-mapped.

    STORE/
      index.json    format, name, tokenizer, scheme, regions as columns, sources, checksums
      provenance.json    see :mod:`genoseq.files.provenance`
      ids.bin       token ids of all regions in order, little-endian unsigned, (T,)
      labels.bin    labels of all regions in order: uint8 (bases,) or float32 (bases, S)

Each region owns ``ceil(length / stride)`` tokens and ``stride`` times as many labels, so its labels
begin at ``offset * stride``, and those past the region's end are unknown.  Opening reads the index
and compares file sizes; checksums are taken while writing and compared by :func:`verify_store`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from genoseq import __version__
from genoseq.config.schema import TokenizerSettings
from genoseq.errors import GenoseqError, StoreError
from genoseq.files.atomic import atomic_folder, irreplaceable
from genoseq.files.provenance import PROVENANCE, write_record
from genoseq.genome.schemes import Scheme, scheme_from_json
from genoseq.store.files import (
    IDS,
    LABELS,
    Array,
    Piece,
    file_checksum,
    ids_dtype,
    label_dtype,
    label_shape,
    write_pieces,
)
from genoseq.store.regions import (
    StoreRegion,
    StoreRegions,
    regions_digest,
    regions_from_json,
    regions_to_json,
)

__all__ = [
    "Piece",
    "Store",
    "StoreRegion",
    "file_checksum",
    "open_store",
    "verify_store",
    "write_store",
]

FORMAT = "genoseq-store"
VERSION = 1
INDEX = "index.json"


@dataclass(frozen=True, eq=False)
class Store:
    """An open store.

    Attributes
    ----------
    path, name
        The folder, and the genome's or data set's name.
    tokenizer
        k and stride of the ids.
    scheme
        What the labels mean, or None if there are none.
    regions
        The regions as columns; ``regions[i]`` is one of them.
    sources
        Files that the store was made from, with their checksums.
    checksums
        SHA-256 of each file and of the table of regions.
    genoseq_version
        The version that wrote it.
    """

    path: Path
    name: str
    tokenizer: TokenizerSettings
    scheme: Scheme | None
    regions: StoreRegions
    sources: Mapping[str, Any]
    checksums: Mapping[str, str]
    genoseq_version: str

    def __reduce__(self) -> tuple[Any, ...]:
        # Data loader workers get the path: a pickled memory map would be a copy of the file.
        return open_store, (self.path,)

    @cached_property
    def all_ids(self) -> Array:
        """Ids of all regions, one after the other: a memory map, read-only, shape (T,)."""
        return _map(self.path / IDS, ids_dtype(self.tokenizer), (self.regions.total_tokens,))

    @cached_property
    def all_labels(self) -> Array:
        """Labels of all regions: a memory map, (T * stride,) or (T * stride, S).

        Raises
        ------
        StoreError
            If the store has no labels.
        """
        if self.scheme is None:
            raise StoreError(
                f"{self.path}: store {self.name!r} has no labels: "
                f"write it with an annotation or signal to train or evaluate on it"
            )
        bases = self.regions.total_tokens * self.tokenizer.stride
        return _map(self.path / LABELS, label_dtype(self.scheme), label_shape(self.scheme, bases))

    def ids(self, index: int) -> Array:
        """Token ids of region ``index``: a view of the file, shape (T,)."""
        start = int(self.regions.offset[index])
        return self.all_ids[start : start + int(self.regions.tokens[index])]

    def labels(self, index: int) -> Array:
        """Labels of region ``index``: a view of the file, (T * stride,) or (T * stride, S).

        Classes are uint8 states, 255 unknown; signals are float32, NaN unknown.
        """
        stride = self.tokenizer.stride
        start = int(self.regions.offset[index]) * stride
        return self.all_labels[start : start + int(self.regions.tokens[index]) * stride]


def write_store(
    path: str | PathLike[str],
    name: str,
    tokenizer: TokenizerSettings,
    scheme: Scheme | None,
    pieces: Iterable[Piece],
    sources: Mapping[str, Any],
    record: Mapping[str, Any] | None = None,
) -> Store:
    """Write a store, one region at a time, and open it.

    Parameters
    ----------
    path
        The folder.  An older store there is replaced as a whole once the new one is complete.
    name
        Name of the genome or data set.
    tokenizer
        k and stride of the ids.
    scheme
        What the labels mean; None for a store without labels.
    pieces
        Regions in any order with split, ids (T,) of the forward strand where T = ceil(L / stride),
        and labels of shape (L,) or (L, S), or of T * stride rows; None without a scheme.
    sources
        Files that the pieces come from and their checksums (:func:`file_checksum`), for the record.
    record
        What ``provenance.json`` is to say; without it there is none.

    Raises
    ------
    StoreError
        If there is no region or no base, if a piece does not fit the tokenizer or the scheme, or if
        ``path`` holds something else than a store.
    """
    folder = Path(path)
    if (problem := irreplaceable(folder, (INDEX, IDS, LABELS, PROVENANCE))) is not None:
        raise StoreError(problem)
    with atomic_folder(folder) as partial:
        regions, checksums = write_pieces(partial, tokenizer, scheme, pieces)
        index = {
            "format": FORMAT,
            "version": VERSION,
            "genoseq": __version__,
            "name": name,
            "tokenizer": tokenizer.model_dump(),
            "scheme": None if scheme is None else scheme.to_json(),
            "regions": regions_to_json(regions),
            "sources": dict(sources),
            "sha256": checksums | {"regions": regions_digest(regions)},
        }
        (partial / INDEX).write_text(json.dumps(index) + "\n", encoding="utf-8")
        if record is not None:
            write_record(partial, record)
    return open_store(folder)


def open_store(path: str | PathLike[str]) -> Store:
    """Open a store: reads the index and compares file sizes, nothing else.

    Raises
    ------
    StoreError
        If there is no store, its version is another, or it is damaged.
    """
    folder = Path(path)
    index = _read_index(folder)
    try:
        tokenizer = TokenizerSettings.model_validate(index["tokenizer"])
        scheme = None if index["scheme"] is None else scheme_from_json(index["scheme"])
        regions = regions_from_json(index["regions"], tokenizer.stride)
        facts = index["sources"], index["sha256"], index["genoseq"]
        store = Store(folder, index["name"], tokenizer, scheme, regions, *facts)
    except (KeyError, TypeError, ValueError, GenoseqError) as error:
        problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise StoreError(f"{folder / INDEX}: {_damaged(problem)}") from None
    for file, size in _sizes(store).items():
        found = file.stat().st_size if file.is_file() else 0
        if found != size:
            raise StoreError(f"{file}: {_damaged(f'{found} bytes, its index says {size}')}")
    return store


def verify_store(path: str | PathLike[str]) -> Store:
    """Open a store and compare the SHA-256 of every file with its index.

    Raises
    ------
    StoreError
        As :func:`open_store`, and at the first file whose bytes have changed.
    """
    store = open_store(path)
    found = {file.name: file_checksum(file) for file in _sizes(store)}
    found["regions"] = regions_digest(store.regions)
    for name, checksum in found.items():
        if store.checksums.get(name) != checksum:
            where = store.path / (name if name != "regions" else INDEX)
            raise StoreError(f"{where}: {_damaged('its checksum is not the one in the index')}")
    return store


def _read_index(folder: Path) -> dict[str, Any]:
    file = folder / INDEX
    try:
        index = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(
            f"{folder}: no store here ({INDEX}: {error.strerror}): make one with genoseq tokenize"
        ) from None
    except ValueError:
        raise StoreError(f"{file}: {_damaged('it is not JSON')}") from None
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        raise StoreError(f"{file}: not the index of a {FORMAT}")
    if index.get("version") != VERSION:
        raise StoreError(
            f"{file}: store format {index.get('version')}, this genoseq reads {VERSION}: "
            f"write the store again with genoseq tokenize"
        )
    return index


def _sizes(store: Store) -> dict[Path, int]:
    """Bytes that each data file must have."""
    tokens = store.regions.total_tokens
    sizes = {store.path / IDS: tokens * ids_dtype(store.tokenizer).itemsize}
    if store.scheme is not None:
        shape = label_shape(store.scheme, tokens * store.tokenizer.stride)
        sizes[store.path / LABELS] = math.prod(shape) * label_dtype(store.scheme).itemsize
    return sizes


def _map(file: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    # As a plain array: slices of np.memmap cost ten times as much to make.
    return np.memmap(file, dtype, "r", shape=shape).view(np.ndarray)


def _damaged(what: str) -> str:
    return f"the store is damaged or was copied in part ({what}): write or copy it again"
