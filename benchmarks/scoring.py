"""How fast a genome is scored on one core, where the time goes, and what peers do.

    taskset -c 0 python benchmarks/scoring.py GENOME.fa[.gz] BUNDLE [--repeats 3]

Rows are taken in turn, so that a change of the machine's speed meets all of them.  genoseq reads
the FASTA, runs both strands and writes bigWig and BED; ``forward`` is the share of that wall time
inside the network.  The peers: pyrodigal (train and find genes, single mode) and the network of
OpenSpliceAI's 400-nt model with random weights (one strand, forward passes only).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyrodigal
import torch
from torch import Tensor, nn

from genoseq.inference.predict import Predictor
from genoseq.inference.score import score
from genoseq.models.allocator import keep_freed_memory
from genoseq.models.bundle import load_bundle
from genoseq.models.device import choose_precision
from genoseq.readers.fasta import open_fasta
from genoseq.writers.outputs import write_tracks


class Stopwatch:
    """Seconds spent inside :class:`Predictor` calls."""

    def __init__(self) -> None:
        self.seconds = 0.0
        plain = Predictor.__call__

        def timed(predictor, *given):  # type: ignore[no-untyped-def]
            start = time.perf_counter()
            predicted = plain(predictor, *given)
            self.seconds += time.perf_counter() - start
            return predicted

        Predictor.__call__ = timed  # type: ignore[method-assign]


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


def run_genoseq(genome: Path, folder: Path, precision: str) -> float:
    """Seconds of one run in this process, from the open FASTA to the manifest."""
    out = Path(tempfile.mkdtemp())
    start = time.perf_counter()
    bundle = load_bundle(folder)
    with open_fasta(genome) as fasta:
        tracks = score(fasta, bundle, device="cpu", precision=precision)  # type: ignore[arg-type]
        channels = bundle.task.output().channels
        write_tracks(tracks, fasta.lengths, channels, "classes", out, ("bigwig", "bed"))
    seconds = time.perf_counter() - start
    shutil.rmtree(out)
    return seconds


def run_command(genome: Path, folder: Path) -> float:
    """Seconds of the whole process ``genoseq score``, start-up of Python and torch included."""
    out = tempfile.mkdtemp()
    command = [sys.executable, "-m", "genoseq", "-q", "score", genome, "-m", folder, "-o", out]
    start = time.perf_counter()
    subprocess.run([*command, "--threads", "1", "--device", "cpu"], check=True)
    seconds = time.perf_counter() - start
    shutil.rmtree(out)
    return seconds


def run_pyrodigal(genome: Path) -> float:
    """Seconds to train on the genome and find its genes."""
    with open_fasta(genome) as fasta:
        contigs = [fasta.fetch(name, 0, length) for name, length in fasta.lengths.items()]
    start = time.perf_counter()
    finder = pyrodigal.GeneFinder()
    finder.train(*contigs)
    for contig in contigs:
        finder.find_genes(contig)
    return time.perf_counter() - start


def run_splice_network(bases: int) -> float:
    """Seconds a genome of ``bases`` takes, one strand, from 20 windows of 5,000 + 400."""
    network = SpliceNetwork().eval()
    window = torch.from_numpy(np.random.default_rng(0).random((4, 4, 5400), np.float32))
    with torch.inference_mode():
        network(window)
        start = time.perf_counter()
        for _ in range(5):
            network(window)
    return (time.perf_counter() - start) * bases / (5 * 4 * 5000)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()  # as genoseq score does
    with open_fasta(asked.genome) as fasta:
        bases = sum(fasta.lengths.values())
    watch = Stopwatch()
    precisions = dict.fromkeys([choose_precision("cpu").precision, "fp32"])
    rows: dict[str, Callable[[], float]] = {
        f"genoseq {p}, FASTA to bigWig + BED": lambda p=p: run_genoseq(
            asked.genome, asked.bundle, p
        )  # type: ignore[misc]
        for p in precisions
    }
    rows["genoseq score, the whole process"] = lambda: run_command(asked.genome, asked.bundle)
    rows["pyrodigal, train and find"] = lambda: run_pyrodigal(asked.genome)
    rows["OpenSpliceAI 400-nt network, one strand"] = lambda: run_splice_network(bases)
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    shares: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(asked.repeats):
        for name, run in rows.items():
            watch.seconds = 0.0
            seconds[name].append(run())
            shares[name].append(watch.seconds / seconds[name][-1])
    print(f"{asked.genome.name}: {bases:,} bases, 1 thread, median of {asked.repeats}")
    print(f"{choose_precision('cpu').reason}\n")
    print(f"{'':42}{'seconds':>9}{'kb/s':>9}{'forward':>9}")
    for name in rows:
        median = statistics.median(seconds[name])
        share = statistics.median(shares[name])
        forward = f"{share:8.1%}" if share else ""
        print(f"{name:42}{median:9.2f}{bases / median / 1000:9.0f} {forward}")


if __name__ == "__main__":
    main()
