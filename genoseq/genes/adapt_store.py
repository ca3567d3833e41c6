"""A store of a genome and of what it teaches about itself, the same whatever its file's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from genoseq.genes.adapt_labels import Labels
from genoseq.genes.layout import Contig, by_bases
from genoseq.genome.regions import Region
from genoseq.genome.schemes import UNKNOWN_LABEL, Scheme
from genoseq.store.store import Store
from genoseq.store.write import LabelledRegion, write_store

BLOCK = 20_000
"""bp of a block of the genome that is learned from or held out as a whole, about."""
_HELD_OUT = 12
"""One block of so many is held out."""


def write_self_store(
    path: Path,
    contigs: Sequence[Contig],
    labels: Sequence[Labels],
    scheme: Scheme,
    states: Sequence[int],
) -> Store:
    """A store of contigs in blocks, of which some are held out (split ``valid``).

    Contigs come in the order of their bases and go by number: neither their order in a file nor
    their names decide what is learned.

    Parameters
    ----------
    contigs, labels
        Codes, (L,), and labels, (L,), of each contig: numbers of
        :data:`genoseq.genes.state_values.STATES`, or unknown.
    scheme
        Of the model.
    states
        Where each of the seven states stands in the scheme.
    """
    order = sorted(range(len(contigs)), key=lambda index: by_bases(contigs[index]))
    table = np.full(256, UNKNOWN_LABEL, np.uint8)
    table[: len(states)] = states
    named = {str(number): index for number, index in enumerate(order)}
    codes = ((name, [contigs[index].codes]) for name, index in named.items())
    blocks = _blocks({name: table[labels[index]] for name, index in named.items()})
    return write_store(path, "self", scheme, codes, blocks, {})


def _blocks(labels: Mapping[str, Labels]) -> Iterator[LabelledRegion]:
    number = 0
    for name, own in labels.items():
        bounds = np.linspace(0, len(own), max(1, round(len(own) / BLOCK)) + 1).astype(int).tolist()
        for start, end in pairwise(bounds):
            known = own[start:end]
            if (known == UNKNOWN_LABEL).all():
                continue
            split = "valid" if number % _HELD_OUT == _HELD_OUT // 2 else "train"
            number += 1
            yield Region(name, start, end), split, known
