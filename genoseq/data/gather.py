"""Windows copied out of memory-mapped stores into tensors: the hot path of training."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from genoseq.config.schema import TokenizerSettings
from genoseq.data.batch import Batch
from genoseq.errors import ConfigError, StoreError
from genoseq.genome.schemes import UNKNOWN as LABEL_UNKNOWN
from genoseq.genome.schemes import Scheme
from genoseq.store.files import label_shape, unknown_label
from genoseq.store.store import Store
from genoseq.tokenizers.alignment import reverse_shift
from genoseq.tokenizers.kmer import reverse_complement_table
from genoseq.tokenizers.vocabulary import UNKNOWN

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PIECE = 1 << 20


@dataclass(frozen=True, eq=False)
class Cells:
    """Regions of one split from several stores, as columns; R of them.

    Attributes
    ----------
    store
        Index of the region's store, shape (R,).
    offset, tokens
        First token in that store and number of tokens, shape (R,).
    """

    store: Integers
    offset: Integers
    tokens: Integers


@dataclass(frozen=True, eq=False)
class Windows:
    """What to copy: B windows, each inside one region.

    Attributes
    ----------
    store, offset, tokens
        The region of each window, as in :class:`Cells`, shape (B,).
    start
        First cell of the window, counted from its region's first, shape (B,).
    flipped
        Whether it is reverse-complemented, shape (B,).
    """

    store: Integers
    offset: Integers
    tokens: Integers
    start: Integers
    flipped: Flags

    def of_store(self, index: int) -> tuple[Integers, Windows]:
        """Which of the windows lie in that store, and those windows."""
        at = np.flatnonzero(self.store == index)
        return at, Windows(
            self.store[at], self.offset[at], self.tokens[at], self.start[at], self.flipped[at]
        )


def windows_of(cells: Cells, rows: Integers, start: Integers, flipped: Flags) -> Windows:
    """Windows that begin ``start`` cells into the regions ``rows``; all of shape (B,)."""
    return Windows(cells.store[rows], cells.offset[rows], cells.tokens[rows], start, flipped)


def cells_of_split(stores: Sequence[Store], split: str) -> Cells:
    """The regions of the split that have a known label; StoreError if no store has one."""
    picked = [labelled_regions(store, split) for store in stores]
    if not any(map(len, picked)):
        if any(len(store.regions.of_split(split)) for store in stores):
            raise StoreError(unlabelled(split))
        names = ", ".join(repr(store.name) for store in stores)
        found = sorted({name for store in stores for name in store.regions.splits})
        raise StoreError(
            f"no region with split {split!r} in store {names}: the splits there are "
            f"{', '.join(found)}; choose one, or tokenize with regions of that split"
        )
    return Cells(
        np.repeat(np.arange(len(stores)), [len(rows) for rows in picked]),
        np.concatenate([s.regions.offset[rows] for s, rows in zip(stores, picked, strict=True)]),
        np.concatenate([s.regions.tokens[rows] for s, rows in zip(stores, picked, strict=True)]),
    )


def labelled_regions(store: Store, split: str) -> Integers:
    """Regions of the split in which at least one label is known: the others teach nothing."""
    rows = store.regions.of_split(split)
    known = (_any_known(store.labels(int(row)), store.scheme) for row in rows)
    kept: Integers = rows[np.fromiter(known, bool, len(rows))]
    return kept


def _any_known(labels: NDArray[Any], scheme: Scheme | None) -> bool:
    """Whether a label is known; looks no further than the first megabase that has one."""
    if scheme is None or scheme.kind == "classes":
        pieces = (labels[at : at + _PIECE] != LABEL_UNKNOWN for at in range(0, len(labels), _PIECE))
    else:
        pieces = (~np.isnan(labels[at : at + _PIECE]) for at in range(0, len(labels), _PIECE))
    return any(piece.any() for piece in pieces)


def unlabelled(split: str) -> str:
    """What is said of a split without any known label."""
    return (
        f"no base of split {split!r} has a known label: the annotation or signal is of other "
        f"contigs, or the mask hides all; choose other regions for this split"
    )


def common_settings(stores: Sequence[Store]) -> tuple[TokenizerSettings, Scheme]:
    """Tokenizer and scheme that all stores share.

    Raises
    ------
    StoreError
        If two stores differ, one has no labels, or there is none.
    """
    if not stores:
        raise StoreError("no store given: make one with genoseq tokenize")
    first = stores[0]
    for store in stores:
        pair = f"stores {first.name!r} and {store.name!r} ({first.path}, {store.path}) differ"
        if store.tokenizer != first.tokenizer:
            raise StoreError(
                f"{pair} in their tokenizer, {first.tokenizer.label} and {store.tokenizer.label}: "
                f"tokenize both alike"
            )
        if store.scheme is None:
            raise StoreError(
                f"{store.path}: store {store.name!r} has no labels to train or evaluate on: "
                f"tokenize it with an annotation or signal"
            )
        if store.scheme != first.scheme:
            raise StoreError(f"{pair} in their label scheme: label both alike")
    assert first.scheme is not None
    return first.tokenizer, first.scheme


def misfits(
    stores: Iterable[Store],
    tokenizer: TokenizerSettings,
    scheme: Scheme | None,
    owner: str | Path,
    split: str,
) -> list[str]:
    """Why stores cannot be learned from or tested on: every problem, none if there is none.

    Parameters
    ----------
    tokenizer, scheme, owner
        What they should hold; the scheme is that of ``owner``, and None if it has none itself.
    split
        The split that at least one region must be of.
    """
    problems, found, labelled = [], set(), False
    for store in stores:
        found |= {name for name in store.regions.splits if len(store.regions.of_split(name))}
        if store.tokenizer != tokenizer:
            problems.append(
                f"{store.path}: holds {store.tokenizer.label} tokens, the model reads "
                f"{tokenizer.label}: tokenize again"
            )
        labelled = labelled or store.scheme is None or len(labelled_regions(store, split)) > 0
        if store.scheme is None:
            problems.append(f"{store.path}: has no labels: tokenize with an annotation or a signal")
        elif scheme is not None and store.scheme != scheme:
            problems.append(
                f"{store.path}: its label scheme is not that of {owner}: tokenize again"
            )
    if split not in found:
        there = ", ".join(sorted(found)) or "no region"
        problems.append(f"no region of split {split!r}: the stores have {there}")
    elif not labelled:
        problems.append(unlabelled(split))
    return problems


class WindowGather:
    """Copies windows of one length out of stores.

    Parameters
    ----------
    stores
        At least one; all with the same tokenizer and scheme.
    window
        Bases a window, a multiple of the tokenizer's stride.

    Attributes
    ----------
    tokens
        Tokens a window.
    """

    def __init__(self, stores: Sequence[Store], window: int) -> None:
        tokenizer, self._scheme = common_settings(stores)
        self._stride = tokenizer.stride
        if window < 1 or window % self._stride:
            raise ConfigError(
                f"window {window}: use a positive multiple of the tokenizer's stride, "
                f"{self._stride}"
            )
        self._stores = stores
        self._bases = window
        self.tokens = window // self._stride
        self._shift = reverse_shift(tokenizer.k, self._stride)
        self._reverse_ids = reverse_complement_table(tokenizer.k)
        self._reverse_states = np.arange(256, dtype=np.uint8)
        if self._scheme.kind == "classes":
            self._reverse_states[: len(self._scheme)] = self._scheme.reverse_permutation

    def __call__(self, windows: Windows) -> Batch:
        """Token ids (B, T) and labels (B, L) or (B, L, S) of the windows."""
        count = len(windows.start)
        ids = np.empty((count, self.tokens), np.int64)
        kind = np.int64 if self._scheme.kind == "classes" else np.float32
        labels = np.empty((count, *label_shape(self._scheme, self._bases)), kind)
        for index in np.unique(windows.store):
            at, here = windows.of_store(index)
            ids[at] = self._ids(self._stores[index], here)
            labels[at] = self._labels(self._stores[index], here)
        return Batch(torch.from_numpy(ids), torch.from_numpy(labels))

    def _ids(self, store: Store, windows: Windows) -> NDArray[Any]:
        ids = _sliding(
            store.all_ids, windows.offset, windows.tokens, windows.start, self.tokens, UNKNOWN
        )
        ids[windows.flipped] = self._reverse_ids[ids[windows.flipped, ::-1]]
        return ids

    def _labels(self, store: Store, windows: Windows) -> NDArray[Any]:
        first = windows.start * self._stride + self._shift * windows.flipped
        labels = _sliding(
            store.all_labels,
            windows.offset * self._stride,
            windows.tokens * self._stride,
            first,
            self._bases,
            unknown_label(self._scheme),
        )
        reverse = labels[windows.flipped, ::-1]
        if self._scheme.kind == "classes":
            labels[windows.flipped] = self._reverse_states[reverse]
        else:
            labels[windows.flipped] = reverse[..., self._scheme.reverse_permutation]
        return labels


def _sliding(
    values: NDArray[Any],
    offset: Integers,
    length: Integers,
    start: Integers,
    size: int,
    fill: float,
) -> NDArray[Any]:
    """``values[offset + start + i]`` for i below size, and ``fill`` beyond the region's length.

    Shapes: values (N, ...); offset, length, start (B,); result (B, size, ...).
    """
    first = offset + start
    if len(values) < size or np.any(first > len(values) - size):
        taken = values.take(first[:, None] + np.arange(size), axis=0, mode="clip")
    else:
        # A sliding view copies whole rows: ten times as fast as an index for each value.
        taken = np.moveaxis(sliding_window_view(values, size, axis=0)[first], -1, 1)
    if np.any(start + size > length):
        taken[np.arange(size) >= (length - start)[:, None]] = fill
    return taken
