"""What ``conf`` of called genes is worth, and the short ones that are seen to be translated.

    python benchmarks/gene_conf.py DATA SCORE CALLS [--adapt auto]

CALLS is the folder ``--keep`` of ``genes.py``, or OUT of ``gene_folds.py`` or ``start_sites.py``:
it holds, at any depth,
``NAME.genoseq.ADAPT/genes.gff3`` and ``NAME.prodigal.gff3``.  Printed are

- of ``conf`` in ten bins, how many genes it was said of and how many of these stops the annotation
  has, and of ``start_conf`` the same among the genes that are right, counting starts; with the
  expected error: the mean of the distance between the two, weighed by genes.  Genes that touch the
  mask are left out; starts are only counted where ``accessions.tsv`` says that they can be trusted;
- of genes by their length how many are called, how many the annotation has, and the mean of what
  ``conf`` says, of all and of those whose ``conf`` is 0.9 or more;
- the same of ``start_conf`` among the genes whose starts experiments show, which are better than
  annotations, and of genes that are easier;
- of CDS up to 300 bp with Ribo-seq or mass spectrometry in ``NAME.translated.tsv``, how many each
  caller found.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from genes import SHORT, intervals, load

BINS = 10
LENGTHS = (0, 120, 150, 200, 300, 1 << 30)
"""Bounds of a gene's length in bp, its stop codon included."""
ACCESSIONS = Path(__file__).parents[1] / "config/examples/bacteria/accessions.tsv"

Key = tuple[str, str, int]


def attributes(path: Path) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Columns and attributes of each CDS of a GFF3."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for text in file:
            fields = text.rstrip("\n").split("\t")
            if len(fields) == 9 and fields[2] == "CDS":
                pairs = (each.split("=", 1) for each in fields[8].split(";") if "=" in each)
                yield fields, dict(pairs)


def stop_of(fields: list[str]) -> Key:
    """Contig, strand and last base of a CDS in reading order, as ``cds_f1.py`` has it."""
    return fields[0], fields[6], int(fields[4]) if fields[6] == "+" else int(fields[3]) - 1


def judged(
    scorer: Any, data: Path, name: str, called: Path, known: str = "gff3.gz"
) -> Iterator[tuple[float, bool, float, bool, int]]:
    """``conf``, whether the stop is known, ``start_conf``, whether the start is right too; bp."""
    truth = scorer.stops(scorer.gff_cds(str(data / f"{name}.{known}")))
    mask = intervals(data / f"{name}.mask.bed")
    for fields, told in attributes(called):
        start, end = int(fields[3]) - 1, int(fields[4])
        if any(start < last and end > first for first, last in mask.get(fields[0], ())):
            continue
        found = truth.get(stop_of(fields))
        yield (
            float(told["conf"]),
            found is not None,
            float(told["start_conf"]),
            found == (start, end),
            end - start,
        )


def reliability(title: str, said: np.ndarray, right: np.ndarray) -> None:
    """A table of bins, and the expected error."""
    which = np.minimum((said * BINS).astype(int), BINS - 1)
    print(f"\n{title}", "genes", "said", "right", sep="\t")
    error = 0.0
    for number in range(BINS):
        own = which == number
        if own.any():
            low = number / BINS
            mean, share = said[own].mean(), right[own].mean()
            error += own.sum() * abs(mean - share) / len(said)
            print(
                f"{low:.1f}-{low + 1 / BINS:.1f}",
                own.sum(),
                f"{mean:.3f}",
                f"{share:.3f}",
                sep="\t",
            )
    print(f"expected error {error:.4f} of {len(said):,}")


def by_length(said: np.ndarray, right: np.ndarray, lengths: np.ndarray) -> None:
    """A table of genes by length."""
    print("\nbp", "genes", "said", "right", "conf 0.9", "said", "right", sep="\t")
    for low, high in pairwise(LENGTHS):
        own = (lengths > low) & (lengths <= high)
        sure = own & (said >= 0.9)
        row = [f"{low + 1}-{high}" if high < 1 << 30 else f"{low + 1}-"]
        for which in (own, sure):
            means = [f"{each[which].mean():.3f}" if which.any() else "-" for each in (said, right)]
            row += [str(which.sum()), *means]
        print(*row, sep="\t")


def translated_stops(data: Path, name: str) -> set[Key]:
    """Stops of the CDS up to 300 bp with evidence of translation."""
    with (data / f"{name}.translated.tsv").open(newline="") as file:
        seen = {
            row["cds_id"]
            for row in csv.DictReader(file, delimiter="\t")
            if row["riboseq"] == "+" or row["mass_spec"] == "1"
        }
    return {
        stop_of(fields)
        for fields, told in attributes(data / f"{name}.gff3.gz")
        if told.get("ID") in seen and int(fields[4]) - int(fields[3]) + 1 <= SHORT
    }


def translated(scorer: Any, data: Path, name: str, callers: Mapping[str, Path]) -> None:
    """Short genes with evidence of translation that each caller found."""
    wanted = translated_stops(data, name)
    found = [
        f"{caller} {len(wanted & scorer.stops(scorer.gff_cds(str(path))).keys())}"
        for caller, path in callers.items()
    ]
    print(f"{name}: translated CDS up to {SHORT} bp {len(wanted)}; found by {', '.join(found)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("calls", type=Path)
    parser.add_argument("--adapt", default="off", choices=["off", "on", "auto"])
    asked = parser.parse_args()
    scorer = load(asked.score / "cds_f1.py")
    with ACCESSIONS.open(newline="") as file:
        trusted = {
            row["name"]: row["starts"] == "known" for row in csv.DictReader(file, delimiter="\t")
        }
    rows, starts, verified = [], [], []
    for called in sorted(asked.calls.glob(f"**/*.genoseq.{asked.adapt}/genes.gff3")):
        name = called.parent.name.split(".")[0]
        found = list(judged(scorer, asked.data, name, called))
        rows += found
        starts += found if trusted[name] else []
        if (asked.data / f"{name}.verified.gff3.gz").exists():
            verified += judged(scorer, asked.data, name, called, "verified.gff3.gz")
        if (asked.data / f"{name}.translated.tsv").exists():
            peer = called.parent.with_name(f"{name}.prodigal.gff3")
            translated(scorer, asked.data, name, {"genoseq": called, "prodigal": peer})
    table = np.array(rows)
    reliability("conf", table[:, 0], table[:, 1])
    by_length(table[:, 0], table[:, 1], table[:, 4])
    for title, found in (("start_conf", starts), ("start_conf, verified", verified)):
        table = np.array([row for row in found if row[1]])
        if len(table):
            reliability(title, table[:, 2], table[:, 3])


if __name__ == "__main__":
    main()
