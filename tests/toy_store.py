"""A small store of three contigs, one of them empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from genoseq.genome.regions import Region
from genoseq.genome.schemes import (
    ClassScheme,
    Scheme,
    cds_phase_scheme,
    signal_scheme,
)
from genoseq.genome.sequences import Codes
from genoseq.store.store import Store
from genoseq.store.write import Contig, LabelledRegion, write_store

SCHEME = cds_phase_scheme()
SIGNALS = signal_scheme([("a", "+"), ("a", "-")])
LENGTHS = {"chr0": 1_500, "empty": 0, "chr1": 700}


def genome(seed: int = 0) -> dict[str, Codes]:
    rng = np.random.default_rng(seed)
    return {chrom: rng.integers(0, 5, length, np.uint8) for chrom, length in LENGTHS.items()}


def contigs(codes: dict[str, Codes] | None = None, size: int = 64) -> Iterator[Contig]:
    """Contigs in pieces of ``size`` bases."""
    for chrom, bases in (codes or genome()).items():
        yield chrom, (bases[at : at + size] for at in range(0, len(bases), size))


def random_pieces(
    lengths: list[int], scheme: Scheme | None, seed: int = 0
) -> Iterator[LabelledRegion]:
    rng = np.random.default_rng(seed)
    for index, length in enumerate(lengths):
        labels = None
        if isinstance(scheme, ClassScheme):
            labels = rng.integers(0, len(scheme), length).astype(np.uint8)
        elif scheme is not None:
            labels = rng.random((length, len(scheme)), np.float32)
        split = ("train", "valid", "test")[index % 3]
        yield Region(f"chr{index // 2}", 100, 100 + length), split, labels


def make(path: Path, *, lengths: tuple[int, ...] = (1000, 300, 50)) -> Store:
    return write_store(path, "toy", SCHEME, contigs(), random_pieces(list(lengths), SCHEME), {})
