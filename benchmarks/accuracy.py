"""Coding sequence of a genus that the model never saw, beside Prodigal, by the reference scorer.

    python benchmarks/accuracy.py DATA SCORE [--seeds 1 2 3] [--family lstm|transformer]

DATA holds ``NAME.fa.gz``, ``NAME.gff3.gz`` and ``NAME.mask.bed``; SCORE holds ``cds_f1.py`` and
``prodigal_gff.py``.  For each seed: tokenize, train on four bacteria on one thread, score
E. coli MG1655, and compare the arg-max segments with its annotation.  All by the command line.
The LSTM has 3 minutes for it, the Transformer 15.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRAINED = ("bsubtilis_best7003", "saureus_asm59796", "ccrescentus_cb15", "pfluorescens_uk4")
TESTED = "ecoli_k12_mg1655"
SETTINGS = {
    "lstm": '{"training": {"steps": 100000}}',
    "transformer": str(Path(__file__).parent / "transformer.yaml"),
}
"""More steps than the minutes allow: the time ends the run."""
MINUTES = {"lstm": 2.9, "transformer": 14.8}
"""So that 3 and 15 minutes of processor time also pay for the start of the command."""


def run(*words: object) -> float:
    """Run a command that must succeed; CPU seconds, of all its threads and children."""
    before = os.times()
    subprocess.run([str(word) for word in words], check=True)
    after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system


def genoseq(*words: object) -> float:
    """CPU seconds of a genoseq command."""
    return run(sys.executable, "-m", "genoseq", "-q", *words)


def prepare(data: Path, name: str, folder: Path) -> Path:
    """A store of the whole genome, all of it to train on."""
    mask = data / f"{name}.mask.bed"
    store = folder / name
    genoseq(
        *("tokenize", data / f"{name}.fa.gz", "-o", store, "--name", name),
        *("--annotation", data / f"{name}.gff3.gz"),
        *(("--mask", mask) if mask.exists() else ()),
    )
    return store


def f1(data: Path, scorer: Path, predicted: Path) -> dict[str, float]:
    """What the reference scorer says of predictions on the tested genome."""
    truth, fasta = data / f"{TESTED}.gff3.gz", data / f"{TESTED}.fa.gz"
    words = [sys.executable, scorer / "cds_f1.py", truth, fasta, predicted]
    words += ["--mask", data / f"{TESTED}.mask.bed"]
    text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(text)
    return found


def row(name: str, measured: dict[str, float], cpu: float | None, wall: float | None) -> str:
    """One line of the table."""
    spent = "" if cpu is None or wall is None else f"{cpu:9.0f}{wall:9.0f}"
    found = f"{measured['f1']:8.4f}{measured['precision']:11.4f}{measured['recall']:8.4f}"
    return f"{name:28}{found}{spent}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("scorer", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--family", choices=SETTINGS, default="lstm")
    parser.add_argument("--minutes", type=float, help="wall-clock budget of training")
    parser.add_argument("--settings", help="as genoseq train --settings, not the family's own")
    parser.add_argument("--keep", type=Path, help="folder for the bundles")
    asked = parser.parse_args()
    settings = asked.settings or SETTINGS[asked.family]
    minutes = asked.minutes or MINUTES[asked.family]
    header = f"{'on ' + TESTED:28}{'F1':>8}{'precision':>11}{'recall':>8}{'cpu s':>9}{'wall s':>9}"
    print(header, flush=True)
    scores = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        stores = [prepare(asked.data, name, folder) for name in TRAINED]
        for seed in asked.seeds:
            bundle = (asked.keep or folder) / f"seed{seed}"
            start = time.perf_counter()
            words = ["--threads", 1, "--seed", seed, "--max-minutes", minutes]
            cpu = genoseq("train", *stores, "-o", bundle, "--settings", settings, *words)
            wall = time.perf_counter() - start
            tracks = folder / f"tracks{seed}"
            fasta = asked.data / f"{TESTED}.fa.gz"
            genoseq("score", fasta, "-m", bundle, "-o", tracks, "--formats", "bed")
            measured = f1(asked.data, asked.scorer, tracks / "segments.bed")
            scores.append(measured["f1"])
            print(row(f"genoseq, seed {seed}", measured, cpu, wall), flush=True)
        predicted = folder / "prodigal.gff3"
        run(sys.executable, asked.scorer / "prodigal_gff.py", fasta, predicted)
        measured = f1(asked.data, asked.scorer, predicted)
        print(row("pyrodigal, self-trained", measured, None, None))
    print(f"\ngenoseq, mean of {len(scores)} seeds: {statistics.mean(scores):.4f}")


if __name__ == "__main__":
    main()
