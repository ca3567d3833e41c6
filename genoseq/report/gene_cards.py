"""What the page says of called genes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.files.names import GENES
from genoseq.report.charts import Chart, Data, bars, logo
from genoseq.report.results import GENES_GFF3, GeneFolder
from genoseq.report.tables import Field, Shown, Table

_LENGTH_BINS = (
    0,
    60,
    120,
    180,
    240,
    300,
    450,
    600,
    900,
    1200,
    1800,
    2400,
    3600,
    6000,
    12000,
    10**12,
)
_MOST_CARDS = 24
"""Folders of genes that have plots; the table has all of them."""


@dataclass(frozen=True)
class GeneCard:
    """The genes of a genome by a model: facts as heading and text, plots, links to files."""

    genome: str
    model: str
    facts: list[tuple[str, str]]
    charts: list[Chart]
    files: list[tuple[str, str]]


def gene_cards(genes: Iterable[GeneFolder], folder: Path) -> list[GeneCard]:
    """Cards of the first folders, with links relative to the page's folder."""
    kept = list(genes)[:_MOST_CARDS]
    return [gene_card(each, folder, number) for number, each in enumerate(kept)]


def gene_card(genes: GeneFolder, folder: Path, number: int) -> GeneCard:
    """Facts and plots of one folder; ``number`` makes the names of its plots."""
    said = genes.summary
    relative = os.path.relpath(genes.path.resolve(), folder)
    made = [
        _lengths(genes, f"gene-lengths-{number}"),
        _confidence(genes, f"gene-confidence-{number}"),
        _starts(genes, f"gene-starts-{number}"),
        _motif(genes, f"gene-motif-{number}"),
    ]
    return GeneCard(
        genes.genome,
        genes.model,
        _facts(said),
        [chart for chart in made if chart is not None],
        [(name, Path(relative, name).as_posix()) for name in GENES],
    )


def genes_table(genes: Iterable[GeneFolder]) -> Table:
    """All folders, one row each."""
    rows: list[list[Field]] = [
        [
            each.genome,
            each.model,
            each.summary["genes"],
            each.summary["partial_genes"],
            Shown(
                each.summary["expected_true_genes"], f"{each.summary['expected_true_genes']:,.0f}"
            ),
            Shown(each.summary["coding_density"], f"{each.summary['coding_density']:.1%}"),
            str(each.summary["genetic_code"]),
        ]
        for each in genes
    ]
    head = ["genome", "model", "genes", "cut off", "expected true", "coding density", "code"]
    return Table("genes", "Genes called", head, rows)


def gene_lengths(path: Path) -> NDArray[np.int64]:
    """bp of every gene of a GFF3 that ``genoseq genes`` wrote; one across the origin is one."""
    found = []
    with path.open() as file:
        for line in file:
            columns = line.split("\t", 5)
            if len(columns) == 6 and columns[2] == "gene":
                found.append(int(columns[4]) - int(columns[3]) + 1)
    return np.array(found, np.int64)


def _facts(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    starts = ", ".join(f"{name} {count:,}" for name, count in said["start_types"].items())
    found = [
        ("genes", f"{said['genes']:,}, of which {said['partial_genes']:,} are cut off"),
        ("expected to be true", f"{said['expected_true_genes']:,.0f}"),
        ("coding density", f"{said['coding_density']:.1%}"),
        ("genetic code", f"{said['genetic_code']}"),
        ("starts", starts or "-"),
    ]
    if (motif := said.get("motif")) is not None:
        shown = f"{motif['consensus']}, at {motif['share_of_starts']:.0%} of them"
        found.append(("motif before starts", shown))
    if "introns" in said:
        found.append(("introns", f"{said['introns']:,}, in {said['genes_with_introns']:,} genes"))
    return found


def _whose(genes: GeneFolder) -> str:
    return f"{genes.genome} by {genes.model}"


def _lengths(genes: GeneFolder, key: str) -> Chart | None:
    found = gene_lengths(genes.path / GENES_GFF3)
    if not len(found):
        return None
    counts = np.histogram(found, bins=_LENGTH_BINS)[0].tolist()
    names = [f"<{high:,}" for high in _LENGTH_BINS[1:-1]] + [f"≥{_LENGTH_BINS[-2]:,}"]
    short = [f"{high}" for high in _LENGTH_BINS[1:-1]] + ["more"]
    said = f"Lengths of the genes of {_whose(genes)}: median {int(np.median(found)):,} bp"
    drawing = bars(short, counts, "genes", "bp, below")
    return Chart(key, "Lengths", said, drawing, Data(["bp", "genes"], _pairs(names, counts)))


def _confidence(genes: GeneFolder, key: str) -> Chart | None:
    counts = genes.summary["confidence"]
    if not counts:
        return None
    names, values = list(counts), list(counts.values())
    sure = sum(values[-1:]) / max(sum(values), 1)
    said = f"Confidence of the genes of {_whose(genes)}: {sure:.0%} in the highest range"
    data = Data(["conf", "genes"], _pairs(names, values))
    return Chart(key, "Confidence", said, bars(names, values, "genes", "conf", 2), data)


def _starts(genes: GeneFolder, key: str) -> Chart | None:
    counts = genes.summary["start_types"]
    if not counts:
        return None
    names, values = list(counts), list(counts.values())
    listed = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    said = f"Start codons of the genes of {_whose(genes)}: {listed}"
    data = Data(["start", "genes"], _pairs(names, values))
    return Chart(key, "Start codons", said, bars(names, values, "genes", "codon", 1), data)


def _motif(genes: GeneFolder, key: str) -> Chart | None:
    motif = genes.summary.get("motif") or {}
    columns = motif.get("columns")
    if not columns or not motif.get("consensus"):
        return None
    said = (
        f"Motif before the starts of {_whose(genes)}: {motif['consensus']}, at "
        f"{motif['share_of_starts']:.0%} of them; letters as high as their part of the information"
    )
    rows: list[list[str | float | int | None]] = [
        [position + 1, *column] for position, column in enumerate(columns)
    ]
    data = Data(["position", "A", "C", "G", "T"], rows)
    return Chart(key, "Motif before starts", said, logo(columns, motif["background"]), data)


def _pairs(names: list[str], values: list[int]) -> list[list[str | float | int | None]]:
    return [[name, value] for name, value in zip(names, values, strict=True)]
