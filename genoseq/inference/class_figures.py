"""Figures of classes by genome and contig: pooled ones hide the genome where a model fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from genoseq.genome.schemes import BACKGROUND
from genoseq.genome.tracks import Channel
from genoseq.inference.genome_names import genome_names
from genoseq.inference.signal_tables import Table
from genoseq.metrics.counted import Counted, counted
from genoseq.metrics.level import mean_known
from genoseq.store.store import Store
from genoseq.tasks.task import Metrics

BY_CLASS = "classes.tsv"
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

    def __init__(self, metrics: Metrics, stores: Sequence[Store], split: str) -> None:
        self._metrics, self._before = metrics, _counts(metrics)
        self._names = genome_names(stores)
        self._left = _bases_left(stores, self._names, split)
        self._at: _Where | None = None
        self._open: dict[_Where, Counted] = {}
        self._rows: list[dict[str, Any]] = []

    def enter(self, store: Store, chrom: str, bases: int) -> None:
        """What is counted next are so many bases of a contig."""
        where = (self._names[store.path], chrom)
        if self._at not in (None, where):
            self._close()
        self._at = where
        for each in (where, (where[0], "*")):
            self._left[each] -= bases

    def _close(self) -> None:
        """Add what was counted to its contig and genome; tell those that are done."""
        assert self._at is not None
        now = _counts(self._metrics)
        own, self._before = now.plus(self._before, -1), now
        for where in (self._at, (self._at[0], "*")):
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
        whole = _rows(("*", "*"), _counts(self._metrics))
        by_genome = [row for row in self._rows if row["contig"] == "*"]
        figures = {"genomes": _of_genomes(by_genome), "by_genome": by_genome}
        rows = [*whole, *sorted(self._rows, key=lambda row: row["contig"] != "*")]
        table = (list(whole[0]), [list(row.values()) for row in rows]) if whole else ((), ())
        return figures, {BY_CLASS: table}


def class_figures(metrics: Metrics, stores: Sequence[Store], split: str) -> ClassFigures | None:
    """What is measured by place of metrics of classes; None of others."""
    return None if counted(metrics) is None else ClassFigures(metrics, stores, split)


def _counts(metrics: Metrics) -> Counted:
    found = counted(metrics)
    assert found is not None
    return found


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
