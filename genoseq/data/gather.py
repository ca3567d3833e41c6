"""Windows read out of memory-mapped stores into tensors: the hot path of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from genoseq.config.schema import TokenizerSettings
from genoseq.data.batch import Batch
from genoseq.errors import ConfigError, StoreError
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.store.checks import common_scheme, labelled_regions, unlabelled
from genoseq.store.files import CONTROLS, check_codes
from genoseq.store.store import Store
from genoseq.tokenizers.alignment import left_context, reverse_shift
from genoseq.tokenizers.kmer import KmerTokenizer

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RegionPool:
    """Regions from several stores, as columns; R of them.

    Attributes
    ----------
    store
        Index of the region's store, shape (R,).
    code, label
        Place of its first base in that store's codes and in its labels, shape (R,).
    bases
        Its length, shape (R,).
    """

    store: Integers
    code: Integers
    label: Integers
    bases: Integers

    def pick(self, rows: Integers) -> RegionPool:
        """Some of them, once or more."""
        return RegionPool(self.store[rows], self.code[rows], self.label[rows], self.bases[rows])


def regions_of_split(stores: Sequence[Store], split: str, labelled: bool = True) -> RegionPool:
    """The regions of the split that have a known label, or all of them if no store has labels.

    Parameters
    ----------
    labelled
        Whether labels are looked at; otherwise it is all of them.

    Raises
    ------
    StoreError
        If there is none.
    """
    picked = [
        labelled_regions(store, split) if labelled else store.regions.of_split(split)
        for store in stores
    ]
    if not any(map(len, picked)):
        if any(len(store.regions.of_split(split)) for store in stores):
            raise StoreError(unlabelled(split))
        names = ", ".join(repr(store.name) for store in stores)
        found = sorted({name for store in stores for name in store.regions.splits})
        raise StoreError(
            f"no region with split {split!r} in store {names}: the splits there are "
            f"{', '.join(found)}; choose one, or tokenize with regions of that split"
        )
    pairs = list(zip(stores, picked, strict=True))
    return RegionPool(
        store=np.repeat(np.arange(len(stores)), [len(rows) for rows in picked]),
        code=np.concatenate([store.code_offset[rows] for store, rows in pairs]),
        label=np.concatenate([store.regions.offset[rows] for store, rows in pairs]),
        bases=np.concatenate([store.regions.bases[rows] for store, rows in pairs]),
    )


class WindowSource:
    """Bases and labels of regions, out of stores.

    Parameters
    ----------
    stores
        At least one; all with the same scheme, or all without labels.
    labelled
        Whether their labels are read; otherwise they may be any.

    Attributes
    ----------
    scheme
        Of the labels that are read.
    controls
        Columns behind the labels, of controls: S where all stores have some to learn, or else 0.

    Raises
    ------
    StoreError
        If the stores differ in their scheme.
    """

    def __init__(self, stores: Sequence[Store], labelled: bool = True) -> None:
        self.scheme = common_scheme(stores) if labelled else None
        self._stores = stores
        found = {store.columns_beside.get(CONTROLS, 0) for store in stores}
        self.controls = min(found) if self.scheme is not None else 0

    @property
    def unknown_label(self) -> float:
        """Of a base that has none."""
        return 0.0 if self.scheme is None else self.scheme.unknown

    def codes(self, regions: RegionPool, first: Integers, length: int) -> Codes:
        """Bases (B, length) from ``first`` of each region on, maybe negative; N beyond it."""
        rows = np.full((len(first), length), N, np.uint8)
        sources = [store.all_codes for store in self._stores]
        _copy_rows(rows, sources, regions, regions.code, first)
        _check_read(check_codes(rows))
        return rows

    def labels(self, regions: RegionPool, first: Integers, length: int) -> NDArray[Any] | None:
        """Labels likewise, (B, length) or (B, length, S), unknown beyond; None of bare stores.

        Behind those of signals are their controls, (B, length, S + S), where they are learned.
        """
        scheme = self.scheme
        if scheme is None:
            return None
        rows = np.full((len(first), *scheme.label_shape(length)), scheme.unknown, scheme.dtype)
        sources = [store.all_labels for store in self._stores]
        _copy_rows(rows, sources, regions, regions.label, first)
        _check_read(scheme.check(rows))
        if not self.controls:
            return rows
        beside = np.full((len(first), length, self.controls), np.nan, np.float32)
        sources = [store.all_beside[CONTROLS] for store in self._stores]
        _copy_rows(beside, sources, regions, regions.label, first)
        return np.concatenate([rows, beside], axis=2)

    def read(
        self, region: RegionPool, first: int, length: int
    ) -> tuple[Codes, NDArray[Any] | None]:
        """Bases and labels of one region, the only row of a pool, likewise: (length, ...)."""
        at = np.array([first])
        labels = self.labels(region, at, length)
        return self.codes(region, at, length)[0], None if labels is None else labels[0]


class WindowGather:
    """Reads windows of one length out of stores, and makes their tokens.

    Parameters
    ----------
    stores
        At least one; all with the same scheme, or all without labels.
    tokenizer
        k and stride of the tokens.
    window
        Bases in a window, a multiple of the tokenizer's stride.
    labelled
        See :class:`WindowSource`.

    Attributes
    ----------
    tokens
        Tokens in a window.
    source
        Reads the stores.
    span
        Bases that the tokens of a window are made of: its own, and some beside them.
    left
        Those before its own.

    Raises
    ------
    StoreError
        If the stores differ in their scheme.
    ConfigError
        If the window is not a multiple of the stride.
    """

    def __init__(
        self,
        stores: Sequence[Store],
        tokenizer: TokenizerSettings,
        window: int,
        labelled: bool = True,
    ) -> None:
        self.source = WindowSource(stores, labelled)
        self._tokenizer = KmerTokenizer(tokenizer.k, tokenizer.stride)
        if window < 1 or window % tokenizer.stride:
            raise ConfigError(
                f"window {window}: use a positive multiple of the tokenizer's stride, "
                f"{tokenizer.stride}"
            )
        self._bases = window
        self.tokens = window // tokenizer.stride
        self.span = window - tokenizer.stride + tokenizer.k
        self.left = left_context(tokenizer.k, tokenizer.stride)
        self._shift = reverse_shift(tokenizer.k, tokenizer.stride)

    def __call__(self, regions: RegionPool, start: Integers, flipped: Flags) -> Batch:
        """Tokens, labels and bases of B windows, each inside one region.

        Parameters
        ----------
        regions
            The region of each window, B rows.
        start
            First token of the window, counted from its region's first, shape (B,).
        flipped
            Whether it is reverse-complemented, shape (B,).
        """
        first = start * self._tokenizer.stride
        spans = self.source.codes(regions, first - self.left, self.span)
        labels = self.source.labels(regions, first + self._shift * flipped, self._bases)
        return self._batch(spans, labels, flipped)

    def of_spans(self, spans: Codes, labels: NDArray[Any] | None, flipped: Flags) -> Batch:
        """The same of windows whose bases and labels were read before.

        Parameters
        ----------
        spans
            Bases of each window and beside it, shape (B, :attr:`span`).
        labels
            Of all of them, shape (B, span) or (B, span, S).
        flipped
            As above.
        """
        if labels is not None:
            begins = self.left + self._shift * flipped
            labels = np.stack(
                [row[at : at + self._bases] for row, at in zip(labels, begins, strict=True)]
            )
        return self._batch(spans, labels, flipped)

    def _batch(self, spans: Codes, labels: NDArray[Any] | None, flipped: Flags) -> Batch:
        """Spans (B, P) and labels (B, L) or (B, L, S) in the genome's direction as a batch."""
        ids = self._tokenizer.kmers_of_rows(spans).astype(np.int64)
        ids[flipped] = self._tokenizer.reverse_complement(ids[flipped])
        codes = spans[:, self.left : self.left + self._bases].copy()
        moved = self.left + self._shift
        codes[flipped] = reverse_complement_codes(spans[flipped, moved : moved + self._bases])
        beside = None
        if labels is not None and self.source.controls:
            labels, beside = np.split(labels, 2, axis=2)
        targets, controls = (self._targets(each, flipped) for each in (labels, beside))
        return Batch(torch.from_numpy(ids), targets, torch.from_numpy(codes), controls)

    def _targets(self, labels: NDArray[Any] | None, flipped: Flags) -> torch.Tensor | None:
        """Labels, or controls, on each window's strand, as a loss takes them."""
        scheme = self.source.scheme
        if scheme is None or labels is None:
            return None
        labels[flipped] = scheme.mirrored(labels[flipped])
        return torch.from_numpy(labels.astype(scheme.target_dtype))


def _check_read(problem: str | None) -> None:
    """StoreError for values that were not there when the store was opened."""
    if problem is not None:
        raise StoreError(f"a store was changed while it was read ({problem}): start again")


def _copy_rows(
    rows: NDArray[Any],
    sources: Sequence[NDArray[Any]],
    regions: RegionPool,
    offset: Integers,
    start: Integers,
) -> None:
    """Set each row to the values from ``start`` of its region on, as far as the region goes.

    Shapes: rows (B, size, ...); a source (N, ...); offset, of the region in its source, and start,
    which may be negative, (B,).
    """
    # A plain copy for each row: an index for each value takes ten times as long.
    lows = np.maximum(start, 0)
    highs = np.minimum(start + rows.shape[1], regions.bases)
    copies = np.stack([regions.store, offset, start, lows, highs], axis=1).tolist()
    for row, (store, at, begin, low, high) in zip(rows, copies, strict=True):
        row[low - begin : high - begin] = sources[store][at + low : at + high]
