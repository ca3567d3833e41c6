"""A training step and scoring of both families on one device, random bases, no files.

    python benchmarks/gpu_models.py --device cuda
    python benchmarks/gpu_models.py --device cpu --small

The families are the default BiLSTM and the Transformer of config/config.yaml.  A training step is
forward pass, cross-entropy, gradients, clipping and AdamW, on a batch that lies on the device.
Scoring is a call of Predictor, both strands, copies to and from the device included, without files
and with genoseq's own batch and one 16 times as large.  Times are medians after a warm-up, on a
CPU of one thread.  The
last table says how far fp32 scores of the device are from those of the CPU: cuDNN computes LSTMs
in TF32 unless torch is told otherwise.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from genoseq.config.base import parse_settings
from genoseq.config.context import BATCH_BASES, WINDOW_BASES
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.inference.predict import Predictor
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.models.device import Precision, autocast, choose_precision
from genoseq.tasks.per_base import PerBase
from genoseq.tokenizers.vocabulary import Vocabulary
from genoseq.training.optimizer import build_adamw

TASK = PerBase(cds_phase_scheme())
FAMILIES = {
    "BiLSTM": parse_settings(ModelSettings, {}),
    "Transformer": parse_settings(
        ModelSettings,
        {
            "stem": {"stride": 6, "kernel": 18, "width": 128},
            "encoder": {
                "family": "transformer",
                "layers": 2,
                "width": 128,
                "heads": 4,
                "window": 64,
            },
            "dropout": 0.0,
        },
    ),
}


class Sizes(NamedTuple):
    """What is measured."""

    batches: tuple[int, ...]
    """Windows of a training step."""

    window: int
    """bp of them."""

    scored: tuple[int, ...]
    """Windows of a call of Predictor, each on both strands."""

    core: int
    context: int
    """bp of these windows: kept, and on each side."""


KEPT = BATCH_BASES // WINDOW_BASES
FULL = Sizes((16, 256), 1536, (KEPT, 16 * KEPT), 12_288, 1_536)
SMALL = Sizes((2,), 192, (1,), 384, 96)


def precisions(device: str) -> tuple[Precision, ...]:
    """fp32, and bf16 where the device computes in it."""
    return ("fp32", "bf16") if choose_precision(device).precision == "bf16" else ("fp32",)


def median_ms(call: Callable[[], object], device: str, seconds: float) -> float:
    """Median time of a call, of as many as fit `seconds`, three at least."""
    spent: list[float] = []
    for repeat in range(1000):
        if device == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        if device == "cuda":
            torch.cuda.synchronize()
        if repeat >= 2:  # kernels are chosen and compiled in the first ones
            spent.append(time.perf_counter() - start)
        if len(spent) >= 3 and sum(spent) > seconds:
            break
    return 1e3 * statistics.median(spent)


def training_step(
    settings: ModelSettings, device: str, precision: Precision, batch: int, window: int
) -> Callable[[], object]:
    """One step on random windows."""
    torch.manual_seed(0)
    model = build_model(settings, TASK).to(device).train()
    optimizer = build_adamw(model, 0.01, 1e-3)
    tokens = window // settings.tokenizer.stride
    ids = torch.randint(Vocabulary(settings.tokenizer.k).size, (batch, tokens), device=device)
    labels = torch.randint(TASK.outputs, (batch, window), device=device)

    def step() -> None:
        with autocast(precision, device):
            logits = model(ids)
        loss = functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def bundle_of(settings: ModelSettings, context: int) -> Bundle:
    """Random weights."""
    torch.manual_seed(0)
    return Bundle(build_model(settings, TASK).eval(), settings, TASK, context)


def random_windows(number: int, sizes: Sizes) -> NDArray[np.uint8]:
    """Codes of bases (number, core + 2 context)."""
    shape = (number, sizes.core + 2 * sizes.context)
    return np.random.default_rng(0).integers(0, 4, shape, np.uint8)


def row(name: str, precision: str, batch: int, ms: float, bases: int, device: str) -> str:
    """A row of a table; the peak is that of the GPU since the row before."""
    peak = ""
    if device == "cuda":
        peak = f"{torch.cuda.max_memory_allocated() / 1e6:>9,.0f}"
        torch.cuda.reset_peak_memory_stats()
    return f"{name:<13}{precision:>7}{batch:>7}{ms:>10.2f}{bases / ms:>10.1f}{peak}"


def header() -> str:
    """Above the rows."""
    return f"{'family':<13}{'format':>7}{'batch':>7}{'ms':>10}{'kb/s':>10}{'peak MB':>9}"


def measure_training(device: str, sizes: Sizes, seconds: float) -> None:
    """Print the table of training steps."""
    print(f"training step, windows of {sizes.window} bases", header(), sep="\n")
    for (name, settings), precision, batch in product(
        FAMILIES.items(), precisions(device), sizes.batches
    ):
        step = training_step(settings, device, precision, batch, sizes.window)
        ms = median_ms(step, device, seconds)
        print(row(name, precision, batch, ms, batch * sizes.window, device), flush=True)


def measure_scoring(device: str, sizes: Sizes, seconds: float) -> None:
    """Print the table of scoring."""
    print(f"\nscoring both strands, windows of {sizes.core} + 2 x {sizes.context} bases")
    print(header())
    for (name, settings), precision, batch in product(
        FAMILIES.items(), precisions(device), sizes.scored
    ):
        predictor = Predictor(bundle_of(settings, sizes.context), device, precision)
        call = partial(predictor, random_windows(2 * batch, sizes))
        ms = median_ms(call, device, seconds)
        print(row(name, precision, batch, ms, batch * sizes.core, device), flush=True)


def compare_with_cpu(device: str, sizes: Sizes) -> None:
    """Print how far the device's fp32 scores are from the CPU's."""
    print("\nlargest difference of fp32 scores from those of the CPU, probabilities")
    codes = random_windows(2, sizes)
    for name, settings in FAMILIES.items():
        bundle = bundle_of(settings, sizes.context)
        there, here = (Predictor(bundle, where, "fp32")(codes) for where in (device, "cpu"))
        print(f"{name:<13}{np.abs(there - here).max():.1e}", flush=True)


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--small", action="store_true", help="short windows, to try the script")
    parser.add_argument("--seconds", type=float, default=1.0, help="measured for each row")
    asked = parser.parse_args()
    if asked.device == "cpu":
        torch.set_num_threads(1)
    sizes = SMALL if asked.small else FULL
    measure_training(asked.device, sizes, asked.seconds)
    measure_scoring(asked.device, sizes, asked.seconds)
    if "bf16" not in precisions(asked.device):
        print(f"\nbf16: not measured, {choose_precision(asked.device).reason}")
    if asked.device == "cpu":
        print("scores beside those of the CPU: not measured, this is the CPU")
    else:
        compare_with_cpu(asked.device, sizes)


if __name__ == "__main__":
    main()
