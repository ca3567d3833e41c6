"""31-mers that the splits of a run share, over all of its genomes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from genoseq.config.base import LEARNED
from genoseq.errors import StoreError
from genoseq.extraction.leaks import Leak, sample_for, sketch, split_leaks
from genoseq.files.atomic import PathLike, atomic_file, check_distinct
from genoseq.genome.sequences import Codes
from genoseq.store.store import Store, open_stores


def leaks(stores: Sequence[Store | PathLike], out: PathLike | None = None) -> list[Leak]:
    """How much of the validation and test splits is also in another split.

    Parameters
    ----------
    stores
        A list of the stores, or their folders, that one model learns from.
    out
        JSON to write: ``held_out``, ``other``, ``fraction`` of each pair of splits.

    Raises
    ------
    StoreError
        If all regions are of one split.
    ConfigError
        If ``out`` is a file of a store.
    """
    opened = open_stores(stores)
    target = None if out is None else Path(out)
    read = (path for store in opened for path in store.path.glob("*"))
    check_distinct({"--out": target}, {f"input {path}": path for path in read})
    found = store_leaks(opened)
    if not found:
        raise StoreError("all regions are of one split: there is nothing to leak")
    if target is not None:
        names = ("held_out", "other", "fraction")
        rows = [{name: getattr(leak, name) for name in names} for leak in found]
        with atomic_file(target) as path:
            path.write_text(json.dumps(rows, indent=2) + "\n")
    return found


def store_leaks(stores: Sequence[Store]) -> list[Leak]:
    """Leaks between each pair of splits that the stores have; a genome given twice counts once.

    One sketch for each split holds about a million k-mers, however large the genomes are.
    """
    genomes = list({store.name: store for store in reversed(stores)}.values())
    bases = sum(store.regions.total_bases for store in genomes)
    sketches = {
        split: sketch(_sequences(genomes, split), sample_for(bases))
        for split in LEARNED
        if any(len(store.regions.of_split(split)) for store in genomes)
    }
    return split_leaks(sketches)


def _sequences(stores: Sequence[Store], split: str) -> Iterator[Codes]:
    """Bases of the split's regions."""
    for store in stores:
        for index in store.regions.of_split(split):
            region = store.regions[int(index)]
            yield store.codes(region.chrom, region.start, region.end)
