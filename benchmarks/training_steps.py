"""CPU seconds of a training step, and what compiled LSTMs, kept weights of attention and stems of
tokens save.

    python benchmarks/training_steps.py GENOME.fa.gz ANNOTATION.gff3.gz [--steps 30] [--rounds 3]
        [--shapes NAME ...]

A bacterium's genome will do.  One thread; the trainings of a row take turns, and the least of each
one's rounds is told, so that a busy machine moves all columns.  ``by torch``: LSTMs by PyTorch's
layers, as where no kernels are compiled.  ``again``: as where more weights
than one call may keep are computed twice.  ``convolved``: as with tokens too many for tables of
the stem, whose vectors are embedded and then convolved.  ``differ``: by how much the numbers of a
parameter differ at most between ways, in the mean: of single ones that have next to no gradient
rounding decides which way AdamW moves them, by whole steps.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

import genoseq as gs
from genoseq.kernels import operator
from genoseq.kernels.cpu.library import VARIABLE
from genoseq.models import layers
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


USUAL = (operator._MOST_KEPT, layers._MOST_NUMBERS)
KERNELS = os.environ.get(VARIABLE, "auto")
WAYS = {
    "ms/step": (*USUAL, KERNELS), "by torch": (*USUAL, "torch"),
    "again": (0, USUAL[1], KERNELS), "convolved": (USUAL[0], 0, KERNELS),
}  # fmt: skip
"""Most weights of attention that are kept, most numbers of the tables of a stem, and kernels."""


def trained(
    store: Path, model: dict[str, Any], steps: int, way: tuple[int, int, str]
) -> tuple[float, Bundle]:
    """CPU seconds of a training, and what came of it."""
    operator._MOST_KEPT, layers._MOST_NUMBERS, os.environ[VARIABLE] = way
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        settings = {"model": model | {"dropout": 0.0}, "training": TRAINING | {"steps": steps}}
        bundle = gs.fit([store], settings, Path(folder, "model"))
        return time.process_time() - begin, bundle


def difference(one: Bundle, other: Bundle) -> float:
    """The largest mean difference of what a parameter's numbers are."""
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    return max(float((a - b).detach().abs().mean()) for a, b in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome", type=Path)
    parser.add_argument("annotation", type=Path)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder, "store")
        gs.tokenize(options.genome, options.annotation, out=store)
        print(f"{'':38}" + "".join(f"{way:>11}" for way in WAYS) + "    differ", flush=True)
        for name in options.shapes:
            model = SHAPES[name]
            least = dict.fromkeys(WAYS, float("inf"))
            made: dict[str, Bundle] = {}
            trained(store, model, 2, WAYS["ms/step"])  # what is done once is not counted
            for _ in range(options.rounds):
                for way, settings in WAYS.items():
                    few, _ = trained(store, model, 2, settings)
                    many, made[way] = trained(store, model, 2 + options.steps, settings)
                    least[way] = min(least[way], (many - few) / options.steps)
            usual, *others = made.values()
            differ = max(difference(usual, other) for other in others)
            told = "".join(f"{1e3 * each:11.1f}" for each in least.values())
            print(f"{name:38}{told}{differ:10.0e}", flush=True)


if __name__ == "__main__":
    main()
