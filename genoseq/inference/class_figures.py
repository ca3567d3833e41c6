"""Figures of classes by genome and contig: pooled ones hide the genome where a model fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from genoseq.genome.schemes import BACKGROUND
from genoseq.genome.tracks import Channel
from genoseq.inference.genome_names import genome_names
from genoseq.inference.signal_tables import Table
from genoseq.inference.site_figures import BY_SITE, SiteFigures
from genoseq.metrics.counted import Counted, counted
from genoseq.metrics.independent import IndependentMetrics
from genoseq.metrics.level import best_slot, mean_known
from genoseq.metrics.metrics import Metrics
from genoseq.metrics.per_base import ClassMetrics
from genoseq.store.store import Store

BY_CLASS = "classes.tsv"
MOST_CONTIGS = 1_000
"""Contigs with rows of their own, those with most bases: each takes some milliseconds."""
_Counting = ClassMetrics | IndependentMetrics
_Where = tuple[str, str]
"""Genome and contig."""


class ClassFigures:
    """Figures of each genome and contig, of what metrics count while stretches are read.

    Contigs are told as soon as they are done: memory does not grow with them.

    Parameters
    ----------
    metrics
        Of classes; what they count is split by place.
    stores, split
        Whose regions are read.
    """

    def __init__(self, metrics: _Counting, stores: Sequence[Store], split: str) -> None:
        self._metrics, self._before = metrics, _counts(metrics)
        self._names = genome_names(stores)
        self._left = _bases_left(stores, self._names, split)
        whole = sum(bases for (_, contig), bases in self._left.items() if contig == "*")
        self._sites = SiteFigures(metrics.scheme, whole)
        self._apart = _longest(self._left)
        self._at: _Where | None = None
        self._open: dict[_Where, Counted] = {}
        self._rows: list[dict[str, Any]] = []

    def enter(
        self, store: Store, chrom: str, start: int, values: NDArray[np.float32], targets: Tensor
    ) -> None:
        """What metrics count next is a stretch: values (S, L), targets (L,) or (L, S)."""
        where = (self._names[store.path], chrom)
        at = where if where in self._apart else (where[0], "*")
        if self._at not in (None, at):
            self._close()
        self._at = at
        for each in (where, (where[0], "*")):
            self._left[each] -= len(targets)
        self._sites.update(where, start, values, targets)

    def _close(self) -> None:
        """Add what was counted to its contig and genome; tell those that are done."""
        assert self._at is not None
        now = _counts(self._metrics)
        own, self._before = now.plus(self._before, -1), now
        for where in dict.fromkeys((self._at, (self._at[0], "*"))):
            found = self._open.pop(where, None)
            total = own if found is None else found.plus(own)
            if self._left[where]:
                self._open[where] = total
            else:
                self._rows += _rows(where, total)

    def finish(self) -> tuple[dict[str, Any], dict[str, Table]]:
        """Figures for ``metrics.json``, and tables by the names of their files."""
        if self._at is not None:
            self._close()
        total = _counts(self._metrics)
        whole, sites = _rows(("*", "*"), total), self._sites.rows(_best(total))
        by_genome = [row for row in self._rows if row["contig"] == "*"]
        figures: dict[str, Any] = {"genomes": _of_genomes(by_genome), "by_genome": by_genome}
        rows = [*whole, *sorted(self._rows, key=lambda row: row["contig"] != "*")]
        table = (list(whole[0]), [list(row.values()) for row in rows]) if whole else ((), ())
        if not sites:
            return figures, {BY_CLASS: table}
        figures["sites"] = [row for row in sites if row["contig"] == "*"]
        by_site = (list(sites[0]), [list(row.values()) for row in sites])
        return figures, {BY_CLASS: table, BY_SITE: by_site}


def class_figures(metrics: Metrics, stores: Sequence[Store], split: str) -> ClassFigures | None:
    """What is measured by place of metrics of classes; None of others."""
    if not isinstance(metrics, ClassMetrics | IndependentMetrics):
        return None
    return ClassFigures(metrics, stores, split)


def _counts(metrics: _Counting) -> Counted:
    found = counted(metrics)
    assert found is not None
    return found


def _longest(bases: Mapping[_Where, int]) -> set[_Where]:
    """The contigs with most bases of all genomes, of equal ones the first."""
    contigs = [where for where in bases if where[1] != "*"]
    return {*sorted(contigs, key=lambda where: -bases[where])[:MOST_CONTIGS]}


def _best(counts: Counted) -> list[int]:
    """The bin of the threshold with the best F1 of each class but the background."""
    own = zip(counts.states, counts.called, counts.right, strict=True)
    return [best_slot(called, right) for state, called, right in own if state.name != BACKGROUND]


def _bases_left(stores: Sequence[Store], names: Mapping[Any, str], split: str) -> Counter[_Where]:
    """Bases of the split's regions of each contig, and of each genome (contig ``*``)."""
    left: Counter[_Where] = Counter()
    for store in stores:
        for index in store.regions.of_split(split):
            region = store.regions[int(index)]
            left[names[store.path], region.chrom] += len(region)
            left[names[store.path], "*"] += len(region)
    return left


def _rows(where: _Where, counts: Counted) -> list[dict[str, Any]]:
    """A row for each class that is not the background; none without a known base."""
    if not counts.bases:
        return []
    named = {"genome": where[0], "contig": where[1]}
    return [
        named
        | {"class": Channel(row["name"], row["strand"]).label, "bases": counts.bases}
        | {name: row[name] for name in row if name not in ("name", "strand", "phase")}
        for row in counts.rows()
        if row["name"] != BACKGROUND
    ]


def _of_genomes(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Bases and macro AUPRC of each genome."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(row["genome"] for row in rows):
        own = [row for row in rows if row["genome"] == name]
        bases = max(row["bases"] for row in own)
        found[name] = {"bases": bases, "macro_auprc": mean_known([row["auprc"] for row in own])}
    return found
