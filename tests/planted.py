"""Stores with something to learn: noise with "genes" of a repeated codon on both strands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from genoseq.genome.regions import Region
from genoseq.genome.schemes import Scheme, cds_phase_scheme, stranded_scheme
from genoseq.genome.sequences import Codes
from genoseq.store.store import Store
from genoseq.store.write import write_store

Labelled = tuple[str, str, Codes, Any]
"""A contig, the split of all of it, its base codes (L,), and its labels, or None."""


def store_of_contigs(
    path: Path,
    scheme: Scheme | None,
    rows: Iterable[Labelled],
    name: str | None = None,
    sources: Mapping[str, Any] | None = None,
) -> Store:
    """A store of contigs, each of which is a region."""
    rows = list(rows)
    contigs = [(chrom, [codes]) for chrom, _, codes, _ in rows]
    pieces = [(Region(chrom, 0, len(codes)), split, labels) for chrom, split, codes, labels in rows]
    return write_store(path, name or path.name, scheme, contigs, pieces, sources or {})


def planted_store(path: Path, *parts: tuple[str, int]) -> Store:
    """A store of regions given as (split, bases), labelled by strand and codon phase."""
    rows = [
        planted_contig(f"{split}{number}", split, length)
        for number, (split, length) in enumerate(parts)
    ]
    return store_of_contigs(path, cds_phase_scheme(), rows, "planted")


def sites_store(path: Path, *parts: tuple[str, int]) -> Store:
    """A store of regions given as (split, bases): two bases in 500 are a site, on either strand."""
    rows = [_sites_contig(f"{split}{n}", split, length) for n, (split, length) in enumerate(parts)]
    return store_of_contigs(path, stranded_scheme(["site"]), rows, "sites")


def _sites_contig(name: str, split: str, length: int) -> Labelled:
    """One contig; half of what looks like a site is none."""
    rng = np.random.default_rng(length)
    codes, labels = rng.integers(0, 4, length, np.uint8), np.zeros(length, np.uint8)
    motif = np.array([2, 3, 0, 0, 2, 3], np.uint8)
    for at in range(100, length - 100, 250):
        forward = bool(rng.integers(2))
        codes[at : at + 6] = motif if forward else 3 - motif[::-1]
        if rng.random() < 0.5:
            labels[at + (0 if forward else 4) :][:2] = 1 if forward else 2
    return name, split, codes, labels


def planted_contig(name: str, split: str, length: int) -> Labelled:
    """One contig; four in five letters of a gene follow its codon."""
    rng = np.random.default_rng(length)
    codes = rng.integers(0, 4, length, np.uint8)
    labels = np.zeros(length, np.uint8)
    at = 0
    while (at := at + int(rng.integers(60, 120))) < length - 200:
        bases = 3 * int(rng.integers(20, 50))
        noise = rng.integers(0, 4, bases, np.uint8)
        gene = np.where(rng.random(bases) < 0.8, np.tile([0, 2, 1], bases // 3), noise)
        phases = np.arange(bases) % 3
        forward = bool(rng.integers(2))
        codes[at : at + bases] = gene if forward else 3 - gene[::-1]
        labels[at : at + bases] = 1 + phases if forward else 4 + phases[::-1]
        at += bases
    return name, split, codes, labels
