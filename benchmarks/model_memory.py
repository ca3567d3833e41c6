"""Peak memory of scoring and training models of many sizes, for ``genoseq/plan/memory.py``.

    taskset -c 0 python benchmarks/model_memory.py [--only lstm-4x1024] [--precision fp32]
    taskset -c 0 python benchmarks/model_memory.py --train

Scoring: random weights, one contig of random bases that makes a batch, one thread.  Training: three
steps and a validation.  The peak is the operating system's, of the finished process.  All cases
take 5 minutes; scoring by the largest model, of 252 M weights, half of that.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.plan.memory import predicting_memory, training_memory
from genoseq.plan.operations import work_of

STATES = 7
BASES = 38_000
"""With context about a batch."""
GENOSEQ = [sys.executable, "-m", "genoseq", "--quiet"]


def lstm(layers: int, width: int, family: str = "lstm", **others: Any) -> dict[str, Any]:
    """Settings of a recurrent model."""
    return {"encoder": {"family": family, "layers": layers, "width": width}, **others}


def transformer(layers: int, width: int, heads: int, **others: Any) -> dict[str, Any]:
    """Settings of a Transformer."""
    sizes = {"layers": layers, "width": width, "heads": heads}
    return {"encoder": {"family": "transformer", **sizes, **others}}


CASES = {
    "lstm-1x64": lstm(1, 64),
    "lstm-2x128-no-stem": lstm(2, 128, stem=None),
    "lstm-4x256": lstm(4, 256),
    "lstm-4x1024": lstm(4, 1024),
    "gru-2x512": lstm(2, 512, "gru"),
    "rnn-2x512": lstm(2, 512, "rnn"),
    "transformer-4x96": transformer(4, 96, 3),
    "transformer-4x96-full": transformer(4, 96, 3, window=None),
    "transformer-2x256-registers": transformer(2, 256, 4, registers=4),
    "transformer-2x512-shared": transformer(2, 512, 8, key_value_heads=1),
    "transformer-4x512-gelu": transformer(4, 512, 8, feed_forward="gelu", expansion=4),
    "transformer-6x384": transformer(6, 384, 6),
    "transformer-4x1024": transformer(4, 1024, 16),
    "transformer-12x768": transformer(12, 768, 12),
    "transformer-k8": {**transformer(4, 96, 3), "tokenizer": {"k": 8}, "embedding": 512},
    "transformer-24x1024": transformer(24, 1024, 16),
}

BATCHES = {
    "lstm-1x64": 16,
    "lstm-4x256": 16,
    "lstm-4x1024": 2,
    "transformer-4x96": 16,
    "transformer-6x384": 8,
    "transformer-4x1024": 4,
}
"""Windows of a batch of those that are trained."""

MAKE = """
import json, sys
import torch
from genoseq.config.schema import RunSettings
from genoseq.config.context import round_up, usual_context
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.config.base import parse_settings
torch.manual_seed(1)
run = parse_settings(RunSettings, {"model": json.loads(sys.argv[1])})
model = build_model(run.model, PerBase(cds_phase_scheme()))
context = round_up(usual_context(run), run.model.stride)
save_bundle(sys.argv[2], Bundle(model, run.model, cds_phase_scheme(), context))
"""


def peak(words: list[str], folder: Path) -> float:
    """Peak MB of a command that must succeed."""
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(words)} failed")
    return usage.ru_maxrss * 1024 / 1e6


def write_fasta(path: Path, bases: int) -> None:
    """One contig of random bases."""
    letters = "".join(random.Random(1).choices("ACGT", k=bases))
    path.write_text(f">c\n{letters}\n")


def scored(settings: dict[str, Any], precision: str, folder: Path) -> float:
    """Peak MB of scoring one batch."""
    # A process of its own: a child's memory counts from its parent's.
    made = [sys.executable, "-c", MAKE, json.dumps(settings), str(folder / "model")]
    subprocess.run(made, check=True)
    write_fasta(folder / "g.fa", BASES)
    words = [*GENOSEQ, "score", "g.fa", "-m", "model", "-o", "out", "--formats", "scores"]
    return peak([*words, "--threads", "1", "--precision", precision], folder)


def trained(settings: dict[str, Any], folder: Path) -> float:
    """Peak MB of a short training on random bases with some genes."""
    write_fasta(folder / "g.fa", 400_000)
    genes = (f"c\tx\tCDS\t{at}\t{at + 899}\t.\t+\t0\tID=g{at}" for at in range(1, 399_000, 3000))
    (folder / "g.gff3").write_text("\n".join(["##gff-version 3", *genes]) + "\n")
    cut = ["-o", "r.fa", "--bed", "r.bed", "--split", "blocks", "--gap", "500"]
    peak([*GENOSEQ, "extract", "g.fa", *cut], folder)
    labels = ["-o", "store", "--bed", "r.bed", "--annotation", "g.gff3"]
    peak([*GENOSEQ, "tokenize", "g.fa", *labels], folder)
    return peak([*GENOSEQ, "train", "store", "-o", "m", "--settings", json.dumps(settings)], folder)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--precision", choices=["auto", "bf16", "fp32"], default="auto")
    parser.add_argument("--train", action="store_true")
    asked = parser.parse_args()
    print(f"{'model':<29}{'M weights':>9}{'peak MB':>9}{'estimate':>10}{'ratio':>7}")
    for name in [asked.only] if asked.only else BATCHES if asked.train else CASES:
        training = {"steps": 3, "validate_every": 2, "batch": BATCHES.get(name, 4)}
        settings = {"model": CASES[name], "training": training}
        run = parse_settings(RunSettings, settings)
        with tempfile.TemporaryDirectory() as folder:
            if asked.train:
                found, estimate = trained(settings, Path(folder)), training_memory(run, STATES)
            else:
                found = scored(CASES[name], asked.precision, Path(folder))
                estimate = predicting_memory(run, STATES, asked.precision)
        weights = work_of(run.model, STATES, 9216).weights / 1e6
        numbers = f"{weights:>9.2f}{found:>9.0f}{estimate:>10.0f}{estimate / found:>7.2f}"
        print(f"{name:<29}{numbers}", flush=True)


if __name__ == "__main__":
    main()
