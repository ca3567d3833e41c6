"""Signals of regions and of genes, predicted and measured, as tables and as one line for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region
from genoseq.genome.schemes import Scheme
from genoseq.genome.tracks import Channel
from genoseq.labels.gene_parts import GeneParts
from genoseq.metrics.correlation import Sample, log1p
from genoseq.metrics.interval_sums import IntervalSums

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Header and rows."""
Genes = Mapping[str, Sequence[GeneParts]]
"""Of each genome."""


def region_table(
    regions: Mapping[str, Sequence[Region]],
    summed: Mapping[str, IntervalSums],
    labels: Sequence[str],
) -> Table:
    """A row for each region and signal: means, and r of its bases."""
    head = ["genome", "contig", "start", "end", "signal", "bases"]
    rows = []
    for name, own in regions.items():
        known, means, r = summed[name].known(), summed[name].means(), summed[name].pearson()
        for n, region in enumerate(own):
            where = [name, region.chrom, region.start, region.end]
            for column, label in enumerate(labels):
                told = [*means[n, column].tolist(), float(r[n, column])]
                rows.append([*where, label, int(known[n, column]), *told])
    return [*head, "predicted", "measured", "pearson"], rows


def region_figures(
    regions: Mapping[str, Sequence[Region]],
    summed: Mapping[str, IntervalSums],
    labels: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """Correlations over the means of the regions of each genome; and the median of r inside them,
    which says nothing of how much there is in each."""
    for name in regions:
        known, means, r = summed[name].known(), summed[name].means(), summed[name].pearson()
        for column, label in enumerate(labels):
            pairs = means[known[:, column] > 0, column]
            inside = r[~np.isnan(r[:, column]), column]
            found = {"genome": name, "signal": label, "regions": len(pairs), **_agreement(pairs)}
            yield found | {"inside": float(np.median(inside)) if len(inside) else None}


def gene_table(genes: Genes, summed: Mapping[str, IntervalSums], scheme: Scheme) -> Table:
    """A row for each gene and each signal of its strand: means over its exons."""
    head = ["genome", "gene", "contig", "start", "end", "strand", "signal", "bases"]
    labels = [Channel(state.name, state.strand).label for state in scheme.states]
    rows = []
    for name, own in genes.items():
        known, means = summed[name].known(), summed[name].means()
        for n, gene in enumerate(own):
            span = gene.span
            where = [name, gene.name, span.chrom, span.start, span.end, gene.strand]
            for column in _sense(scheme, gene):
                if known[n, column]:
                    told = [int(known[n, column]), *means[n, column].tolist()]
                    rows.append([*where, labels[column], *told])
    return [*head, "predicted", "measured"], rows


def gene_figures(
    genes: Genes, summed: Mapping[str, IntervalSums], scheme: Scheme
) -> Iterator[dict[str, Any]]:
    """Correlations over the genes of each genome, both strands of a signal together."""
    for name, own in genes.items():
        known, means = summed[name].known(), summed[name].means()
        for signal in dict.fromkeys(state.name for state in scheme.states):
            pairs = [
                means[n, column]
                for n, gene in enumerate(own)
                for column in _sense(scheme, gene)
                if scheme.states[column].name == signal and known[n, column]
            ]
            yield {"genome": name, "signal": signal, "genes": len(pairs), **_agreement(pairs)}


def _agreement(pairs: Sequence[Any] | NDArray[Any]) -> dict[str, float | None]:
    """Correlations of what is predicted and measured, (N, 2)."""
    told, true = np.array(pairs, np.float64).reshape(-1, 2).T
    ranks = Sample()
    ranks.update(told, true)
    return {
        "pearson": _pearson(told, true),
        "pearson_log1p": _pearson(log1p(told), log1p(true)),
        "spearman": ranks.spearman(),
    }


def _sense(scheme: Scheme, gene: GeneParts) -> list[int]:
    """Signals of a gene: those without strand, and those of its own."""
    strands = [state.strand for state in scheme.states]
    return [
        n for n, each in enumerate(strands) if each == gene.strand or "." in (each, gene.strand)
    ]


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def said_by_bin(metrics: Mapping[str, Any]) -> Iterator[str]:
    """A line for each signal and genome: r by bin, and what replicates allow; then of genes."""
    every = [row for row in metrics.get("by_bin", []) if row["genome"] != "*"]
    for genome, signal in dict.fromkeys((row["genome"], row["signal"]) for row in every):
        rows = [row for row in every if row["genome"] == genome]
        words = [
            f"{row['bin']:,} bp {row['pearson']:.3f}"
            + ("" if row["ceiling"] is None else f" of {row['ceiling']:.3f}")
            for row in rows
            if row["signal"] == signal and row["pearson"] is not None
        ]
        known = any(row["ceiling"] is not None for row in rows if row["signal"] == signal)
        of = " of what replicates allow" if known else ""
        yield f"{genome}: {signal}: Pearson r by bin{of}: {', '.join(words) or 'not defined'}"
    for row in metrics.get("by_gene", []):
        figures = ", ".join(
            f"{name} {row[name]:.3f}"
            for name in ("pearson", "pearson_log1p", "spearman")
            if row[name] is not None
        )
        yield f"{row['genome']}: {row['signal']} of {row['genes']:,} genes: {figures}"
