"""One pass in place of two: what it costs in F1, and what it saves.

    python benchmarks/one_pass.py DATA FOLDER [--steps 1500] [--minutes M] [--score SCORE]
        [--learned NAME ...] [--tested NAME ...]

The model in the box teaches itself to tell from the forward strand what it tells of both: FOLDER
gets stores of the learned genomes and the model, ``FOLDER/model``, unless it is there.  Three ways
to score are compared: both strands by the teacher; its forward strand alone; the forward strand by
the model that was taught.  Figures: stranded F1 of coding bases (arg-max; bases with unknown labels
do not count) of whole genomes, of which the teacher taught nothing where they are in brackets; with
SCORE (the folder of ``cds_f1.py``) that of ``genoseq genes``; bases whose most probable class
differs from that of the reverse complement, in the first Mb of the first genome; kb per CPU second,
FASTA to bigWig and BED, one job, ways in turn.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from genoseq.genes.call_files import call_genes_files
from genoseq.genome.sequences import reverse_complement_codes
from genoseq.inference.evaluate import evaluate
from genoseq.inference.score_files import score_files
from genoseq.inference.sequence import predict
from genoseq.models.bundle import load_bundle, save_bundle
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import open_fasta

LEARNED = (
    "bsubtilis_best7003", "paeruginosa_pao1", "afischeri_mj11", "synechocystis_pcc6803",
    "afulgidus_dsm4304", "bmelitensis_16m", "dvulgaris_miyazakif", "bburgdorferi_b31",
)  # fmt: skip
TESTED = (
    "ecoli_k12_mg1655", "npharaonis_dsm2160", "saureus_asm59796", "cglutamicum_k051",
    "bsubtilis_best7003",
)  # fmt: skip
TRAINING = {
    "window": 2304,
    "batch": 12,
    "learning_rate": 0.002,
    "warmup": 0.05,
    "precision": "fp32",
    "validate_every": 250,
    "validation_windows": 96,
}
WAYS = ("both strands", "forward alone", "taught, one pass")


def genoseq(*words: object) -> None:
    """Run a command that must succeed."""
    subprocess.run([sys.executable, "-m", "genoseq", *map(str, words)], check=True)


def store_of(data: Path, name: str, folder: Path, whole: bool) -> Path:
    """A store of a genome: all of it, or blocks of which some are for validation."""
    store = folder / "stores" / (f"{name}-whole" if whole else name)
    if store.exists():
        return store
    store.parent.mkdir(parents=True, exist_ok=True)
    fasta, mask = data / f"{name}.fa.gz", data / f"{name}.mask.bed"
    options: list[object] = ["--mask", mask] if mask.exists() else []
    if not whole:
        bed = store.with_suffix(".bed")
        blocks = ("--split", "blocks", "--valid", 0.03, "--test", 0.05)
        genoseq("extract", fasta, *blocks, "--bed", bed, "-o", store.with_suffix(".fa"))
        options += ["--bed", bed]
    genoseq("tokenize", fasta, "--annotation", data / f"{name}.gff3.gz", *options, "-o", store)
    return store


def taught(asked: argparse.Namespace) -> Path:
    """The model that learned from the teacher, trained if it is not there."""
    model: Path = asked.folder / "model"
    if not model.exists():
        stores = [store_of(asked.data, name, asked.folder, whole=False) for name in asked.learned]
        training = TRAINING | {"teacher": asked.teacher, "steps": asked.steps}
        if asked.minutes is not None:
            training["max_minutes"] = asked.minutes
        settings = {"model": {"strands": "one"}, "training": training}
        words = ("--settings", json.dumps(settings), "--init-from", asked.teacher)
        context = load_bundle(asked.teacher).context
        genoseq("train", *stores, "-o", model, *words, "--context", context)
    decoder = model_folder(asked.teacher) / "genes.json"
    if decoder.exists() and not (model / "genes.json").exists():
        shutil.copy(decoder, model)
    return model


def forward_alone(asked: argparse.Namespace) -> Path:
    """The teacher as a model that reads one strand."""
    folder: Path = asked.folder / "forward"
    if not folder.exists():
        bundle, decoder = load_bundle(asked.teacher), model_folder(asked.teacher) / "genes.json"
        one = replace(bundle, settings=bundle.settings.model_copy(update={"strands": "one"}))
        save_bundle(folder, one, decoder=decoder.read_bytes() if decoder.exists() else None)
    return folder


def of_bases(asked: argparse.Namespace, name: str, ways: Mapping[str, Path]) -> list[float]:
    """F1 of coding bases of a genome by each way."""
    store = store_of(asked.data, name, asked.folder, whole=True)
    found = []
    for model in ways.values():
        (row,) = evaluate(model, [store], "train").metrics["genomes"].values()
        found.append(float(row["micro_f1"]))
    return found


def of_genes(
    asked: argparse.Namespace, scorer: Any, name: str, ways: Mapping[str, Path]
) -> list[float]:
    """F1 of the bases of genes by each way."""
    fasta, mask = asked.data / f"{name}.fa.gz", asked.data / f"{name}.mask.bed"
    found = []
    for number, model in enumerate(ways.values()):
        out = asked.folder / "genes" / f"{name}-{number}"
        call_genes_files(fasta, model, out, precision="fp32")
        truth, given = asked.data / f"{name}.gff3.gz", str(mask) if mask.exists() else None
        told = scorer.score(str(truth), str(fasta), str(out / "genes.gff3"), given)
        found.append(float(told["f1"]))
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


def load(path: Path) -> ModuleType:
    """A scorer as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def print_table(title: str, rows: Iterable[tuple[str, Sequence[float]]]) -> None:
    """F1 by each way as it comes, and what ways lose to the first."""
    print(f"\n{title:28}" + "".join(f"{way:>18}" for way in WAYS) + f"{'lost':>9}{'lost':>9}")
    found = []
    for name, row in rows:
        found.append(row)
        print_row(name, row)
    print_row(f"mean of {len(found)}", [*map(statistics.mean, zip(*found, strict=True))])


def print_row(name: str, row: Sequence[float]) -> None:
    lost = "".join(f"{row[0] - each:9.4f}" for each in row[1:])
    print(f"{name:28}" + "".join(f"{each:18.4f}" for each in row) + lost, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--teacher", default="bacteria")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--score", type=Path)
    parser.add_argument("--learned", nargs="+", default=LEARNED)
    parser.add_argument("--tested", nargs="+", default=TESTED)
    parser.add_argument("--repeats", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    last = taught(asked)
    record = load_bundle(last).provenance
    print(f"taught: {record['steps']:,} steps, from {len(record['inputs'])} genomes")
    paths = (model_folder(asked.teacher), forward_alone(asked), last)
    ways = dict(zip(WAYS, paths, strict=True))
    titles = {n: n if n in record["inputs"] else f"({n})" for n in asked.tested}
    print_table("F1 of bases", ((titles[n], of_bases(asked, n, ways)) for n in asked.tested))
    if asked.score is not None:
        scorer = load(asked.score / "cds_f1.py")
        found = ((titles[n], of_genes(asked, scorer, n, ways)) for n in asked.tested)
        print_table("F1 of genes", found)
    fasta = asked.data / f"{asked.tested[0]}.fa.gz"
    print("\nclass differs from the reverse complement's, and kb per CPU second:")
    rates = speeds(fasta, asked.folder, ways, asked.repeats)
    for way, model in ways.items():
        print(f"{way:28}{moved(fasta, model):9.4%}{rates[way]:9.0f}", flush=True)


if __name__ == "__main__":
    main()
