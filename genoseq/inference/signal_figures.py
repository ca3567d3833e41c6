"""Where a model of signals is right: by size of bins, genome, contig, region and gene, and beside
what replicates of the signal say of one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import singledispatch
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from genoseq.config.sheet import named_file
from genoseq.errors import ConfigError, listed
from genoseq.genome.schemes import Scheme
from genoseq.genome.tracks import Channel
from genoseq.inference.genome_names import genome_names
from genoseq.inference.signal_tables import (
    Table,
    gene_figures,
    gene_table,
    region_figures,
    region_table,
)
from genoseq.labels.gene_parts import GeneParts, read_gene_parts
from genoseq.metrics.binned import BinnedPairs, Group, ceiling, mean_of
from genoseq.metrics.bootstrap import block_size
from genoseq.metrics.interval_sums import IntervalSums
from genoseq.store.files import REPLICATES
from genoseq.store.store import Store
from genoseq.tasks.per_base import PerBase
from genoseq.tasks.task import Task

BINS = (1, 10, 100, 1_000, 10_000)
"""bp of bins in which signals are compared."""
BY_BIN, BY_REGION, BY_GENE, SCATTER = "signals.tsv", "regions.tsv", "genes.tsv", "scatter.tsv"
SCATTERED = 1_000
"""Points of a plot, of each signal, genome and bin."""
_MOST_PAIRS = 10
"""Pairs of replicates that are compared, of each signal."""


@singledispatch
def figures_of(
    task: Task, stores: Sequence[Store], split: str, bins: Sequence[int], genes: Sequence[str]
) -> SignalFigures | None:
    """What is measured by place of a task; None where it has no such figures.

    Parameters
    ----------
    bins
        bp; none: :data:`BINS`.
    genes
        ``FILE`` or ``STORE=FILE``, see :func:`genes_of_stores`.

    Raises
    ------
    ConfigError
        If genes are given of a model without signals.
    """
    del stores, split, bins
    _refuse(task, genes)
    return None


@figures_of.register(PerBase)
def _of_labels(
    task: PerBase, stores: Sequence[Store], split: str, bins: Sequence[int], genes: Sequence[str]
) -> SignalFigures | None:
    if task.scheme.kind != "signal":
        _refuse(task, genes)
        return None
    own = genes_of_stores(genes, stores)
    return SignalFigures(task.scheme, stores, split, bins or BINS, own)


def _refuse(task: Task, genes: Sequence[str]) -> None:
    if genes:
        raise ConfigError(f"--genes: is of models of signals, this one learned {task.name}")


def genes_of_stores(texts: Sequence[str], stores: Sequence[Store]) -> dict[str, list[GeneParts]]:
    """Genes by the name of their store, of ``STORE=FILE`` arguments, or ``FILE`` of one store.

    Raises
    ------
    ConfigError
        If a store is not there, or a file does not say of which of several it is.
    """
    called = genome_names(stores)
    names = {called[store.path]: store for store in stores}
    found: dict[str, list[GeneParts]] = {}
    for text in texts:
        name, path = named_file(text)
        if name is None and len(names) > 1:
            raise ConfigError(f"--genes {text}: of which genome is it? NAME=FILE, {listed(names)}")
        name = next(iter(names)) if name is None else name
        if name not in names:
            raise ConfigError(f"--genes {text}: no store is called {name!r}: {listed(names)}")
        found.setdefault(name, []).extend(read_gene_parts(path, names[name].lengths))
    return found


class SignalFigures:
    """Figures of a model of signals by place; see the module.

    Parameters
    ----------
    scheme
        The S signals.
    stores, split
        Whose regions are predicted, in this order.
    bins
        bp of bins.
    genes
        Of stores, by their names; may be none.
    """

    def __init__(
        self,
        scheme: Scheme,
        stores: Sequence[Store],
        split: str,
        bins: Sequence[int],
        genes: Mapping[str, Sequence[GeneParts]],
    ) -> None:
        self._scheme = scheme
        self._labels = [Channel(s.name, s.strand).label for s in scheme.states]
        self._pairs = _replicate_pairs(scheme, stores)
        columns = len(scheme) + len(self._pairs)
        bases = sum(
            int(store.regions.bases[store.regions.of_split(split)].sum()) for store in stores
        )
        block = block_size(bases)
        self._binned = {each: BinnedPairs(columns, each, block) for each in sorted({*bins})}
        self._genes, self._names = genes, genome_names(stores)
        self._regions = {
            self._names[store.path]: [
                store.regions[int(n)].region for n in store.regions.of_split(split)
            ]
            for store in stores
        }
        self._counts = {
            self._names[store.path]: _replicate_counts(scheme, [store]) for store in stores
        }
        self._counts["*"] = _replicate_counts(scheme, stores)
        parts = {
            name: [(part, n) for n, gene in enumerate(own) for part in gene.parts]
            for name, own in genes.items()
        }
        self._by_gene = {name: IntervalSums(len(scheme), own) for name, own in parts.items()}
        self._by_region = {
            name: IntervalSums(len(scheme), [(region, n) for n, region in enumerate(own)])
            for name, own in self._regions.items()
        }

    def update(
        self, store: Store, chrom: str, start: int, values: NDArray[np.float32], targets: Tensor
    ) -> None:
        """Count a stretch: values (S or more, L), targets (L, S)."""
        told, genome = values[: len(self._scheme)].T, self._names[store.path]
        truth = targets.numpy()
        libraries = store.beside(REPLICATES, chrom, start, start + len(truth))
        libraries = np.where(np.isnan(truth).all(1, keepdims=True), np.nan, libraries)
        left, right = [told], [truth]
        for name, strand, one, other in self._pairs:
            own = [n for n, key in enumerate(store.replicates) if key == (name, strand)]
            for side, number in ((left, one), (right, other)):
                column = libraries[:, own[number]] if number < len(own) else libraries[:, :0]
                none = np.full(len(truth), np.nan, np.float32)
                side.append((column if column.ndim == 1 else none)[:, None])
        x, y = (np.concatenate(side, axis=1, dtype=np.float64) for side in (left, right))
        for binned in self._binned.values():
            binned.update(genome, chrom, start, x, y)
        for sums in (self._by_region[genome], self._by_gene.get(genome)):
            if sums is not None:
                sums.update(chrom, start, told, truth)

    def finish(self) -> tuple[dict[str, Any], dict[str, Table]]:
        """Figures for ``metrics.json``, and tables by the names of their files."""
        rows: list[dict[str, Any]] = []
        points: list[list[Any]] = []
        for size, binned in self._binned.items():
            for group in binned.groups():
                rows += self._rows(size, group)
                if (group.genome == "*") != (group.contig == "*"):
                    points += self._points(size, group)
        by_gene = list(gene_figures(self._genes, self._by_gene, self._scheme))
        figures: dict[str, Any] = {
            "genomes": self._of_genomes(rows),
            "by_bin": [row for row in rows if row["contig"] == "*"],
            "by_region": list(region_figures(self._regions, self._by_region, self._labels)),
        }
        figures |= {"by_gene": by_gene} if self._genes else {}
        tables: dict[str, Table] = {
            BY_BIN: (list(rows[0]), [list(row.values()) for row in rows]) if rows else ((), ()),
            BY_REGION: region_table(self._regions, self._by_region, self._labels),
            SCATTER: (["genome", "signal", "bin", "predicted", "measured"], points),
        }
        return figures, tables | (
            {BY_GENE: gene_table(self._genes, self._by_gene, self._scheme)} if self._genes else {}
        )

    def _rows(self, size: int, group: Group) -> Iterator[dict[str, Any]]:
        """A row for each signal in bins of a size."""
        counts = self._counts[group.genome]
        for number, state in enumerate(self._scheme.states):
            beside = [
                len(self._scheme) + n
                for n, (name, strand, *_) in enumerate(self._pairs)
                if (name, strand) == (state.name, state.strand)
            ]
            agree, agree_log = (
                mean_of([group.pearson(column, scale) for column in beside]) for scale in (0, 1)
            )
            low, high = group.interval(number) or (None, None)
            yield {
                "genome": group.genome,
                "contig": group.contig,
                "signal": self._labels[number],
                "bin": size,
                "bins": group.count(number),
                "pearson": group.pearson(number),
                "low": low,
                "high": high,
                "pearson_log1p": group.pearson(number, 1),
                "spearman": group.samples[number].spearman(),
                "replicates": agree,
                "ceiling": ceiling(agree, counts[number]),
                "replicates_log1p": agree_log,
                "ceiling_log1p": ceiling(agree_log, counts[number]),
            }

    def _points(self, size: int, group: Group) -> Iterator[list[Any]]:
        """Evenly chosen bins of a genome, as a plot shows them."""
        for number, label in enumerate(self._labels):
            kept = group.samples[number].kept
            chosen = np.linspace(0, kept.shape[1] - 1, min(SCATTERED, kept.shape[1])).astype(int)
            for told, true in kept[:, chosen].T.tolist():
                yield [group.genome, label, size, told, true]

    def _of_genomes(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Bases and mean Pearson r of each genome, in bins of the least size."""
        least = min(self._binned)
        own = [row for row in rows if row["bin"] == least and row["contig"] == "*"]
        return {
            name: {
                "bases": int(self._by_region[name].known().max(1, initial=0).sum()),
                "bin": least,
                "pearson": mean_of([row["pearson"] for row in own if row["genome"] == name]),
            }
            for name in self._regions
            if any(row["genome"] == name for row in own)
        }


def _replicate_counts(scheme: Scheme, stores: Sequence[Store]) -> list[int]:
    """Replicates of each signal, the fewest of any store that has several."""
    found = []
    for state in scheme.states:
        own = [store.replicates.count((state.name, state.strand)) for store in stores]
        found.append(min((n for n in own if n > 1), default=1))
    return found


def _replicate_pairs(scheme: Scheme, stores: Sequence[Store]) -> list[tuple[str, str, int, int]]:
    """Name, strand and numbers of every two replicates that some store has."""
    found: list[tuple[str, str, int, int]] = []
    for state in scheme.states:
        most = max(store.replicates.count((state.name, state.strand)) for store in stores)
        pairs = list(combinations(range(most), 2))[:_MOST_PAIRS]
        found += [(state.name, state.strand, one, other) for one, other in pairs]
    return found
