"""Stores of made-up labels, and what a window of them must hold: tokenized whole, then cut."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from planted import store_of_contigs

from genoseq.config.schema import TokenizerSettings
from genoseq.data.batch import Batch
from genoseq.genome.regions import Region
from genoseq.genome.schemes import (
    ClassScheme,
    Scheme,
    cds_phase_scheme,
    signal_scheme,
)
from genoseq.genome.sequences import Codes, N
from genoseq.store.store import Store
from genoseq.store.write import write_store
from genoseq.tokenizers.kmer import KmerTokenizer

SCHEME = cds_phase_scheme()
SIGNALS = signal_scheme([("cage", "+"), ("cage", "-"), ("atac", ".")])
K3 = TokenizerSettings(k=3, stride=1)


def bases(length: int, seed: int = 0, letters: int = 4) -> Codes:
    return np.random.default_rng(seed).integers(0, letters, length).astype(np.uint8)


def labels_of(length: int, scheme: Scheme, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if isinstance(scheme, ClassScheme):
        labels = rng.integers(0, len(scheme) + 1, length).astype(np.uint8)
        labels[labels == len(scheme)] = 255
        labels[:1] = 0
        return labels
    return rng.random((length, len(scheme)), np.float32)


def make(
    path: Path,
    sequences: list[Codes],
    splits: list[str] | None = None,
    scheme: Scheme | None = SCHEME,
) -> Store:
    """A store of contigs, each a region, with labels by their number."""
    rows = [
        (f"c{i}", split, codes, None if scheme is None else labels_of(len(codes), scheme, i))
        for i, (codes, split) in enumerate(
            zip(sequences, splits or ["train"] * len(sequences), strict=True)
        )
    ]
    return store_of_contigs(path, scheme, rows)


def make_inside(path: Path, seed: int, scheme: Scheme = SCHEME) -> Store:
    """A store of regions that lie inside contigs, side by side, one of them of a single base."""
    rng = np.random.default_rng(seed)
    contigs, pieces = [], []
    for name in ("a", "b"):
        length = int(rng.integers(120, 200))
        contigs.append((name, [bases(length, seed + length, letters=5)]))
        cuts = np.sort(rng.choice(length, 7, replace=False)).tolist()
        for start, end in pairwise(cuts):
            split = ("train", "train", "valid")[int(rng.integers(3))]
            pieces.append((Region(name, start, end), split, labels_of(end - start, scheme, end)))
    first = min(1, cuts[0])
    pieces.append((Region("b", 0, first), "train", labels_of(first, scheme)))
    return write_store(path, path.name, scheme, contigs, pieces, {})


Window = tuple[list[int], list[float], list[int]]


def reference(
    store: Store,
    index: int,
    tokenizer: TokenizerSettings,
    start: int,
    tokens: int,
    flipped: bool,
) -> Window:
    """Ids, labels and codes of a window: the whole region is tokenized, then cut."""
    scheme, region = store.scheme, store.regions[index]
    assert scheme is not None
    k, stride = tokenizer.k, tokenizer.stride
    kmers = KmerTokenizer(k, stride)
    own = store.codes(region.chrom, region.start, region.end)
    labels = np.asarray(store.region_labels(index), np.float64)
    ids = [*kmers.encode(own).tolist(), *[1] * tokens][start : start + tokens]
    shift = (k - stride) % 2 if flipped else 0
    first, size = start * stride + shift, tokens * stride
    codes = [*own.tolist(), *[N] * (size + shift)][first : first + size]
    empty = np.full((size + shift, *labels.shape[1:]), scheme.unknown)
    rows = np.concatenate([labels, empty])[first : first + size]
    if flipped:
        ids = kmers.reverse_complement(np.array(ids)).tolist()
        codes = [3 - code if code < 4 else N for code in codes[::-1]]
        rows = rows[::-1]
        if isinstance(scheme, ClassScheme):
            mirror = {**dict(enumerate(scheme.reverse_permutation.tolist())), 255: 255}
            rows = np.array([mirror[int(label)] for label in rows], np.float64)
        else:
            rows = rows[:, scheme.reverse_permutation]
    return ids, rows.tolist(), codes


def rows(batches: list[Batch]) -> list[Window]:
    found = []
    for batch in batches:
        assert batch.labels is not None
        assert batch.ids.dtype == torch.int64
        assert batch.codes.dtype == torch.uint8
        for ids, labels, codes in zip(batch.ids, batch.labels, batch.codes, strict=True):
            found.append((ids.tolist(), labels.double().tolist(), codes.tolist()))
    return found


def same(found: list[Window], expected: list[Window]) -> None:
    """That they are equal, NaN included."""
    assert len(found) == len(expected)
    for own, other in zip(found, expected, strict=True):
        assert own[0] == other[0]
        np.testing.assert_array_equal(np.float32(own[1]), np.float32(other[1]))
        assert own[2] == other[2]
