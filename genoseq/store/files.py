"""The raw files of a store: how contigs and regions are checked, written, and read once whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import StoreError
from genoseq.genome.regions import Region, check_bounds
from genoseq.genome.schemes import Scheme
from genoseq.genome.sequences import Codes, N
from genoseq.store.index import damaged
from genoseq.store.regions import RegionColumns, StoreRegions

CODES, LABELS = "codes.bin", "labels.bin"
REPLICATES, CONTROLS = "replicates.bin", "controls.bin"

Array = NDArray[Any]
SIGNAL_TYPE = np.dtype("<f4")
Contig = tuple[str, Iterable[Codes]]
"""A contig's name, and its bases in pieces of shape (n,), values 0 to 4."""
LabelledRegion = tuple[Region, str, Array | None]
"""A region, its split, and its labels (L,) or (L, S), or None without a scheme; where there are
replicates of signals or controls, they are further columns, (L, S + R + C)."""

_CHUNK_BYTES = 1 << 20
_BYTES = np.dtype(np.uint8)


def file_checksum(path: str | PathLike[str]) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def verify_file(
    path: Path,
    sha256: str | None,
    check: Callable[[Array], str | None],
    dtype: np.dtype[Any] = _BYTES,
) -> None:
    """Read a file whole, once: it costs a second for 1.5 GB, in which nothing can be learned.

    Parameters
    ----------
    path, sha256
        The file, and its SHA-256 by the index; None, which it never has, if that has none.
    check
        What is wrong with some of its values, (n,) of ``dtype``; None if nothing is.

    Raises
    ------
    StoreError
        If its bytes are not those that were written, or a value cannot be.
    """
    digest, problem = hashlib.sha256(), None
    # Read, not mapped: pages of a memory map count as resident memory until it is closed.
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            digest.update(chunk)
            problem = problem or check(np.frombuffer(chunk, dtype))
    if digest.hexdigest() != sha256:
        problem = "its checksum is not the one in the index"
    if problem is not None:
        raise StoreError(f"{path}: {damaged(problem)}")


def check_codes(codes: Array) -> str | None:
    """What is wrong with base codes; None if nothing is."""
    highest = int(codes.max(initial=0))
    return None if highest <= N else f"base code {highest}, use 0 to {N}"


def write_codes(folder: Path, contigs: Iterable[Contig]) -> tuple[dict[str, int], str]:
    """Write ``codes.bin``; the length of each contig, and the file's SHA-256.

    Raises
    ------
    StoreError
        If two contigs have one name, or a code is above 4.
    """
    lengths: dict[str, int] = {}
    with (folder / CODES).open("wb") as handle:
        file = _HashedFile(handle)
        for name, pieces in contigs:
            if name in lengths:
                raise StoreError(f"contig {name!r} comes twice: a name must be there once")
            lengths[name] = 0
            for codes in pieces:
                if (problem := check_codes(codes)) is not None:
                    raise StoreError(f"contig {name!r}: {problem}")
                file.append(codes.astype(np.uint8, copy=False))
                lengths[name] += len(codes)
    return lengths, file.checksum()


def write_regions(
    folder: Path,
    lengths: Mapping[str, int],
    scheme: Scheme | None,
    labelled: Iterable[LabelledRegion],
    beside: Mapping[str, int] | None = None,
) -> tuple[StoreRegions, dict[str, str]]:
    """Write ``labels.bin``, where there is a scheme; the regions, and the SHA-256 of each file.

    Parameters
    ----------
    beside
        How many columns behind the labels go to which other file, in order.

    Raises
    ------
    StoreError
        If labels do not fit the scheme, or no region has a base.
    RegionError
        If a region is not on the genome.
    """
    columns, beside = RegionColumns(), beside or {}
    with ExitStack() as stack:
        names = [LABELS, *beside] if scheme is not None else []
        files = [_HashedFile(stack.enter_context((folder / name).open("wb"))) for name in names]
        for region, split, labels in labelled:
            columns.append(check_bounds(region, lengths), split)
            if beside and labels is not None:
                edges = np.cumsum([labels.shape[1] - sum(beside.values()), *beside.values()])
                labels, *others = np.split(labels, edges[:-1], axis=1)
                for file, other in zip(files[1:], others, strict=True):
                    file.append(other.astype(SIGNAL_TYPE))
            if (checked := _checked_labels(region, labels, scheme)) is not None:
                files[0].append(checked)
    regions = columns.regions()
    if regions.total_bases == 0:
        raise StoreError(
            f"no base to store ({len(regions)} regions): every region was filtered out, "
            f"or the sequences are empty; nothing was written"
        )
    return regions, {name: file.checksum() for name, file in zip(names, files, strict=True)}


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


def _checked_labels(region: Region, labels: Array | None, scheme: Scheme | None) -> Array | None:
    """Labels as they are stored; None without a scheme."""
    if (labels is None) != (scheme is None):
        lacks = "no labels, the store has a scheme" if labels is None else "labels without a scheme"
        raise StoreError(f"region {region}: {lacks}")
    if labels is None or scheme is None:
        return None
    wanted = scheme.label_shape(len(region))
    if labels.shape != wanted:
        raise StoreError(f"region {region}: labels of shape {labels.shape}, expected {wanted}")
    if (problem := scheme.check(labels)) is not None:
        raise StoreError(f"region {region}: {problem}")
    return labels.astype(scheme.dtype, copy=False)
