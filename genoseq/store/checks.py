"""Whether stores can be learned from together: one scheme, a split, known labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import StoreError
from genoseq.genome.schemes import Scheme
from genoseq.labels.counts import LabelCounts
from genoseq.store.store import Store

_CHUNK_BASES = 1 << 20


def common_scheme(stores: Sequence[Store]) -> Scheme | None:
    """The scheme that all stores share; None if none of them has labels.

    Raises
    ------
    StoreError
        If two stores differ, or there is none.
    """
    if not stores:
        raise StoreError("no store given: make one with genoseq tokenize")
    first = next((store for store in stores if store.scheme is not None), stores[0])
    for store in stores:
        if store.scheme is None and first.scheme is not None:
            raise StoreError(
                f"{store.path}: store {store.name!r} has no labels to train or evaluate on, but "
                f"{first.name!r} has: tokenize it with an annotation or signal"
            )
        if store.scheme != first.scheme:
            raise StoreError(
                f"stores {first.name!r} and {store.name!r} ({first.path}, {store.path}) have "
                f"different labels ({_described(first.scheme)}; {_described(store.scheme)}): "
                f"tokenize both with the same scheme and classes"
            )
    return first.scheme


def labelled_regions(store: Store, split: str) -> NDArray[np.int64]:
    """Regions of the split in which at least one label is known: the others teach nothing.

    Without labels it is every region of the split.
    """
    rows = store.regions.of_split(split)
    if store.scheme is None:
        return rows
    scheme = store.scheme
    known = (_any_known(store.region_labels(int(row)), scheme) for row in rows)
    kept: NDArray[np.int64] = rows[np.fromiter(known, bool, len(rows))]
    return kept


def _any_known(labels: NDArray[Any], scheme: Scheme) -> bool:
    """Whether a label is known; looks no further than the first megabase that has one."""
    starts = range(0, len(labels), _CHUNK_BASES)
    return any(scheme.known(labels[start : start + _CHUNK_BASES]).any() for start in starts)


def _described(scheme: Scheme | None) -> str:
    """The labels of a scheme for a message: ``classes CDS+0, CDS+1 ...``."""
    if scheme is None:
        return "none"
    states = (
        f"{s.name}{s.strand.strip('.')}{'' if s.phase is None else s.phase}" for s in scheme.states
    )
    return f"{scheme.kind} {' '.join(states)}"


def unlabelled(split: str) -> str:
    """The error for a split without any known label."""
    return (
        f"no base of split {split!r} has a known label: the annotation or signal is of other "
        f"contigs, or the mask hides all; choose other regions for this split"
    )


def misfits(
    stores: Iterable[Store], scheme: Scheme | None, owner: str | Path, split: str
) -> list[str]:
    """Every reason why stores cannot be learned from or tested on; empty if they can.

    Parameters
    ----------
    scheme, owner
        What they should hold: the scheme of ``owner``, None if it has none itself.
    split
        The split that at least one region must be of.
    """
    problems, found, labelled = [], set(), False
    for store in stores:
        found |= {name for name in store.regions.splits if len(store.regions.of_split(name))}
        labelled = labelled or store.scheme is None or len(labelled_regions(store, split)) > 0
        if store.scheme is None:
            problems.append(f"{store.path}: has no labels: tokenize with an annotation or a signal")
        elif scheme is not None and store.scheme != scheme:
            problems.append(
                f"{store.path}: its labels ({_described(store.scheme)}) are not those of {owner} "
                f"({_described(scheme)}): tokenize it with the scheme and classes of {owner}"
            )
    if split not in found:
        there = ", ".join(sorted(found)) or "no region"
        problems.append(f"no region of split {split!r}: the stores have {there}")
    elif not labelled:
        problems.append(unlabelled(split))
    return problems


def count_labels(store: Store) -> LabelCounts | None:
    """How many bases of its regions have which label; None without labels."""
    if store.scheme is None:
        return None
    counts = LabelCounts(store.scheme)
    counts.add(store.all_labels)
    return counts
