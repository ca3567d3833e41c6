"""Training data on disk, one store per genome: its bases, and the labels of regions of it.

    STORE/
      index.json    format, name, contig lengths, scheme, regions as columns, sources, checksums
      provenance.json    see :mod:`genoseq.files.provenance`
      codes.bin     base codes 0 to 4 of every contig, whole, one after the other, uint8 (G,)
      labels.bin    labels of all regions in order: uint8 (bases,) or float32 (bases, S)
      replicates.bin    of signals with several libraries: each of these, float32 (bases, R)
      controls.bin    of signals whose control is learned: it, float32 (bases, S)

Tokens are made when a window is read, so a store suits every tokenizer.  Opening reads the index
and compares file sizes.  Before anything is learned or judged from a store its files are read once
whole, and checksums and ranges are compared (:func:`verify_store`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import GenoseqError, StoreError
from genoseq.files.stored import check_seal
from genoseq.genome.regions import Region, check_bounds
from genoseq.genome.schemes import Scheme, State, scheme_from_json
from genoseq.genome.sequences import Codes, decode
from genoseq.store.files import CODES, CONTROLS, LABELS, REPLICATES, SIGNAL_TYPE, Array
from genoseq.store.index import INDEX, damaged, read_index, whole
from genoseq.store.layout import check_regions, check_sizes, mapped, verify_files
from genoseq.store.regions import StoreRegions, regions_from_json

_MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, OverflowError, GenoseqError)
"""What the parts of an index raise that is another JSON than it should be."""


@dataclass(frozen=True, eq=False, repr=False)
class Store:
    """An open store.

    Attributes
    ----------
    path, name
        The folder, and the genome's name.
    lengths
        bp of every contig of the genome, in the FASTA's order.
    scheme
        What the labels mean, or None if there are none.
    regions
        The regions with labels, as columns; ``regions[i]`` is one of them.
    sources
        Files that the store was made from, with their checksums.
    checksums
        SHA-256 of each file, and of the tables of contigs and regions (``index``).
    genoseq_version
        The version that wrote it.
    signals
        What was done to files of signals, :meth:`genoseq.labels.signals.SignalLabels.facts`; empty
        of classes, and of stores of earlier versions.
    """

    path: Path
    name: str
    lengths: dict[str, int]
    scheme: Scheme | None
    regions: StoreRegions
    sources: Mapping[str, Any]
    checksums: Mapping[str, str]
    genoseq_version: str
    signals: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        labels = f"{len(self.classes)} {self.scheme.kind}" if self.scheme else "no labels"
        regions = f"{len(self.regions):,} regions of {self.regions.total_bases:,} bp"
        contigs = f"{len(self.lengths):,} contigs of {self.bases:,} bp"
        return f"<Store {self.name!r}: {contigs}, {regions}, {labels}, {self.path}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # The path: a pickled memory map would be a copy of the file.
        return _open_again, (self.path, dict(self.checksums))

    @cached_property
    def whole(self) -> bool:
        """True, once all of its files were read and are as they were written; StoreError if not."""
        assert self.all_codes is not None  # mapped now: one that is written anew is another file
        assert self.scheme is None or self.all_labels is not None
        verify_files(self)
        return True

    @property
    def bases(self) -> int:
        """bp of the whole genome."""
        return sum(self.lengths.values())

    @property
    def classes(self) -> tuple[State, ...]:
        """Name, strand and codon phase of each label, in order; none without labels."""
        return () if self.scheme is None else self.scheme.states

    @cached_property
    def all_codes(self) -> Codes:
        """Base codes of all contigs, one after the other: a memory map, read-only, shape (G,)."""
        return mapped(self.path / CODES, np.dtype(np.uint8), (self.bases,))

    @cached_property
    def all_labels(self) -> Array:
        """Labels of all regions: a memory map, read-only, (bases,) or (bases, S).

        Raises
        ------
        StoreError
            If the store has no labels.
        """
        shape = self._labelled().label_shape(self.regions.total_bases)
        return mapped(self.path / LABELS, self._labelled().dtype, shape)

    @property
    def replicates(self) -> list[tuple[str, str]]:
        """Name and strand of each column of :attr:`all_replicates`, R of them."""
        return [(name, strand) for name, strand in self.signals.get("replicates", [])]

    @property
    def columns_beside(self) -> dict[str, int]:
        """Columns of the files beside the labels: of replicates R, of learned controls S."""
        controls = len(self.classes) if self.signals.get("controls") else 0
        found = {REPLICATES: len(self.replicates), CONTROLS: controls}
        return {file: columns for file, columns in found.items() if columns}

    @cached_property
    def all_beside(self) -> dict[str, Array]:
        """What these hold of all regions: memory maps, read-only, (bases, columns)."""
        bases = self.regions.total_bases
        return {
            file: mapped(self.path / file, SIGNAL_TYPE, (bases, columns))
            for file, columns in self.columns_beside.items()
        }

    def _labelled(self) -> Scheme:
        if self.scheme is None:
            raise StoreError(
                f"{self.path}: store {self.name!r} has no labels: "
                f"write it with an annotation or signal to train or evaluate on it"
            )
        return self.scheme

    @cached_property
    def _first_base(self) -> dict[str, int]:
        """Offset of each contig in ``codes.bin``."""
        ends = np.cumsum(list(self.lengths.values()), dtype=np.int64)
        firsts = (ends - list(self.lengths.values())).tolist()
        return dict(zip(self.lengths, firsts, strict=True))

    @cached_property
    def code_offset(self) -> NDArray[np.int64]:
        """Offset of each region's first base in ``codes.bin``, shape (R,)."""
        contigs = np.array([self._first_base[chrom] for chrom in self.regions.chroms], np.int64)
        offsets: NDArray[np.int64] = contigs[self.regions.chrom] + self.regions.start
        return offsets

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Base codes of ``start <= i < end`` (0-based): a view of the file, (end - start,), 0 to 4.

        Raises
        ------
        RegionError
            If the contig does not exist or the stretch is not inside it.
        """
        check_bounds(Region(chrom, start, end), self.lengths, f"store {self.name!r}")
        first = self._first_base[chrom]
        return self.all_codes[first + start : first + end]

    def sequence(self, chrom: str, start: int, end: int) -> str:
        """Letters ``ACGTN`` of bases ``start <= i < end`` (0-based); errors as :meth:`codes`."""
        return decode(self.codes(chrom, start, end)).decode()

    def labels(self, chrom: str, start: int, end: int) -> Array:
        """Labels of bases ``start <= i < end`` (0-based), unknown outside regions.

        Returns
        -------
        Classes: uint8 states, 255 unknown, shape (L,).  Signals: float32, NaN unknown, (L, S).

        Raises
        ------
        RegionError
            As :meth:`codes`.
        StoreError
            If the store has no labels.
        """
        scheme = self._labelled()
        check_bounds(Region(chrom, start, end), self.lengths, f"store {self.name!r}")
        empty = np.full(scheme.label_shape(end - start), scheme.unknown, scheme.dtype)
        return self._filled(empty, self.all_labels, chrom, start)

    def beside(self, file: str, chrom: str, start: int, end: int) -> Array:
        """Of one of these, bases ``start <= i < end`` (0-based): float32 (L, columns), NaN where
        unknown; no column where the store has no such file.  RegionError as :meth:`codes`."""
        check_bounds(Region(chrom, start, end), self.lengths, f"store {self.name!r}")
        empty = np.full((end - start, self.columns_beside.get(file, 0)), np.nan, SIGNAL_TYPE)
        return self._filled(empty, self.all_beside[file], chrom, start) if empty.size else empty

    def _filled(self, values: Array, every: Array, chrom: str, start: int) -> Array:
        """Values (L, ...) of bases from ``start`` on, with those of all regions where they lie."""
        for index in self.regions.on(chrom, start, end := start + len(values)).tolist():
            region, first = self.regions[index], int(self.regions.offset[index])
            low, high = max(start, region.start), min(end, region.end)
            own = every[first + low - region.start : first + high - region.start]
            values[low - start : high - start] = own
        return values

    def region_labels(self, index: int) -> Array:
        """Labels of region ``index``: a view of the file, (L,) or (L, S).

        Raises
        ------
        StoreError
            If the store has no labels.
        """
        first = int(self.regions.offset[index])
        return self.all_labels[first : first + int(self.regions.bases[index])]


def open_store(path: str | PathLike[str]) -> Store:
    """Open a store: reads the index, compares its seal and file sizes, nothing else.

    Raises
    ------
    StoreError
        If there is no store, its version is another, or it is damaged.
    """
    folder = Path(path)
    index = read_index(folder)
    try:
        scheme = None if index["scheme"] is None else scheme_from_json(index["scheme"])
        store = Store(
            path=folder,
            name=str(index["name"]),
            lengths={chrom: whole(length) for chrom, length in index["lengths"].items()},
            scheme=scheme,
            regions=regions_from_json(index["regions"]),
            sources=index["sources"],
            checksums=dict(index["sha256"]),
            genoseq_version=str(index["genoseq"]),
            signals=dict(index.get("signals", {})),
        )
        check_regions(store)
        check_seal(index)
    except _MISSHAPEN as error:
        problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise StoreError(f"{folder / INDEX}: {damaged(problem)}") from None
    check_sizes(store)
    return store


def open_stores(stores: Sequence[Store | str | PathLike[str]]) -> list[Store]:
    """Stores to learn or to judge from, each opened if it is given by its folder, and verified.

    Raises
    ------
    StoreError
        If there is none, or this is one store and not a list; or as :func:`verify_store`.
    """
    if isinstance(stores, Store | str | PathLike):
        raise StoreError(f"stores are given as a list, also where it is one: [{stores!r}]")
    if not stores:
        raise StoreError("no store given: make one with genoseq tokenize")
    return list(map(verify_store, stores))


def verify_store(store: Store | str | PathLike[str]) -> Store:
    """A store, opened if need be, all of whose bytes are those that were written.

    Raises
    ------
    StoreError
        As :func:`open_store`, and at the first file whose bytes have changed, or that has a code or
        label that cannot be.
    """
    opened = store if isinstance(store, Store) else open_store(store)
    assert opened.whole
    return opened


def _open_again(path: Path, checksums: Mapping[str, str]) -> Store:
    store = open_store(path)
    if store.checksums != checksums:
        raise StoreError(f"{path}: was written anew while it was in use: start again")
    return store
