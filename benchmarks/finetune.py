"""What a masked language model gives to coding sequence when few labels are known.

    python benchmarks/finetune.py DATA OUT BUNDLE [--genome ecoli_k12_mg1655] [--steps 1000]
        [--shares 0.01 0.1 1] [--seeds 1 2 3]

BUNDLE is a masked language model that saw no label, see ``config/examples/pretrain``.  Its network
learns the codon phases of a genome from a share of the blocks for training: from scratch, from
BUNDLE's weights with all of them trained, and with its weights frozen and the head alone trained.
The figure is the macro F1 of both strands' classes on the genome's test blocks; as many steps of
each.  Runs that are in OUT already are not made again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import genoseq as gs


def regions_of(fasta: Path, out: Path, share: float, seed: int) -> Path:
    """BED of blocks, of those for training only a share of their bases."""
    bed = out / f"regions-{share}-{seed}.bed"
    whole = out / "blocks.bed"
    if not whole.exists():
        request = gs.RegionRequest(split="blocks", block=10_000, gap=500)
        gs.extract_files(str(fasta), str(out / "blocks.fa"), request, bed=str(whole))
    lines = whole.read_text().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    train = [row for row in rows if row[3] == "train"]
    wanted = share * sum(int(row[2]) - int(row[1]) for row in train)
    chosen, bases = set(), 0
    for number in np.random.default_rng(seed).permutation(len(train)):
        if bases >= wanted:
            break
        chosen.add(tuple(train[number]))
        bases += int(train[number][2]) - int(train[number][1])
    kept = [row for row in rows if row[3] != "train" or tuple(row) in chosen]
    bed.write_text("".join("\t".join(row) + "\n" for row in kept))
    return bed


def figure(out: Path, store: gs.Store, settings: dict[str, object], **init: object) -> float:
    """Macro F1 of a training's model on the test blocks."""
    told = out / "f1.json"
    if not told.exists():
        bundle = gs.fit([store], settings, out / "model", **init)  # type: ignore[arg-type]
        metrics = gs.evaluate(bundle, [store], "test").metrics
        told.write_text(json.dumps(metrics["channels"]["macro_f1"]))
    return float(json.loads(told.read_text()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("bundle")
    parser.add_argument("--genome", default="ecoli_k12_mg1655")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.01, 0.1, 1.0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    fasta = asked.data / f"{asked.genome}.fa.gz"
    network = gs.load_bundle(asked.bundle).settings.model_dump(mode="json")
    ways = {"scratch": {}, "whole": {"init": asked.bundle}}
    ways["frozen"] = {"init": asked.bundle, "freeze": True}
    print(f"{'labels':<10}" + "".join(f"{way:>24}" for way in ways))
    for share in asked.shares:
        found: dict[str, list[float]] = {way: [] for way in ways}
        for seed in asked.seeds:
            folder = asked.out / f"{share}-{seed}"
            folder.mkdir(exist_ok=True)
            bed = regions_of(fasta, asked.out, share, seed)
            annotation, mask = (
                asked.data / f"{asked.genome}.{end}" for end in ("gff3.gz", "mask.bed")
            )
            masked = str(mask) if mask.exists() else None
            store = gs.tokenize(
                str(fasta), str(annotation), regions=bed, mask=masked, out=folder / "store"
            )
            for way, init in ways.items():
                training = {"steps": asked.steps, "seed": seed, "learning_rate": asked.rate}
                settings: dict[str, object] = {"training": training, "model": network}
                (folder / way).mkdir(exist_ok=True)
                found[way].append(figure(folder / way, store, settings, **init))
        cells = [
            f"{np.mean(each):.4f} ({min(each):.4f}-{max(each):.4f})" for each in found.values()
        ]
        print(f"{share:<10.0%}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
