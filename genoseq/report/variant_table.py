"""The table of variants, as the page has it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genoseq.files.names import VARIANTS
from genoseq.report.charts import Data, Number
from genoseq.report.tables import Field, Table
from genoseq.report.variant_rows import OF_A_REASON, ReadVariants, ShownVariant

KEY, COUNTS = "variants", "variant-counts"
_LONGEST = 16
"""Letters of an allele that are shown."""
_COLUMNS = (
    *("genome", "model", "chrom", "start", "end", "id", "ref", "alt", "class", "change"),
    *("amount", "offset", "genes", "reason"),
)


@dataclass(frozen=True)
class VariantRow:
    """A row: the variant, and its alleles in a few letters."""

    of: ShownVariant
    ref: str
    alt: str


@dataclass(frozen=True)
class VariantSection:
    """The section of variants.

    Attributes
    ----------
    rows
        The largest effects first, then those without a score.
    choices
        What rows can be filtered by: heading, name in the page, choices.
    said
        How many of all variants these are.
    files
        Text and address, relative to the page.
    counts
        A row for each file.
    """

    rows: Sequence[VariantRow]
    choices: Sequence[tuple[str, str, Sequence[str]]]
    said: str
    files: Sequence[tuple[str, str]]
    counts: Table

    def data(self) -> Data:
        """The rows as they are downloaded: 0-based half-open."""
        rows: list[list[str | Number]] = [
            [
                one.genome, one.model, one.chrom, one.start, one.end, one.name, one.ref, one.alt,
                one.channel, one.change, one.amount, one.offset, one.genes, one.reason,
            ]
            for one in (row.of for row in self.rows)
        ]  # fmt: skip
        return Data(_COLUMNS, rows)


def variant_section(found: Sequence[ReadVariants], folder: Path) -> VariantSection | None:
    """The section of some files, with links relative to ``folder``; None if there are none."""
    if not found:
        return None
    shown = sorted((one for each in found for one in each.shown), key=_rank)
    columns: dict[tuple[str, str], list[str]] = {
        ("genome", "genome"): [one.genome for one in shown],
        ("model", "model"): [one.model for one in shown],
        ("class", "class"): [one.channel for one in shown],
        ("gain or loss", "change"): [one.change for one in shown],
        ("reason", "reason"): [one.reason for one in shown],
    }
    choices = [(*names, sorted({*values} - {""})) for names, values in columns.items()]
    best = sum(1 for one in shown if not one.reason)
    scored, alleles = (sum(getattr(each, name) for each in found) for name in ("scored", "alleles"))
    said = (
        f"The {best:,} largest effects of {scored:,} alleles with a score; of {alleles - scored:,} "
        f"without one {len(shown) - best:,}, at most {OF_A_REASON} of each reason and file. The "
        f"files have all."
    )
    files = [
        (
            f"{each.file.genome} by {each.file.model}",
            Path(os.path.relpath(each.file.path.resolve(), folder)).as_posix(),
        )
        for each in found
    ]
    rows = [VariantRow(one, _short(one.ref), _short(one.alt)) for one in shown]
    return VariantSection(rows, choices, said, files, _counts(found))


def _rank(one: ShownVariant) -> tuple[bool, float, str]:
    return bool(one.reason), -(one.amount or 0.0), one.reason


def _short(allele: str) -> str:
    if len(allele) <= _LONGEST:
        return allele
    return f"{allele[: _LONGEST // 2]}… ({len(allele):,})"


def _counts(found: Sequence[ReadVariants]) -> Table:
    rows: list[list[Field]] = [
        [
            each.file.genome, each.file.model, each.records, each.alleles, each.scored,
            ", ".join(f"{reason} {count:,}" for reason, count in each.reasons.items()) or "-",
        ]
        for each in found
    ]  # fmt: skip
    head = ["genome", "model", "records", "alleles", "with a score", "reasons of the others"]
    return Table(COUNTS, f"Variants scored ({VARIANTS})", head, rows)
