"""CPU seconds of a training step, and what keeping the weights of attention saves.

    python benchmarks/training_steps.py GENOME.fa.gz ANNOTATION.gff3.gz [--steps 30] [--rounds 3]

A bacterium's genome will do.  One thread; the trainings of a row take turns, and the least of each
one's rounds is told, so that a busy machine moves all columns.  ``again``: as where more weights
than one call may keep are computed twice.  ``the same``: whether both learned the same to 1e-3.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

import genoseq as gs
from genoseq.kernels import operator
from genoseq.models.bundle import Bundle

STEM = {"stride": 6, "kernel": 18, "width": 96}
TRANSFORMER = {"family": "transformer", "width": 96, "heads": 3}
SHAPES: dict[str, dict[str, Any]] = {
    "BiLSTM of the demo": {
        "stem": {"stride": 3, "kernel": 9, "width": 96},
        "encoder": {"family": "lstm", "layers": 1, "width": 64},
    },
    "Transformer of the demo": {
        "stem": STEM, "encoder": TRANSFORMER | {"layers": 2, "window": 48},
    },
    "Transformer, 4 layers, window 64": {
        "stem": STEM, "encoder": TRANSFORMER | {"layers": 4, "window": 64},
    },
    "the same, 8 registers, steps of 3 bp": {
        "stem": STEM | {"stride": 3, "kernel": 9},
        "encoder": TRANSFORMER | {"layers": 4, "window": 64, "registers": 8},
    },
}  # fmt: skip
TRAINING = {"window": 3072, "batch": 8, "validate_every": 10_000, "seed": 1}


def trained(store: Path, model: dict[str, Any], steps: int, most: int) -> tuple[float, Bundle]:
    """CPU seconds of a training, and what came of it."""
    operator._MOST_KEPT = most
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        settings = {"model": model | {"dropout": 0.0}, "training": TRAINING | {"steps": steps}}
        bundle = gs.fit([store], settings, Path(folder, "model"))
        return time.process_time() - begin, bundle


def are_alike(one: Bundle, other: Bundle) -> bool:
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    return all(torch.allclose(a, b, rtol=0, atol=1e-3) for a, b in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome", type=Path)
    parser.add_argument("annotation", type=Path)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    usual = operator._MOST_KEPT
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "store")
        gs.tokenize(options.genome, options.annotation, out=store)
        print(f"{'':38} ms/step  again  ratio  the same", flush=True)
        for name, model in SHAPES.items():
            least = {usual: float("inf"), 0: float("inf")}
            made: dict[int, Bundle] = {}
            trained(store, model, 2, usual)  # what is done once is not counted
            for _ in range(options.rounds):
                for most in least:
                    few, _ = trained(store, model, 2, most)
                    many, made[most] = trained(store, model, 2 + options.steps, most)
                    least[most] = min(least[most], (many - few) / options.steps)
            alike = "yes" if are_alike(*made.values()) else "no"
            kept, again = least.values()
            print(f"{name:38} {1e3 * kept:7.1f} {1e3 * again:6.1f} {again / kept:6.2f}  {alike}")


if __name__ == "__main__":
    main()
