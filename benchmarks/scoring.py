"""How fast a genome is scored on one core, where the time goes, and what peers do.

    taskset -c 0 python benchmarks/scoring.py GENOME.fa[.gz] BUNDLE [--repeats 3] [--kernels torch]
    ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 ... --kernels torch avx2  # a plain processor

Rows are taken in turn, so that a change of the machine's speed meets all of them, and seconds are
those of the CPU.  genoseq reads the FASTA, runs both strands and writes bigWig and BED, by each of
the kernels for CPUs that run here (``torch``: none of them) in each of their number formats.
``stem``, ``encoder`` and ``head`` are the shares of that time inside those parts of the network,
``rest`` is what is left for files, strands and tracks, and ``but encoder`` the seconds that a
million bases take without it.  ``recurrent`` and ``matrix`` are billions
of additions and multiplications a second: of the encoder alone, if it is recurrent, and of a large
fp32 matrix product.  The peers: pyrodigal (train and find genes, single mode) and the network of
OpenSpliceAI's 400-nt model with random weights (one strand, forward passes only).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyrodigal
import torch
from torch import Tensor, nn

from genoseq.files.provenance import processor
from genoseq.inference.predict import Predictor
from genoseq.inference.score import score
from genoseq.kernels.cpu.library import VARIABLE, Chosen, runnable
from genoseq.models.allocator import keep_freed_memory
from genoseq.models.bundle import load_bundle
from genoseq.models.device import choose_precision
from genoseq.models.integers import IntegerEncoder
from genoseq.models.recurrent import RecurrentEncoder
from genoseq.readers.fasta import open_fasta
from genoseq.writers.outputs import write_tracks

PARTS = {"stem": "_vectors", "encoder": "_hidden", "head": "read"}
"""Of the network, and the methods of :class:`Predictor` that run them."""


class Stopwatch:
    """Seconds spent inside the parts of the network."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        for part, name in PARTS.items():
            self._watch(part, name)

    def _watch(self, part: str, name: str) -> None:
        plain = getattr(Predictor, name)

        def timed(predictor, *given):  # type: ignore[no-untyped-def]
            start = time.process_time()
            found = plain(predictor, *given)
            self.seconds[part] += time.process_time() - start
            return found

        setattr(Predictor, name, timed)


