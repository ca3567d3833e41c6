"""Peaks as a class: a run of config/examples/peaks beside what letters alone say.

    python benchmarks/peak_table.py results/peaks [--around 150]

A row for each predictor of the test blocks: AUPRC base by base, prevalence, lift, best F1.  The
model's and the baselines' are those of the run's own evaluation; GC content is that of
``--around`` bp around a base, the lower the more likely, or the higher, whichever is better.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from site_table import Counts

import genoseq as gs
from genoseq.genome.sequences import Codes
from genoseq.store.store import Store

FIGURES = ("auprc", "prevalence", "lift", "best_f1")


def gc_around(codes: Codes, around: int) -> NDArray[np.float32]:
    """Share of G and C of the known bases around each, (L,); fewer at the ends."""
    sums = [
        np.concatenate([[0], np.cumsum(each)]) for each in ((codes == 1) | (codes == 2), codes < 4)
    ]
    at = np.arange(len(codes))
    low, high = np.maximum(at - around // 2, 0), np.minimum(at + around // 2 + 1, len(codes))
    strong, known = (each[high] - each[low] for each in sums)
    share: NDArray[np.float32] = (strong / np.maximum(known, 1)).astype(np.float32)
    return share


def by_gc(store: Store, around: int) -> dict[str, Any]:
    """Figures of GC content on the test blocks of a store with one class."""
    ways = {"low": Counts(), "high": Counts()}
    assert store.scheme is not None
    for number in store.regions.of_split("test"):
        region = store.regions[int(number)]
        labels = store.region_labels(int(number))
        known = store.scheme.known(labels)[:, 0]
        share = gc_around(store.codes(region.chrom, region.start, region.end), around)
        for way, told in (("low", 1 - share), ("high", share)):
            # A base of which nothing is known is taken out, not called.
            ways[way].update(region.chrom, region.start, told[known], labels[known, 0] == 1)
    return max((each.figures() for each in ways.values()), key=lambda row: row["auprc"])


def of_run(folder: Path) -> dict[str, dict[str, Any]]:
    """Figures of the models and of the baselines of a run, by name."""
    found: dict[str, dict[str, Any]] = {}
    for table in sorted(folder.glob("evaluation/*/classes.tsv")):
        with table.open(newline="") as file:
            rows = [row for row in csv.DictReader(file, delimiter="\t") if row["contig"] == "*"]
        found[table.parent.name] = rows[0]
        with (table.parent / "baselines.tsv").open(newline="") as file:
            found |= {row["name"]: row for row in csv.DictReader(file, delimiter="\t")}
    for row in found.values():
        if row.get("auprc", ".") != ".":
            row["lift"] = float(row["auprc"]) / float(row["prevalence"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--around", type=int, default=150)
    asked = parser.parse_args()
    print("predictor", *FIGURES, sep="\t")
    rows = of_run(asked.run)
    for store in sorted(asked.run.glob("stores/*")):
        rows[f"GC of {asked.around} bp"] = by_gc(gs.open_store(store), asked.around)
    for name, row in rows.items():
        shown = (row.get(key) for key in FIGURES)
        print(
            name, *("." if one in (None, ".") else f"{float(one):.3f}" for one in shown), sep="\t"
        )


if __name__ == "__main__":
    main()
