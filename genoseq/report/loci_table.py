"""The table of the worst false positives and negatives, as the page has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genoseq.report.charts import Data, Number
from genoseq.report.loci import Locus

LOCI = "loci"
_COLUMNS = ("genome", "model", "chrom", "start", "end", "class", "strand", "kind", "bases", "mean")


@dataclass(frozen=True)
class LociTable:
    """Loci in order, and what they can be filtered by: heading, name in the page, choices."""

    loci: Sequence[Locus]
    choices: Sequence[tuple[str, str, Sequence[str]]]


def loci_table(loci: Sequence[Locus]) -> LociTable:
    """The table of some loci."""
    columns: dict[tuple[str, str], list[str]] = {
        ("genome", "genome"): [each.genome for each in loci],
        ("model", "model"): [each.model for each in loci],
        ("class", "class"): [each.name for each in loci],
        ("kind", "kind"): [each.kind for each in loci],
    }
    choices = [(*names, sorted(set(values))) for names, values in columns.items()]
    return LociTable(loci, choices)


def loci_data(loci: Sequence[Locus]) -> Data:
    """As they are downloaded: 0-based half-open."""
    rows: list[list[str | Number]] = [
        [
            each.genome, each.model, each.chrom, each.start, each.end, each.name, each.strand,
            each.kind, each.bases, each.mean,
        ]
        for each in loci
    ]  # fmt: skip
    return Data(_COLUMNS, rows)
