"""What is on the page: the verdict, tables and plots of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from genoseq.config.base import LEARNED
from genoseq.extraction.leaks import Leak
from genoseq.report.charts import Chart, Data
from genoseq.report.comparison import by_genome_table, comparison_table, sites_table
from genoseq.report.composition import Composition, genome_composition, split_composition
from genoseq.report.gene_cards import GeneCard, gene_cards, genes_table
from genoseq.report.genome_checks import check_drift, check_leaks, check_masked, check_unknown
from genoseq.report.loci import Locus
from genoseq.report.loci_table import LOCI, loci_data
from genoseq.report.model_charts import (
    calibration_chart,
    confusion_table,
    learning_charts,
    precision_recall_charts,
)
from genoseq.report.model_checks import check_model
from genoseq.report.results import ModelResult, Results
from genoseq.report.signal_charts import (
    by_bin_charts,
    by_bin_table,
    grouped_table,
    scatter_charts,
)
from genoseq.report.tables import (
    Table,
    composition_table,
    genomes_table,
    leaks_table,
    metrics_table,
    stores_table,
)
from genoseq.report.variant_rows import ReadVariants
from genoseq.report.variant_table import COUNTS, KEY, VariantSection, variant_section
from genoseq.report.verdict import Check, worst_first
from genoseq.store.leaks import store_leaks

VERDICT = "verdict"


@dataclass(frozen=True)
class Contents:
    """What is on the page."""

    checks: list[Check]
    tables: dict[str, Table | None]
    metrics: list[Table]
    confusions: list[Table]
    learning: list[Chart]
    precision_recall: list[Chart]
    signals: list[Chart]
    calibration: Chart | None
    genes: list[GeneCard]
    variants: VariantSection | None = None

    def data(self, loci: Sequence[Locus]) -> dict[str, Data]:
        """The numbers behind every plot and table, by its name on the page."""
        tables = [each for each in self.tables.values() if each is not None]
        charts = [*self.learning, *self.precision_recall, *self.signals]
        charts += [] if self.calibration is None else [self.calibration]
        charts += [chart for card in self.genes for chart in card.charts]
        found = {each.key: each.download() for each in (*tables, *self.metrics, *self.confusions)}
        found |= {chart.key: chart.data for chart in charts}
        if self.variants is not None:
            found |= {KEY: self.variants.data(), COUNTS: self.variants.counts.download()}
        return found | {VERDICT: _verdict_data(self.checks), LOCI: loci_data(loci)}


def contents(results: Results, folder: Path, variants: Sequence[ReadVariants] = ()) -> Contents:
    """Everything of a run that the page shows; links are relative to ``folder``."""
    leaks = store_leaks(results.stores)
    parts = [
        split_composition(store, split)
        for store in {store.name: store for store in reversed(results.stores)}.values()
        for split in LEARNED
        if len(store.regions.of_split(split))
    ]
    known = {store.name for store in results.stores}
    alone = {name: path for name, path in results.genomes.items() if name not in known}
    parts += [genome_composition(name, path) for name, path in alone.items()]
    confusions = [confusion_table(model, n) for n, model in enumerate(results.models)]
    return Contents(
        checks(leaks, parts, results.models),
        {
            "models": comparison_table(results.models) if results.models else None,
            "tested": genomes_table(results.models),
            "by_genome": by_genome_table(results.models),
            "sites": sites_table(results.models),
            "bins": by_bin_table(results.models),
            "by_region": grouped_table(
                results.models,
                "region",
                "Signals of regions, means; and inside of them the median r of their bases",
            ),
            "by_gene": grouped_table(results.models, "gene", "Signals of genes, means over exons"),
            "genomes": stores_table(results.stores) if results.stores else None,
            "leaks": leaks_table(leaks),
            "bases": composition_table(parts),
            "genes": genes_table(results.genes) if results.genes else None,
        },
        [metrics_table(model, number) for number, model in enumerate(results.models)],
        [table for table in confusions if table is not None],
        learning_charts(results.models),
        precision_recall_charts(results.models),
        [*by_bin_charts(results.models), *scatter_charts(results.models)],
        calibration_chart(results.models),
        gene_cards(results.genes, folder),
        variant_section(variants, folder),
    )


def checks(
    leaks: Sequence[Leak], parts: Sequence[Composition], models: Sequence[ModelResult]
) -> list[Check]:
    """The verdict, the worst first."""
    found = [*check_leaks(leaks), *check_drift(parts)]
    found += [*check_unknown(parts), *check_masked(parts)]
    found += [check for model in models for check in check_model(model)]
    return worst_first(found)


def _verdict_data(found: Iterable[Check]) -> Data:
    columns = ("verdict", "check", "of", "value", "found", "limit", "what to do")
    rows = [
        [each.grade, each.name, each.of, each.value, each.found, each.limit, each.advice]
        for each in found
    ]
    return Data(columns, rows)
