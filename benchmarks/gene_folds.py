"""Genes of every annotated genome, by models that never saw its taxonomic group, beside Prodigal's.

    python benchmarks/gene_folds.py DATA SCORE OUT [--folds A B ...] [--adapt off auto]
        [--names NAME ...] [--only train]

The 25 genomes of ``config/examples/bacteria`` fall into five folds of whole groups.  For each fold
the network is trained by ``snakemake`` on all other genomes with the example's own settings, the
decoder is fitted by ``genoseq fit-genes`` to those genomes of ``genes.tsv``, and then of
``verified.tsv``, that are not in the fold, and the fold's genomes are called and judged as in
``genes.py``.  Runs in the repository, with the genomes in ``resources/bacteria``; what is in OUT
already is not made again.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from genes import HEAD, Row, callers, judge, line, load, print_means

EXAMPLE = Path("config/examples/bacteria")
FOLDS = {
    "A": ("Gammaproteobacteria; Enterobacterales", "Gammaproteobacteria; symbiont",
          "Spirochaetes", "Archaea; Archaeoglobi"),
    "B": ("Cyanobacteria", "Gammaproteobacteria; Pseudomonadales",
          "Mollicutes; Mycoplasmoidales"),
    "C": ("Archaea; Halobacteria", "Firmicutes; Bacillales"),
    "D": ("Gammaproteobacteria; Vibrionales", "Actinobacteria; Mycobacteriales",
          "Actinobacteria; Streptomycetales", "Archaea; Thermococci"),
    "E": ("Alphaproteobacteria; Caulobacterales", "Alphaproteobacteria; Rhizobiales",
          "Deltaproteobacteria", "Mollicutes; Hepatoplasmataceae", "Archaea; Sulfolobales"),
}  # fmt: skip
"""Groups that are kept aside together: those of one class or phylum that look most alike."""


def rows_of(path: Path) -> list[dict[str, str]]:
    """A sheet's rows, comments left out."""
    lines = [each for each in path.read_text().splitlines() if not each.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """A sheet."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def train(fold: Path, names: set[str]) -> Path:
    """The bundle of a model that never saw the named genomes."""
    bundle = fold / "results/models/bacteria"
    if bundle.exists():
        return bundle
    fold.mkdir(parents=True, exist_ok=True)
    sheet = fold / "genomes.tsv"
    write_rows(sheet, [row for row in rows_of(EXAMPLE / "genomes.tsv") if row["name"] not in names])
    settings = {
        "genomes": str(sheet),
        "pathvars": {"results": str(fold / "results")},
    }
    overlay = fold / "config.yaml"
    overlay.write_text(json.dumps(settings))
    words = ["snakemake", "--cores", "1", "--quiet", "--nolock", "--rerun-triggers", "mtime"]
    words += ["--replace-workflow-config", "--configfile", str(EXAMPLE / "config.yaml")]
    subprocess.run([*words, str(overlay), "--", str(bundle)], check=True)
    return bundle


def known_rows(table: str, names: set[str]) -> list[dict[str, str]]:
    """Rows of a table of the example without the named genomes, their paths absolute."""
    example = EXAMPLE.resolve()
    return [
        row | {key: str((example / row[key]).resolve())
               for key in ("fasta", "annotation", "mask", "evidence")
               if row.get(key, "-") != "-"}
        for row in rows_of(EXAMPLE / table)
        if Path(row["fasta"]).name.removesuffix(".fa.gz") not in names
    ]  # fmt: skip


def fit_genes(table: Path, bundle: Path, out: Path, *options: object) -> Path:
    """Weights of the decoder by ``genoseq fit-genes``, unless they are there."""
    if not out.exists():
        words = [sys.executable, "-m", "genoseq", "-q", "fit-genes", table, "-m", bundle]
        words += ["-o", out, "--threads", "1", *options]
        subprocess.run([str(word) for word in words], check=True)
    return out


def fit(fold: Path, bundle: Path, names: set[str]) -> Path:
    """The decoder's weights, fitted without the named genomes."""
    for table in ("genes.tsv", "verified.tsv"):
        write_rows(fold / table, known_rows(table, names))
    table = fold / "genes.tsv"
    annotated = fit_genes(table, bundle, fold / "annotated.json")
    options = ("--refine", annotated, "--calibrate", table)
    return fit_genes(fold / "verified.tsv", bundle, fold / "genes.json", *options)


def call(asked: argparse.Namespace, fold: Path, name: str, code: str) -> dict[str, Row]:
    """Rows of a genome by caller; those that are kept beside the calls are taken."""
    scorer: Any = load(asked.score / "cds_f1.py")
    found: dict[str, Row] = {}
    for caller, run in callers(asked.adapt).items():
        kept = fold / "calls" / f"{name}.{caller.replace(', ', '.').replace(' ', '-')}.json"
        kept.parent.mkdir(exist_ok=True)
        if not kept.exists():
            predicted, taken = run(asked, kept.parent, name, code)
            kept.write_text(json.dumps(judge(asked, scorer, name, predicted) | taken))
        found[caller] = json.loads(kept.read_text())
        print(line(f"{name} {caller}", found[caller]), flush=True)
    return found


def main() -> None:
    """Train, fit, call, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--folds", nargs="+", default=list(FOLDS), choices=list(FOLDS))
    parser.add_argument(
        "--adapt", nargs="+", default=["off", "auto"], choices=["off", "on", "auto"]
    )
    parser.add_argument("--names", nargs="+", help="of the genomes to call; all")
    parser.add_argument("--only", choices=["train", "fit"], help="stop after that")
    asked = parser.parse_args()
    genomes = rows_of(EXAMPLE / "accessions.tsv")
    print(HEAD)
    rows: dict[str, list[Row]] = {}
    for letter in asked.folds:
        fold = asked.out / letter
        own = {row["name"]: row["genetic_code"] for row in genomes if row["group"] in FOLDS[letter]}
        asked.bundle = train(fold, set(own))
        if asked.only == "train":
            continue
        asked.weights = fit(fold, asked.bundle, set(own))
        if asked.only == "fit":
            continue
        for name, code in own.items():
            if not asked.names or name in asked.names:
                for caller, row in call(asked, fold, name, code).items():
                    rows.setdefault(caller, []).append(row)
    print_means(rows)


if __name__ == "__main__":
    main()
