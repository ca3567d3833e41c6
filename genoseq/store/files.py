"""The raw files of a store: their types and shapes, and how regions are checked and written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from genoseq.config.schema import TokenizerSettings
from genoseq.errors import StoreError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import UNKNOWN, Scheme
from genoseq.store.regions import RegionColumns, StoreRegions
from genoseq.tokenizers.alignment import token_count
from genoseq.tokenizers.vocabulary import Vocabulary

IDS, LABELS = "ids.bin", "labels.bin"

Array = NDArray[Any]
Piece = tuple[Region, str, Array, Array | None]
"""A region, its split, its ids (T,), and its labels (L,) or (L, S), or None without a scheme."""


def ids_dtype(tokenizer: TokenizerSettings) -> np.dtype[Any]:
    """Type of ids on disk: the vocabulary's, little-endian."""
    return Vocabulary(tokenizer.k).dtype.newbyteorder("<")


def label_dtype(scheme: Scheme) -> np.dtype[Any]:
    """Type of labels on disk: one byte a base for classes, float32 for signals."""
    return np.dtype("u1" if scheme.kind == "classes" else "<f4")


def label_shape(scheme: Scheme, bases: int) -> tuple[int, ...]:
    """(L,) for classes, (L, S) for signals."""
    return (bases,) if scheme.kind == "classes" else (bases, len(scheme))


def unknown_label(scheme: Scheme) -> float:
    """255 for classes, NaN for signals."""
    return UNKNOWN if scheme.kind == "classes" else np.nan


def file_checksum(path: str | PathLike[str]) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_pieces(
    folder: Path, tokenizer: TokenizerSettings, scheme: Scheme | None, pieces: Iterable[Piece]
) -> tuple[StoreRegions, dict[str, str]]:
    """Write ``ids.bin`` and ``labels.bin``; the regions written, and each file's SHA-256.

    Raises
    ------
    StoreError
        If a piece does not fit the tokenizer or the scheme, or no piece has a base.
    """
    columns = RegionColumns(tokenizer.stride)
    with (folder / IDS).open("wb") as ids_handle, (folder / LABELS).open("wb") as labels_handle:
        files = {IDS: _HashedFile(ids_handle), LABELS: _HashedFile(labels_handle)}
        for region, split, ids, labels in pieces:
            columns.append(region, split)
            files[IDS].append(_checked_ids(region, ids, tokenizer))
            if (checked := _checked_labels(region, labels, tokenizer, scheme)) is not None:
                files[LABELS].append(checked)
    if scheme is None:
        (folder / LABELS).unlink()
        del files[LABELS]
    regions = columns.regions()
    if regions.total_tokens == 0:
        raise StoreError(
            f"no base to store ({len(regions)} regions): every region was filtered out, "
            f"or the sequences are empty; nothing was written"
        )
    return regions, {name: file.checksum() for name, file in files.items()}


class _HashedFile:
    """A file whose checksum is taken while it is written."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._hash = hashlib.sha256()

    def append(self, values: Array) -> None:
        data = values.tobytes()
        self._handle.write(data)
        self._hash.update(data)

    def checksum(self) -> str:
        return self._hash.hexdigest()


def _checked_ids(region: Region, ids: Array, tokenizer: TokenizerSettings) -> Array:
    wanted = token_count(len(region), tokenizer.stride)
    if ids.shape != (wanted,):
        raise StoreError(
            f"region {region}: ids of shape {ids.shape}, its {len(region)} bases "
            f"at stride {tokenizer.stride} make ({wanted},)"
        )
    size = Vocabulary(tokenizer.k).size
    if wanted and not 0 <= int(ids.min()) <= int(ids.max()) < size:
        raise StoreError(f"region {region}: ids outside 0 to {size - 1}, the tokens of {tokenizer}")
    return ids.astype(ids_dtype(tokenizer), copy=False)


def _checked_labels(
    region: Region, labels: Array | None, tokenizer: TokenizerSettings, scheme: Scheme | None
) -> Array | None:
    """Labels as they are stored, filled up with unknown to whole cells; None without a scheme."""
    if (labels is None) != (scheme is None):
        lacks = "no labels, the store has a scheme" if labels is None else "labels without a scheme"
        raise StoreError(f"region {region}: {lacks}")
    if labels is None or scheme is None:
        return None
    bases = token_count(len(region), tokenizer.stride) * tokenizer.stride
    shapes = label_shape(scheme, len(region)), label_shape(scheme, bases)
    if labels.shape not in shapes:
        raise StoreError(f"region {region}: labels of shape {labels.shape}, expected {shapes[0]}")
    known = labels[labels != UNKNOWN] if scheme.kind == "classes" else labels[:0]
    if known.size and not 0 <= int(known.min()) <= int(known.max()) < len(scheme):
        raise StoreError(
            f"region {region}: labels outside the scheme's states 0 to {len(scheme) - 1} "
            f"and {UNKNOWN} (unknown)"
        )
    filled = np.full(shapes[1], unknown_label(scheme), label_dtype(scheme))
    filled[: len(labels)] = labels
    filled[len(region) :] = unknown_label(scheme)
    return filled
