"""What genomes are called in figures, each by a name of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from genoseq.store.store import Store


def genome_names(stores: Sequence[Store]) -> dict[Path, str]:
    """The name of each store by its folder; with the folder where several have one name.

    Stores of different folders are often called alike, as their FASTA are: ``genome``.
    """
    counts = Counter(store.name for store in stores)
    return {
        store.path: store.name if counts[store.name] == 1 else f"{store.name} ({store.path})"
        for store in stores
    }
