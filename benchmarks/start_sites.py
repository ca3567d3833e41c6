"""Starts that experiments show, by a model and a decoder that never saw their genomes.

    python benchmarks/start_sites.py DATA SCORE BUNDLE OUT [--adapt off auto] [--names NAME ...]

BUNDLE is a model that never saw the groups of the three genomes of ``verified.tsv``: that of
``config/examples/bacteria`` with ``heldout.yaml``.  The decoder is fitted by ``genoseq fit-genes``
to the genomes of ``genes.tsv`` that this model learned from too, and for each verified genome
refined by the verified starts of the two others.  Then the genome is called by ``genoseq genes``,
beside Prodigal, and judged by ``verified_starts.py``.  Runs in the repository, with the genomes in
``resources/bacteria``; weights that are in OUT already are not made again.

Printed are verified genes, those found, those with the exact start, before the refinement (no
command: the decoder alone, model not adapted) and by each caller.  What ``conf`` and
``start_conf`` of these calls are worth is told by ``gene_conf.py DATA SCORE OUT``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from gene_folds import EXAMPLE, fit_genes, known_rows, rows_of, write_rows
from genes import callers

from genoseq.genes.decode import decode
from genoseq.genes.fit import Example, recalibrate, refine_starts
from genoseq.genes.fit_files import example_of
from genoseq.genes.known_genomes import read_known_genomes
from genoseq.genes.state_values import model_scorer
from genoseq.genes.weights import DecoderWeights, load_weights, save_weights
from genoseq.models.bundle import load_bundle


def examples_of(path: Path, scorer: object) -> dict[str, Example]:
    """Genomes of a table by name, read and scored."""
    return {
        row.fasta.name.removesuffix(".fa.gz"): example_of(row, scorer)  # type: ignore[arg-type]
        for row in read_known_genomes(path)
    }


def exact(example: Example, weights: DecoderWeights) -> tuple[int, int, int]:
    """Known starts, how many of their genes are called, and how many with that start."""
    candidates = example.genome.candidates
    chosen = decode(example.genome, weights).chosen
    called = np.full(len(candidates), -1)
    called[candidates.frame[chosen]] = chosen
    known = example.labels.start >= 0
    right = called[known] == example.labels.start[known]
    return int(known.sum()), int((called[known] >= 0).sum()), int(right.sum())


def verified_starts(asked: argparse.Namespace, name: str, called: Path) -> tuple[int, int, int]:
    """The same of a GFF3, by the reference scorer."""
    known = asked.data / f"{name}.verified.gff3.gz"
    words = [sys.executable, asked.score / "verified_starts.py", known, called]
    text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    told = json.loads(text)
    return told["n"], told["found"], told["exact"]


def main() -> None:
    """Fit, refine, call, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--adapt", nargs="+", default=["off", "auto"], choices=["off", "auto"])
    parser.add_argument("--names", nargs="+", help="of the verified genomes; all")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    tested = {row["name"] for row in rows_of(EXAMPLE / "heldout.tsv") if row["split"] == "test"}
    tables = [asked.out / name for name in ("genes.tsv", "verified.tsv")]
    write_rows(tables[0], known_rows("genes.tsv", tested))
    write_rows(tables[1], known_rows("verified.tsv", set()))
    fitted = fit_genes(tables[0], asked.bundle, asked.out / "annotated.json", "--precision", "fp32")
    before = load_weights(fitted)
    scorer = model_scorer(load_bundle(asked.bundle), precision="fp32")
    verified = examples_of(tables[1], scorer)
    print("genome", "by", "verified", "found", "exact", "share", sep="\t", flush=True)

    def show(name: str, by: str, known: int, found: int, right: int) -> None:
        print(name, by, known, found, right, f"{right / known:.4f}", sep="\t", flush=True)

    annotated: list[Example] = []
    for name in asked.names or verified:
        show(name, "before refinement", *exact(verified[name], before))
        asked.weights = asked.out / f"{name}.json"
        if not asked.weights.exists():
            annotated = annotated or list(examples_of(tables[0], scorer).values())
            others = [each for other, each in verified.items() if other != name]
            refined, halves = refine_starts(others, annotated, before)
            save_weights(asked.weights, recalibrate(annotated, refined, halves))
        for caller, call in callers(asked.adapt).items():
            called, _ = call(asked, asked.out, name, "11")
            show(name, caller, *verified_starts(asked, name, called))


if __name__ == "__main__":
    main()
