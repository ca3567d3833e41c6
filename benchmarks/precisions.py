"""What a number format costs in accuracy: bases whose class moves, and F1 of coding bases.

    taskset -c 0 python benchmarks/precisions.py DATA SCORE [--model bacteria]
        [--genomes ecoli_k12_mg1655 npharaonis_dsm2160] [--bases N] [--kernels torch avx2 ...]

Whole genomes of DATA are scored on both strands by each of the kernels for CPUs that run here
(``torch``: none of them) in each number format that it has.  ``moved`` is the share of bases whose
most probable class is not that of the first row; ``f1`` that of stranded coding bases against
``NAME.gff3.gz`` by SCORE, the folder of ``cds_f1.py``, without what ``NAME.mask.bed`` holds;
``kb/s`` are of CPU time, nothing written, and mean little where other work runs beside.  Kernels
that give the same classes in a format share a row with ``=``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from genes import load
from numpy.typing import NDArray

from genoseq.config.encoders import RecurrentSettings
from genoseq.files.provenance import processor
from genoseq.inference.score import score
from genoseq.kernels.cpu.library import VARIABLE, Chosen, runnable
from genoseq.models.bundle import Bundle, load_bundle
from genoseq.models.device import choose_precision
from genoseq.readers.fasta import open_fasta

Classes = dict[str, NDArray[np.int8]]
"""By contig the most probable class of each base: 0 none, then those of the channels."""


def ways(names: Sequence[str], bundle: Bundle) -> list[tuple[str, str]]:
    """Kernels and number formats that run here of a model's family, the reference first."""
    found = []
    in_int8 = isinstance(bundle.settings.encoder, RecurrentSettings)
    has_bf16 = choose_precision("cpu").precision == "bf16"
    for name in names:
        kernels = Chosen(name, "")
        found.append((name, "fp32"))
        if torch.bfloat16 in kernels.dtypes or (name == "torch" and has_bf16):
            found.append((name, "bf16"))
        if kernels.has_int8 and in_int8:
            found.append((name, "int8"))
    return found


def classes_by(
    fasta: Path, bundle: Bundle, kernels: str, precision: Any, bases: int | None
) -> tuple[Classes, float]:
    """What a way tells, and kb per CPU second."""
    os.environ[VARIABLE] = kernels
    start = time.process_time()
    found: dict[str, list[NDArray[np.int8]]] = {}
    told = 0
    with open_fasta(fasta) as genome:
        for track in score(genome, bundle, device="cpu", precision=precision, rounded=False):
            values = np.nan_to_num(track.values)
            none = 1 - values.sum(1, keepdims=True)
            most = np.concatenate([none, values], 1).argmax(1).astype(np.int8)
            found.setdefault(track.chrom, []).append(most)
            told += len(most)
            if bases is not None and told >= bases:
                break
    spent = time.process_time() - start
    return {name: np.concatenate(parts) for name, parts in found.items()}, told / 1000 / spent


def f1_of(scorer: ModuleType, data: Path, name: str, classes: Classes) -> float:
    """F1 of stranded coding bases; classes 1 and 2 are those of the strands + and -."""
    size = {contig: len(found) for contig, found in classes.items()}
    truth = scorer.gff_cds(str(data / f"{name}.gff3.gz"))
    genes = {key: parts for key, parts in truth.items() if key[0] in size}
    cut = {
        key: [(a, min(b, size[key[0]])) for a, b in parts if a < size[key[0]]]
        for key, parts in genes.items()
    }
    painted = scorer.paint(cut, size)
    right = wrong = missed = 0
    mask = data / f"{name}.mask.bed"
    lines = [line.split("\t") for line in mask.read_text().splitlines()] if mask.exists() else []
    for contig, found in classes.items():
        kept = np.ones(len(found), bool)
        for each in lines:
            if each[0] == contig:
                kept[int(each[1]) : int(each[2])] = False
        for strand in (0, 1):
            true, told = painted[contig][strand][kept], (found == strand + 1)[kept]
            right += int((true & told).sum())
            wrong += int((~true & told).sum())
            missed += int((true & ~told).sum())
    return 2 * right / (2 * right + wrong + missed)


def main() -> None:
    """Print a table for each genome."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("--model", default="bacteria")
    parser.add_argument("--genomes", nargs="+", default=["ecoli_k12_mg1655", "npharaonis_dsm2160"])
    parser.add_argument("--bases", type=int, help="of each genome, the first; all if left out")
    parser.add_argument("--kernels", nargs="+", default=["torch", *reversed(runnable())])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    scorer, bundle = load(asked.score / "cds_f1.py"), load_bundle(asked.model)
    print(f"{asked.model}: {bundle.settings.encoder.describe()}; {processor()}")
    for name in asked.genomes:
        print(f"\n{name}\n{'':22}{'moved':>10}{'f1':>9}{'kb/s':>7}", flush=True)
        known: dict[str, Classes] = {}
        for kernels, precision in ways(asked.kernels, bundle):
            fasta = asked.data / f"{name}.fa.gz"
            found, speed = classes_by(fasta, bundle, kernels, precision, asked.bases)
            reference = next(iter(known.values()), found)
            moved = sum(int((found[each] != reference[each]).sum()) for each in found)
            share = moved / sum(map(len, found.values()))
            same = [
                way
                for way, classes in known.items()
                if way.endswith(precision)
                and way != f"{kernels} {precision}"
                and all(np.array_equal(found[each], classes[each]) for each in found)
            ]
            known[f"{kernels} {precision}"] = found
            told = f"  = {same[0]}" if same else ""
            f1 = f1_of(scorer, asked.data, name, found)
            print(
                f"{kernels + ' ' + precision:22}{share:10.4%}{f1:9.4f}{speed:7.0f}{told}",
                flush=True,
            )


if __name__ == "__main__":
    main()
