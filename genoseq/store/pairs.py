"""Pairs on disk, sources and what they are mapped to: what sequence-to-sequence tasks learn from.

    STORE/
      index.json    format, name, alphabet, number of pairs, sources, checksums
      provenance.json    see :mod:`genoseq.files.provenance`
      sources.bin   base codes 0 to 4 of all sources, one after the other, uint8
      targets.bin   letters of all targets likewise, upper case, ASCII
      ends.bin      where each source and each target ends in them, int64 (P, 2)
      splits.bin    number of each pair's split: train 0, valid 1, test 2, uint8 (P,)

Files are mapped into memory: opening reads the index and compares file sizes.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq import __version__
from genoseq.config.base import LEARNED
from genoseq.errors import InputFormatError, StoreError
from genoseq.files.atomic import atomic_folder, irreplaceable
from genoseq.files.provenance import PROVENANCE, write_record
from genoseq.files.stored import check_seal, sealed
from genoseq.genome.alphabets import ALPHABETS, Alphabet, alphabet_of
from genoseq.genome.sequences import Codes
from genoseq.store.files import check_codes, file_checksum, verify_file
from genoseq.store.index import INDEX, PAIRS_FORMAT, PAIRS_VERSION, damaged, read_index, whole

SOURCES, TARGETS, ENDS, SPLIT_NUMBERS = "sources.bin", "targets.bin", "ends.bin", "splits.bin"
_FILES = (INDEX, SOURCES, TARGETS, ENDS, SPLIT_NUMBERS, PROVENANCE)


@dataclass(frozen=True, eq=False, repr=False)
class PairStore:
    """An open store of pairs, P of them.

    Attributes
    ----------
    path, name
        The folder, and what the collection is called.
    alphabet
        That of the targets.
    pairs
        How many, P.
    sources
        Files that the store was made from, with their checksums.
    checksums
        SHA-256 of each file.
    """

    path: Path
    name: str
    alphabet: Alphabet
    pairs: int
    sources: Mapping[str, Any]
    checksums: Mapping[str, str]

    def __repr__(self) -> str:
        return f"<PairStore {self.name!r}: {self.pairs:,} pairs, DNA to {self.alphabet.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return open_pairs, (self.path,)

    @cached_property
    def whole(self) -> bool:
        """True, once all of its files were read and are as they were written; StoreError if not."""
        # Mapped and read now: a store that is written anew is other files.
        sizes, _ = (self._codes.size, self._letters.size), self._splits
        ends = self.ends
        checks = {
            SOURCES: check_codes,
            TARGETS: self._check_letters,
            ENDS: lambda _: None,
            SPLIT_NUMBERS: _check_splits,
        }
        for name, check in checks.items():
            verify_file(self.path / name, self.checksums.get(name), check)
        if np.any(self.lengths < 0) or sizes != tuple(ends[-1]):
            raise StoreError(f"{self.path / ENDS}: {damaged('pairs do not follow one another')}")
        return True

    def _check_letters(self, letters: NDArray[np.uint8]) -> str | None:
        try:
            self.alphabet.encode(letters.tobytes())
        except InputFormatError as error:
            return error.problem
        return None

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Where each source and each target ends, (P, 2)."""
        whole: NDArray[np.int64] = np.fromfile(self.path / ENDS, np.int64).reshape(-1, 2)
        return whole

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Bases of each source and letters of each target, (P, 2)."""
        return np.diff(self.ends, axis=0, prepend=0)

    @cached_property
    def _splits(self) -> NDArray[np.uint8]:
        return np.fromfile(self.path / SPLIT_NUMBERS, np.uint8)

    @cached_property
    def _codes(self) -> Codes:
        return np.memmap(self.path / SOURCES, np.uint8, "r").view(np.ndarray)

    @cached_property
    def _letters(self) -> NDArray[np.uint8]:
        return np.memmap(self.path / TARGETS, np.uint8, "r").view(np.ndarray)

    def of_split(self, split: str) -> NDArray[np.int64]:
        """Numbers of the pairs of a split, in order."""
        if split not in LEARNED:
            return np.empty(0, np.int64)
        return np.flatnonzero(self._splits == LEARNED.index(split))

    def source(self, pair: int) -> Codes:
        """Base codes of a source, (L,): a view of the file."""
        end = int(self.ends[pair, 0])
        return self._codes[end - int(self.lengths[pair, 0]) : end]

    def target(self, pair: int) -> bytes:
        """Letters of a target, upper case."""
        end = int(self.ends[pair, 1])
        return self._letters[end - int(self.lengths[pair, 1]) : end].tobytes()


def open_pairs(path: str | PathLike[str]) -> PairStore:
    """Open a store of pairs.

    Raises
    ------
    StoreError
        If there is none, it is a store of a genome or of another version, or it is damaged.
    """
    folder = Path(path)
    index = read_index(folder, PAIRS_FORMAT, PAIRS_VERSION)
    try:
        store = PairStore(
            folder,
            str(index["name"]),
            ALPHABETS[index["alphabet"]],
            whole(index["pairs"]),
            index["sources"],
            dict(index["sha256"]),
        )
        bases, letters = whole(index["bases"]), whole(index["letters"])
        check_seal(index)
        if not (store.pairs and bases and letters):
            raise ValueError("no pair, or none with letters")
    except (LookupError, TypeError, ValueError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise StoreError(f"{folder / INDEX}: {damaged(problem)}") from None
    sizes = {SOURCES: bases, TARGETS: letters, ENDS: 16 * store.pairs, SPLIT_NUMBERS: store.pairs}
    for name, size in sizes.items():
        file = folder / name
        found = file.stat().st_size if file.is_file() else 0
        if found != size:
            raise StoreError(f"{file}: {damaged(f'{found} bytes, its index says {size}')}")
    return store


def open_all_pairs(stores: Sequence[PairStore | str | PathLike[str]]) -> list[PairStore]:
    """Stores of pairs, each opened if it is given by its folder, and verified.

    Raises
    ------
    StoreError
        If there is none, or as :func:`verify_pairs`.
    """
    if isinstance(stores, PairStore | str | PathLike):
        raise StoreError(f"stores are given as a list, also where it is one: [{stores!r}]")
    if not stores:
        raise StoreError("no store given: make one with genoseq tokenize --scheme seq2seq")
    return list(map(verify_pairs, stores))


def verify_pairs(store: PairStore | str | PathLike[str]) -> PairStore:
    """A store of pairs, opened if need be, all of whose bytes are those that were written.

    Raises
    ------
    StoreError
        As :func:`open_pairs`, and at the first file whose bytes have changed, or cannot be.
    """
    opened = store if isinstance(store, PairStore) else open_pairs(store)
    assert opened.whole
    return opened


def _check_splits(numbers: NDArray[np.uint8]) -> str | None:
    highest = int(numbers.max(initial=0))
    return None if highest < len(LEARNED) else f"split number {highest}"


def write_pairs(
    path: str | PathLike[str],
    name: str,
    pairs: Iterable[tuple[Codes, bytes, str]],
    sources: Mapping[str, Any],
    record: Mapping[str, Any] | None = None,
) -> PairStore:
    """Write a store of pairs, one at a time, and open it.

    Parameters
    ----------
    path, name
        The folder, of which an older store is replaced as a whole, and the collection's name.
    pairs
        Base codes of the source, letters of the target, and split: train, valid or test.  Targets
        are DNA if all of their letters are, or else proteins.
    sources
        Files that it comes from and their checksums.
    record
        What ``provenance.json`` is to say; without it there is none.

    Raises
    ------
    StoreError
        If there is no pair, or ``path`` holds something else than a store of pairs.
    InputFormatError
        If a target has a letter that is of no alphabet.
    """
    folder = Path(path)
    if (problem := irreplaceable(folder, _FILES)) is not None:
        raise StoreError(problem)
    with atomic_folder(folder, _FILES) as partial:
        ends, splits, letters = _write_sequences(partial, pairs)
        if not splits:
            raise StoreError("no pair to store: the input has none")
        (partial / ENDS).write_bytes(ends.tobytes())
        (partial / SPLIT_NUMBERS).write_bytes(splits.tobytes())
        alphabet = alphabet_of(letters)
        alphabet.encode(bytes(sorted(letters)))
        index = {
            "format": PAIRS_FORMAT,
            "version": PAIRS_VERSION,
            "genoseq": __version__,
            "name": name,
            "alphabet": alphabet.name,
            "pairs": len(splits),
            "bases": ends[-2],
            "letters": ends[-1],
            "sources": dict(sources),
            "sha256": {
                file: file_checksum(partial / file)
                for file in (SOURCES, TARGETS, ENDS, SPLIT_NUMBERS)
            },
        }
        (partial / INDEX).write_text(json.dumps(sealed(index)) + "\n", encoding="utf-8")
        if record is not None:
            write_record(partial, record)
    return open_pairs(folder)


def _write_sequences(
    folder: Path, pairs: Iterable[tuple[Codes, bytes, str]]
) -> tuple[array[int], array[int], set[int]]:
    """Sources and targets; where each ends, the splits, and all letters that targets have."""
    ends, splits, letters = array("q"), array("B"), set[int]()
    bases = written = 0
    with (folder / SOURCES).open("wb") as codes, (folder / TARGETS).open("wb") as targets:
        for source, target, split in pairs:
            codes.write(source.tobytes())
            targets.write(target)
            bases, written = bases + len(source), written + len(target)
            ends.extend((bases, written))
            splits.append(LEARNED.index(split))
            letters.update(target)
    return ends, splits, letters