class SpliceUnit(nn.Module):
    """Residual unit of SpliceAI (Jaganathan et al. 2019): twice batch norm, ReLU, convolution."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            convolution = nn.Conv1d(32, 32, 11, dilation=dilation, padding=5 * dilation)
            layers += [nn.BatchNorm1d(32), nn.ReLU(), convolution]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class SpliceNetwork(nn.Module):
    """The 400-nt model: four units of dilation 1, four of dilation 4, a skip after each four."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(4, 32, 1)
        self.skips = nn.ModuleList(nn.Conv1d(32, 32, 1) for _ in range(3))
        self.stages = nn.ModuleList(
            nn.Sequential(*(SpliceUnit(dilation) for _ in range(4))) for dilation in (1, 4)
        )
        self.last = nn.Conv1d(32, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        skipped = self.skips[0](x)
        for stage, skip in zip(self.stages, self.skips[1:], strict=True):
            x = stage(x)
            skipped = skipped + skip(x)
        return self.last(skipped[..., 200:-200]).softmax(1)


def run_genoseq(genome: Path, folder: str, kernels: str, precision: str) -> float:
    """Seconds of one run in this process, from the open FASTA to the manifest."""
    os.environ[VARIABLE] = kernels
    out = Path(tempfile.mkdtemp())
    start = time.process_time()
    bundle = load_bundle(folder)
    with open_fasta(genome) as fasta:
        tracks = score(fasta, bundle, device="cpu", precision=precision)  # type: ignore[arg-type]
        channels = bundle.task.output().channels
        write_tracks(tracks, fasta.lengths, channels, "classes", out, ("bigwig", "bed"))
    seconds = time.process_time() - start
    shutil.rmtree(out)
    return seconds


def run_command(genome: Path, folder: str, kernels: str) -> float:
    """Seconds of the whole process ``genoseq score``, start-up of Python and torch included."""
    out = tempfile.mkdtemp()
    command = [sys.executable, "-m", "genoseq", "-q", "score", genome, "-m", folder, "-o", out]
    start = os.times()
    subprocess.run(
        [*command, "--threads", "1", "--device", "cpu"],
        check=True,
        env={**os.environ, VARIABLE: kernels},
    )
    end = os.times()
    shutil.rmtree(out)
    return end[2] + end[3] - start[2] - start[3]


def run_encoder(folder: str, kernels: str, precision: str) -> tuple[float, float]:
    """Seconds, and billions of operations, of a recurrent encoder: 4 rows of 4,096 steps."""
    os.environ[VARIABLE] = kernels
    encoder: Any = load_bundle(folder).model.encoder.eval()
    if not isinstance(encoder, RecurrentEncoder):
        return 1.0, 0.0
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    steps = torch.randn(4096, 4, encoder.recurrent.input_size).to(dtype)
    weights = sum(p.numel() for n, p in encoder.named_parameters() if "weight" in n)
    encoder.to(dtype)
    if precision == "int8":
        encoder = IntegerEncoder(encoder, steps)
    with torch.inference_mode():
        start = time.process_time()
        encoder.time_first(steps)
        return time.process_time() - start, 2 * weights * 4 * 4096 / 1e9


def run_product() -> tuple[float, float]:
    """The same of an fp32 matrix product."""
    matrix = torch.ones(1024, 1024)
    start = time.process_time()
    for _ in range(3):
        matrix @ matrix
    return time.process_time() - start, 3 * 2 * 1024**3 / 1e9


def run_pyrodigal(genome: Path) -> float:
    """Seconds to train on the genome and find its genes."""
    with open_fasta(genome) as fasta:
        contigs = [fasta.fetch(name, 0, length) for name, length in fasta.lengths.items()]
    start = time.process_time()
    finder = pyrodigal.GeneFinder()
    finder.train(*contigs)
    for contig in contigs:
        finder.find_genes(contig)
    return time.process_time() - start


def run_splice_network(bases: int) -> float:
    """Seconds a genome of ``bases`` takes, one strand, from 20 windows of 5,000 + 400."""
    network = SpliceNetwork().eval()
    window = torch.from_numpy(np.random.default_rng(0).random((4, 4, 5400), np.float32))
    with torch.inference_mode():
        network(window)
        start = time.process_time()
        for _ in range(5):
            network(window)
    return (time.process_time() - start) * bases / (5 * 4 * 5000)


def computes_bf16(kernels: str) -> bool:
    """Whether PyTorch does, or these kernels."""
    return kernels == "torch" or torch.bfloat16 in Chosen(kernels, "").dtypes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome", type=Path)
    parser.add_argument("bundle")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kernels", nargs="+", default=["torch", *runnable()])
    parser.add_argument("--no-peers", action="store_true", help="genoseq alone")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()  # as genoseq score does
    with open_fasta(asked.genome) as fasta:
        bases = sum(fasta.lengths.values())
    watch = Stopwatch()
    best = choose_precision("cpu").precision
    computing = [(name, "fp32") for name in asked.kernels]
    computing += [
        (name, "bf16") for name in asked.kernels if best == "bf16" and computes_bf16(name)
    ]
    computing += [(name, "int8") for name in asked.kernels if Chosen(name, "").has_int8]
    rows: dict[str, Callable[[], float]] = {
        f"{name} {precision}, FASTA to bigWig + BED": partial(
            run_genoseq, asked.genome, asked.bundle, name, precision
        )
        for name, precision in computing
    }
    for name in asked.kernels:
        rows[f"{name}, the whole process"] = partial(run_command, asked.genome, asked.bundle, name)
    if not asked.no_peers:
        rows["pyrodigal, train and find"] = lambda: run_pyrodigal(asked.genome)
        rows["OpenSpliceAI 400-nt network, one strand"] = lambda: run_splice_network(bases)
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    parts: dict[str, list[dict[str, float]]] = {name: [] for name in rows}
    speeds: dict[str, list[float]] = {}
    for _ in range(asked.repeats):
        for name, run in rows.items():
            watch.seconds = dict.fromkeys(PARTS, 0.0)
            seconds[name].append(run())
            parts[name].append(watch.seconds)
        for name, precision in computing:
            spent, done = run_encoder(asked.bundle, name, precision)
            speeds.setdefault(f"{name} {precision}, recurrent", []).append(done / spent)
        spent, done = run_product()
        speeds.setdefault("matrix", []).append(done / spent)
    print(f"{asked.genome.name}: {bases:,} bases, 1 thread, median of {asked.repeats}")
    print(f"{processor()}; {choose_precision('cpu').reason}\n")
    print(f"{'':42}{'seconds':>9}{'kb/s':>9}", *(f"{part:>8}" for part in PARTS), end="")
    print(f"{'rest':>9}{'but encoder':>13}")
    for name in rows:
        median = statistics.median(seconds[name])
        own = {part: statistics.median(one[part] for one in parts[name]) for part in PARTS}
        print(f"{name:42}{median:9.2f}{bases / median / 1000:9.0f}", end="")
        if any(own.values()):
            shares = [*own.values(), median - sum(own.values())]
            print("".join(f"{share / median:9.1%}" for share in shares), end="")
            print(f"{(median - own['encoder']) / bases * 1e6:13.3f}", end="")
        print()
    product = statistics.median(speeds["matrix"])
    print(f"\n{'':42}{'10^9/s':>9}{'of matrix':>11}")
    for name, found in speeds.items():
        speed = statistics.median(found)
        print(f"{name:42}{speed:9.0f}{speed / product:11.0%}")


if __name__ == "__main__":
    main()
