"""31-mers that the splits of a run share, over all of its genomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genoseq.config.base import LEARNED
from genoseq.extraction.leaks import Leak, sample_for, sketch, split_leaks
from genoseq.genome.sequences import Codes
from genoseq.store.store import Store


def store_leaks(stores: Sequence[Store]) -> list[Leak]:
    """Leaks between each two splits that the stores have; a genome given twice counts once.

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
