"""Gated linear recurrences beside an LSTM: F1 on a genus that no model saw, costs of each.

    python benchmarks/linear_recurrence.py DATA SCORE [--steps 400] [--seeds 1] [--models NAME ...]
        [--minutes 2.9]
    python benchmarks/linear_recurrence.py --layers

DATA and SCORE are as for accuracy.py.  All models get the same stem and seed, one thread, fp32, the
same steps on four bacteria or, with --minutes, the same time, and score E. coli MG1655.  Columns:
stranded F1 of coding bases; optimizer steps, CPU seconds of one, without the start; weights of the
encoder and its multiply-adds per base; thousands of bases scored per CPU second, both strands,
nothing written, the best of three runs over --timed (M. genitalium), which take turns.

--layers: CPU milliseconds of encoders alone, untrained, that read 16 windows of 512 steps of 96
numbers, to predict and to train, and of the scan in them, compiled and by PyTorch; the best of
some turns.  A plain processor: GENOSEQ_CPU_KERNELS=avx2 ATEN_CPU_CAPABILITY=avx2
ONEDNN_MAX_CPU_ISA=AVX2.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accuracy import TESTED, TRAINED, f1, genoseq, prepare
from torch import Tensor

import genoseq as gs
from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.files.provenance import processor
from genoseq.kernels.cpu.library import choose
from genoseq.kernels.scan.operator import scan
from genoseq.models.encoders import build_encoder, encode_time_first

MODELS: dict[str, dict[str, Any]] = {
    "lstm, 1 x 64": {"family": "lstm"},
    "linear, 1 x 64": {"family": "linear"},
    "linear, 1 x 64, gated": {"family": "linear", "gated": True},
    "linear, 2 x 48": {"family": "linear", "layers": 2, "width": 48},
}
REPEATS = 3
TRAINING = {"precision": "fp32", "validate_every": 10**6, "validation_windows": 8}
"""Validated at the end alone: what steps cost is told, and the last weights are kept."""


def trained(
    stores: list[Path], encoder: dict[str, Any], out: Path, training: dict[str, Any]
) -> float:
    """CPU seconds of a training by its Python call."""
    begin = time.process_time()
    gs.fit(stores, {"model": {"encoder": encoder}, "training": TRAINING | training}, out)
    return time.process_time() - begin


def speed(genome: gs.Fasta, bundle: gs.Bundle) -> float:
    """Thousands of bases scored per CPU second."""
    begin, bases = time.process_time(), 0
    for track in gs.score(genome, bundle, device="cpu", precision="fp32"):
        bases += len(track.values)
    return bases / 1e3 / (time.process_time() - begin)


def layers() -> Iterator[str]:
    """Times of encoders and of the scan, forward, and forward and backward."""
    torch.manual_seed(0)
    vectors = torch.randn(512, 16, 96)
    given = torch.randn(512, 16, 2, 2, 64)
    works: dict[str, tuple[Tensor, Callable[[Tensor], Tensor]]] = {}
    for name, data in MODELS.items():
        settings = parse_settings(ModelSettings, {"encoder": data}).encoder
        works[name] = vectors, partial(encode_time_first, build_encoder(96, settings, 0.0).eval())
    for backend in ("auto", "reference"):
        works[f"scan alone, {backend}"] = given, partial(scan, backend=backend)
    best = {name: [float("inf")] * 2 for name in works}
    for _ in range(2 * REPEATS):
        for name, (inputs, work) in works.items():
            begin = time.process_time()
            with torch.inference_mode():
                work(inputs)
            between = time.process_time()
            work(inputs.requires_grad_()).sum().backward()
            inputs.requires_grad_(False).grad = None
            spent = between - begin, time.process_time() - between
            best[name] = [min(pair) for pair in zip(best[name], spent, strict=True)]
    yield "| encoder | predict, ms | train, ms |\n|---|---|---|"
    for name, found in best.items():
        yield f"| {name} | " + " | ".join(f"{1e3 * each:.1f}" for each in found) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("scorer", type=Path, nargs="?")
    parser.add_argument("--layers", action="store_true", help="times of encoders alone")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--minutes", type=float, help="wall-clock budget of each, not steps")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--timed", default="mgenitalium_g37", help="genome of the speed")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{processor()}, kernels {choose().name}, one thread, fp32")
    if asked.layers:
        print("\n".join(layers()))
        return
    if asked.scorer is None:
        parser.error("DATA and SCORE are asked for, or --layers")
    training: dict[str, Any] = {"steps": asked.steps}
    if asked.minutes:
        training = {"steps": 100_000, "max_minutes": asked.minutes}
    timed = gs.open_fasta(asked.data / f"{asked.timed}.fa.gz")
    print("| encoder | F1 | steps | CPU s/step | weights | multiply-adds per base | kb/s |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        stores = [prepare(asked.data, name, folder) for name in TRAINED]
        rows, bundles = {}, {}
        for name in asked.models:
            encoder = MODELS[name]
            start = trained(stores, encoder, folder / "start", {"steps": 1})
            scores = []
            for seed in asked.seeds:
                out = folder / f"{name}, {seed}"
                spent = trained(stores, encoder, out, training | {"seed": seed}) - start
                fasta, tracks = asked.data / f"{TESTED}.fa.gz", folder / f"tracks of {name}, {seed}"
                words = ("--formats", "bed", "--precision", "fp32", "--threads", 1)
                genoseq("score", fasta, "-m", out, "-o", tracks, *words)
                scores.append(f1(asked.data, asked.scorer, tracks / "segments.bed")["f1"])
            bundle = bundles[name] = gs.load_bundle(out)
            steps = bundle.provenance["steps"]
            cost = bundle.settings.encoder.operations(bundle.settings.stem.width, 512)
            weights = sum(each.numel() for each in bundle.model.encoder.parameters())
            found = ", ".join(f"{each:.4f}" for each in scores)
            rows[name] = (
                f"| {name} | {found} | {steps} | {spent / steps:.3f} | {weights:,} | "
                f"{cost.multiply_adds / bundle.settings.stride:,.0f} |"
            )
        best = dict.fromkeys(bundles, 0.0)
        for _ in range(REPEATS):
            for name, bundle in bundles.items():
                best[name] = max(best[name], speed(timed, bundle))
    for name, row in rows.items():
        print(f"{row} {best[name]:,.0f} |")


if __name__ == "__main__":
    main()
