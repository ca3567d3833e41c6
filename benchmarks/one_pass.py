"""One pass in place of two: what it costs in F1 and in genes, and what it saves.

    python benchmarks/one_pass.py DATA FOLDER [--taught bacteria-fast] [--tested NAME ...]
        [--blocks STORES] [--score SCORE] [--repeats 2]

Three ways to score are compared: both strands by the teacher (``bacteria``); its forward strand
alone; the forward strand by a model that it taught (``config/examples/bacteria/one-strand.yaml``).
Figures: stranded F1 of coding bases (arg-max; bases with unknown labels do not count) of whole
genomes, which both models learned; with STORES, that run's, of blocks of its genomes that neither
of them saw; with SCORE (the folder of ``cds_f1.py``) those of ``genoseq genes`` by the decoder of
the model in the box; bases whose most probable class differs from that of the reverse complement,
in the first Mb of the first genome; kb per CPU second, FASTA to bigWig and BED, one job, ways in
turn.  FOLDER gets stores, genes, and ``one_pass.json``, which ``ship_model.py`` reads.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from genes import load

from genoseq.files.names import DECODER
from genoseq.genes.call_files import call_genes_files
from genoseq.genome.sequences import reverse_complement_codes
from genoseq.inference.evaluate import evaluate
from genoseq.inference.score_files import score_files
from genoseq.inference.sequence import predict
from genoseq.models.bundle import load_bundle, save_bundle
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import open_fasta

TESTED = (
    "ecoli_k12_mg1655", "npharaonis_dsm2160", "saureus_asm59796", "bsubtilis_best7003",
    "cglutamicum_k051", "mgenitalium_g37", "bburgdorferi_b31", "pfuriosus_dsm3638",
)  # fmt: skip
WAYS = ("both strands", "forward alone", "taught, one pass")
TEACHER = "bacteria"
GENES = {"F1": "f1", "stops found": "stop_recall", "stops right": "stop_precision"}
"""Figures of genes, and what ``cds_f1.py`` calls them."""


def genoseq(*words: object) -> None:
    """Run a command that must succeed."""
    subprocess.run([sys.executable, "-m", "genoseq", *map(str, words)], check=True)


def store_of(data: Path, name: str, folder: Path) -> Path:
    """A store of a whole genome."""
    store = folder / "stores" / name
    if not store.exists():
        fasta, mask = data / f"{name}.fa.gz", data / f"{name}.mask.bed"
        options = ["--mask", mask] if mask.exists() else []
        annotation = ("--annotation", data / f"{name}.gff3.gz")
        genoseq("tokenize", fasta, *annotation, *options, "-o", store)
    return store


def forward_alone(folder: Path) -> Path:
    """The teacher as a model that reads one strand."""
    if not (folder / "forward").exists():
        bundle = load_bundle(model_folder(TEACHER))
        one = bundle.settings.model_copy(update={"strands": "one"})
        save_bundle(folder / "forward", replace(bundle, settings=one))
    return folder / "forward"


def of_bases(asked: argparse.Namespace, name: str, ways: Mapping[str, Path]) -> list[float]:
    """F1 of coding bases of a genome by each way."""
    store = store_of(asked.data, name, asked.folder)
    return [row[name] for row in figures([store], "train", ways)]


def figures(stores: list[Path], split: str, ways: Mapping[str, Path]) -> list[dict[str, float]]:
    """F1 of coding bases of genomes, by their names, by each way."""
    found = []
    for model in ways.values():
        genomes = evaluate(model, stores, split).metrics["genomes"]
        found.append({name: float(row["micro_f1"]) for name, row in genomes.items()})
    return found


def of_genes(
    asked: argparse.Namespace, scorer: Any, name: str, ways: Mapping[str, Path]
) -> list[dict[str, float]]:
    """Figures of the genes of a genome by each way but the second."""
    fasta, mask = asked.data / f"{name}.fa.gz", asked.data / f"{name}.mask.bed"
    verified, decoder = asked.data / f"{name}.verified.gff3.gz", model_folder(TEACHER) / DECODER
    found = []
    for way in (WAYS[0], WAYS[2]):
        out = asked.folder / "genes" / f"{name} {way}"
        call_genes_files(fasta, ways[way], out, weights=decoder, precision="fp32")
        truth, given = asked.data / f"{name}.gff3.gz", str(mask) if mask.exists() else None
        told = scorer.score(str(truth), str(fasta), str(out / "genes.gff3"), given)
        row = {title: float(told[of]) for title, of in GENES.items()}
        if verified.exists():
            words = [
                sys.executable,
                asked.score / "verified_starts.py",
                verified,
                out / "genes.gff3",
            ]
            run = subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True)
            row["verified starts"] = float(json.loads(run.stdout)["exact_frac"])
        found.append(row)
    return found


def moved(fasta: Path, model: Path) -> float:
    """Share of bases whose class differs from that of the reverse complement."""
    bundle = load_bundle(model)
    with open_fasta(fasta) as genome:
        name, length = next(iter(genome.lengths.items()))
        codes = genome.codes(name, 0, min(length, 1_000_000))
    here, there = (predict(bundle, one) for one in (codes, reverse_complement_codes(codes)))
    mirrored = there[::-1, [1, 0]]
    classes = [
        np.concatenate([1 - each.sum(1, keepdims=True), each], 1).argmax(1)
        for each in (here, mirrored)
    ]
    return float((classes[0] != classes[1]).mean())


def speeds(fasta: Path, folder: Path, ways: Mapping[str, Path], repeats: int) -> dict[str, float]:
    """kb per CPU second of each way, taken in turn; the median."""
    spent: dict[str, list[float]] = {way: [] for way in ways}
    with open_fasta(fasta) as genome:
        bases = sum(genome.lengths.values())
    for _ in range(repeats):
        for way, model in ways.items():
            start = time.process_time()
            score_files(fasta, model, folder / "tracks", formats="bigwig,bed", precision="fp32")
            spent[way].append(bases / 1000 / (time.process_time() - start))
    return {way: statistics.median(rates) for way, rates in spent.items()}


def print_table(title: str, rows: Iterable[tuple[str, Sequence[float]]]) -> dict[str, Any]:
    """F1 by each way as it comes, and what ways lose to the first; the same as data."""
    print(f"\n{title:28}" + "".join(f"{way:>18}" for way in WAYS) + f"{'lost':>9}{'lost':>9}")
    found: dict[str, Any] = {}
    for name, row in rows:
        found[name] = list(row)
        print_row(name, row)
    means = [*map(statistics.mean, zip(*found.values(), strict=True))]
    print_row(f"mean of {len(found)}", means)
    return {"genomes": found, "mean": means}


def print_row(name: str, row: Sequence[float]) -> None:
    lost = "".join(f"{row[0] - each:9.4f}" for each in row[1:])
    print(f"{name:28}" + "".join(f"{each:18.4f}" for each in row) + lost, flush=True)


def print_genes(asked: argparse.Namespace, ways: Mapping[str, Path]) -> dict[str, Any]:
    """Figures of genes by both strands, and by one pass."""
    scorer, found = load(asked.score / "cds_f1.py"), {}
    print(f"\n{'genes, both strands | one pass':32}{', '.join(GENES)}, verified starts")
    for name in asked.tested:
        found[name] = both = of_genes(asked, scorer, name, ways)
        told = (" ".join(f"{each:.4f}" for each in row.values()) for row in both)
        print(f"{name:32}{' | '.join(told)}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--taught", default="bacteria-fast")
    parser.add_argument("--blocks", type=Path)
    parser.add_argument("--score", type=Path)
    parser.add_argument("--tested", nargs="+", default=TESTED)
    parser.add_argument("--repeats", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    paths = (model_folder(TEACHER), forward_alone(asked.folder), model_folder(asked.taught))
    ways, found = dict(zip(WAYS, paths, strict=True)), {}
    if asked.blocks is not None:
        rows = figures(sorted(asked.blocks.iterdir()), "test", ways)
        blocks = ((name, [row[name] for row in rows]) for name in rows[0])
        found["blocks"] = print_table("F1 of bases, blocks unseen", blocks)
    whole = ((name, of_bases(asked, name, ways)) for name in asked.tested)
    found["whole"] = print_table("F1 of bases, whole genomes", whole)
    if asked.score is not None:
        found["genes"] = print_genes(asked, ways)
    fasta = asked.data / f"{asked.tested[0]}.fa.gz"
    print("\nclass differs from the reverse complement's, and kb per CPU second:")
    found["speed"] = rates = speeds(fasta, asked.folder, ways, asked.repeats)
    found["moved"] = {way: moved(fasta, model) for way, model in ways.items()}
    for way in ways:
        print(f"{way:28}{found['moved'][way]:9.4%}{rates[way]:9.0f}", flush=True)
    (asked.folder / "one_pass.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
