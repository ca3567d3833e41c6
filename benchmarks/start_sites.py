"""Starts that experiments show, before and after ``genoseq fit-genes --refine``.

    python benchmarks/start_sites.py DATA WEIGHTS [--bundle bacteria] [--annotated NAME ...]

DATA holds ``NAME.fa.gz`` and ``NAME.verified.gff3.gz``; WEIGHTS is the decoder before (the model in
the box has been refined: ``annotated.json`` of ``config/examples/bacteria``, or its ``genes.json``
of revision a2470e5).  Each verified genome is decoded by weights that were refined by the others'
verified starts, and then each, and those of ``--annotated``, by weights refined by all.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from genoseq.genes.decode import decode
from genoseq.genes.features import SITE_FEATURES, START_FEATURES
from genoseq.genes.fit import Example, refine_starts
from genoseq.genes.fit_files import KnownGenome, example_of
from genoseq.genes.state_values import model_scorer
from genoseq.genes.weights import DecoderWeights, load_weights
from genoseq.models.bundle import load_bundle
from genoseq.pretrained.registry import model_folder

VERIFIED = ("ecoli_k12_mg1655", "npharaonis_dsm2160", "synechocystis_pcc6803")


def row_of(data: Path, name: str, verified: bool) -> KnownGenome:
    """The files of a genome, with its verified genes or all."""
    mask, evidence = data / f"{name}.mask.bed", data / f"{name}.evidence.tsv"
    if verified:
        return KnownGenome(data / f"{name}.fa.gz", data / f"{name}.verified.gff3.gz")
    return KnownGenome(
        data / f"{name}.fa.gz",
        data / f"{name}.gff3.gz",
        mask if mask.exists() else None,
        evidence if evidence.exists() else None,
    )


def judged(title: str, name: str, example: Example, weights: DecoderWeights) -> None:
    """Print how many of the known starts are called, and how many of their genes."""
    decoded = decode(example.genome, weights)
    candidates = example.genome.candidates
    called = np.full(len(candidates), -1)
    called[candidates.frame[decoded.chosen]] = decoded.chosen
    known = example.labels.start >= 0
    found = int((called[known] >= 0).sum())
    exact = int((called[known] == example.labels.start[known]).sum())
    print(title, name, int(known.sum()), found, exact, f"{exact / known.sum():.4f}", sep="\t")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--bundle", default="bacteria")
    parser.add_argument("--annotated", nargs="*", default=[])
    asked = parser.parse_args()
    scorer = model_scorer(load_bundle(model_folder(asked.bundle)))
    before = load_weights(asked.weights)
    verified = {n: example_of(row_of(asked.data, n, True), scorer) for n in VERIFIED}
    annotated = {n: example_of(row_of(asked.data, n, False), scorer) for n in asked.annotated}
    print("weights", "genome", "known starts", "genes found", "starts exact", "share", sep="\t")
    for name, example in (verified | annotated).items():
        judged("before", name, example, before)
    for name, example in verified.items():
        others = [each for other, each in verified.items() if other != name]
        judged("refined by others", name, example, refine_starts(others, before))
    refined = refine_starts(list(verified.values()), before)
    site = START_FEATURES.index(SITE_FEATURES[0])
    print("factor of all", f"{refined.starts[site] / before.starts[site]:.2f}", sep="\t")
    for name, example in (verified | annotated).items():
        judged("refined by all", name, example, refined)


if __name__ == "__main__":
    main()
