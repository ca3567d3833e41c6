"""Saturation mutagenesis of 10 kb: CPU seconds beside naive forward passes, equality, gradients.

    python benchmarks/mutagenesis.py DATA [--bases 10000] [--passes 3] [--mutants 6] [--steps 8]

E. coli's bases from 1,000,001 on, by the model in the box, one thread.  What is printed:

- CPU seconds of all 3 x L mutations, exactly, within 50 bp;
- those of naive passes, each mutant scored from scratch: of a sample, times 3 x L.  Twice: windows
  of the region by the genome's tiling, as ``genoseq score --regions`` takes them, and a sequence of
  the region alone, which has fewer bases and other values near its ends;
- the largest difference to ``genoseq score`` of mutated FASTA files, of a sample of mutants, each
  scored from scratch by the command, to 6 digits;
- correlations (Pearson, Spearman) of gradients and integrated gradients with exact effects.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import genoseq as gs
from genoseq.genome.sequences import Codes
from genoseq.inference.predict import Predictor
from genoseq.inference.sequence import OneSequence
from genoseq.inference.strands import predict_regions
from genoseq.inference.windows import Genome
from genoseq.readers.signal import open_signal
from genoseq.variants.mutations import Mutations, joined
from genoseq.variants.targets import DISTANCE

START = 1_000_000
_NEAR = 1_000
"""Bases of a mutated region whose gradients are compared with exact sums over the same bases."""


class Mutated:
    """A genome with one base substituted."""

    def __init__(self, genome: Genome, chrom: str, base: int, code: int) -> None:
        self._genome, self._chrom, self._base, self._code = genome, chrom, base, code
        self.lengths = genome.lengths

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Bases ``start <= i < end``."""
        codes = self._genome.codes(chrom, start, end)
        if chrom == self._chrom and start <= self._base < end:
            codes = codes.copy()
            codes[self._base - start] = self._code
        return codes


@contextmanager
def cpu_seconds(found: list[float]) -> Iterator[None]:
    """Append the CPU seconds of the block."""
    before = time.process_time()
    yield
    found.append(time.process_time() - before)


def naive(predictor: Predictor, genome: Genome, region: gs.Region, passes: int) -> float:
    """CPU seconds of scoring a mutated region from scratch; the fastest of some."""
    found: list[float] = []
    for number in range(passes + 1):  # the first is not counted
        base = region.start + number * len(region) // (passes + 1)
        mutated = Mutated(genome, region.chrom, base, number % 4)
        with cpu_seconds(found):
            for _ in predict_regions(predictor, mutated, [region]):
                pass
    return min(found[1:])


def score_command(
    fasta: Path, chrom: str, bases: Sequence[int], out: Path
) -> list[NDArray[np.float32]]:
    """Values (C, n) around each of some bases of a FASTA by ``genoseq score --digits 6``."""
    stretches = [(base - DISTANCE, base + DISTANCE + 1) for base in bases]
    bed = out.with_suffix(".bed")
    bed.write_text("".join(f"{chrom}\t{low}\t{high}\n" for low, high in sorted(stretches)))
    program = str(Path(sys.executable).parent / "genoseq")
    words = ["score", str(fasta), "-o", str(out), "--regions", str(bed), "--digits", "6"]
    more = ["--formats", "bigwig", "--threads", "1", "-q"]
    subprocess.run([program, *words, *more], check=True)
    with open_signal(out / "CDS.plus.bw") as plus, open_signal(out / "CDS.minus.bw") as minus:
        return [
            np.stack([each.values(chrom, *stretch) for each in (plus, minus)])
            for stretch in stretches
        ]


def largest_difference(genome: gs.Fasta, found: Mutations, mutants: int) -> tuple[float, float]:
    """Of gains and losses, and of effects, to those of mutated FASTA files: of a sample, half of it
    the strongest mutants, half any."""
    assert found.extremes is not None
    strength = np.nan_to_num(np.abs(found.effect)).max(axis=2).ravel()
    known = np.flatnonzero(~np.isnan(found.effect[..., 0]).ravel())
    some = np.random.default_rng(0).choice(known, mutants - mutants // 2, replace=False)
    chosen = np.concatenate([np.argsort(-strength)[: mutants // 2], some])
    rows, codes = np.divmod(chosen, 4)
    bases = (found.start + rows).tolist()
    letters = bytearray(genome.fetch(found.chrom, 0, genome.lengths[found.chrom]))
    extremes, effects = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def scored(number: int, changed: bytes, wanted: Sequence[int]) -> list[NDArray[np.float32]]:
            fasta = folder / "mutant.fa"
            fasta.write_bytes(b">%s\n%s\n" % (found.chrom.encode(), changed))
            return score_command(fasta, found.chrom, wanted, folder / str(number))

        usual = scored(0, letters, bases)
        for number, (base, code) in enumerate(zip(bases, codes.tolist(), strict=True)):
            changed = letters.copy()
            changed[base] = b"ACGT"[code]
            change = scored(number + 1, changed, [base])[0] - usual[number]
            row = base - found.start, code
            gain, loss = found.extremes.gain[row], found.extremes.loss[row]
            extremes += [np.abs(gain - change.max(axis=1).clip(0)).max()]
            extremes += [np.abs(loss - change.min(axis=1).clip(max=0)).max()]
            effects += [np.abs(found.effect[row] - change.sum(axis=1)).max()]
    return float(max(extremes)), float(max(effects))


def correlations(exact: NDArray[np.float32], other: NDArray[np.float32]) -> str:
    """Pearson's and Spearman's, of all mutations and classes."""
    known = ~np.isnan(exact)
    first, second = exact[known], other[known]
    ranks = [each.argsort().argsort() for each in (first, second)]
    pearson, spearman = np.corrcoef(first, second)[0, 1], np.corrcoef(*ranks)[0, 1]
    return f"Pearson {pearson:.3f}, Spearman {spearman:.3f}"


def mutated_by(
    genome: gs.Fasta, region: gs.Region, method: str, steps: int, at: gs.Region | None = None
) -> tuple[Mutations, float]:
    """What mutations change, and CPU seconds."""
    seconds: list[float] = []
    with cpu_seconds(seconds):
        found = gs.mutate(
            genome, "bacteria", regions=[region], method=method, steps=steps, at=at, device="cpu"
        )  # type: ignore[call-overload]
        whole = joined(list(found))
    return whole, seconds[0]


def compare_gradients(genome: gs.Fasta, region: gs.Region, steps: int) -> None:
    """Print correlations within one region, where both tell the same sums."""
    near = gs.Region(region.chrom, region.start, min(region.end, region.start + _NEAR))
    exact, seconds = mutated_by(genome, near, "saturation", steps, at=near)
    print(f"sums over the same {len(near):,} bases: exact {seconds:.1f} CPU s")
    local, _ = mutated_by(genome, near, "saturation", steps)
    for method in ("gradient", "integrated"):
        found, seconds = mutated_by(genome, near, method, steps, at=near)
        name = method if method == "gradient" else f"{method}, {steps} steps"
        print(f"- {name}: {seconds:.1f} CPU s; {correlations(exact.effect, found.effect)}")
        print(f"  with sums within {DISTANCE} bp: {correlations(local.effect, found.effect)}")
    print(f"- exact sums within {DISTANCE} bp: {correlations(exact.effect, local.effect)}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--bases", type=int, default=10_000)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--mutants", type=int, default=6)
    parser.add_argument("--steps", type=int, default=8)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    with gs.open_fasta(asked.data / "ecoli_k12_mg1655.fa.gz") as genome:
        chrom = next(iter(genome.lengths))
        region = gs.Region(chrom, START, START + asked.bases)
        found, seconds = mutated_by(genome, region, "saturation", asked.steps)
        many = int((~np.isnan(found.effect[..., 0])).sum())
        print(f"{many:,} mutations of {asked.bases:,} bases: {seconds:.1f} CPU s")
        predictor = Predictor(gs.load_bundle("bacteria"), "cpu", "fp32")
        alone = OneSequence(genome.codes(chrom, region.start, region.end))
        whole = gs.Region("sequence", 0, asked.bases)
        print(f"naive passes, by {asked.passes} of them, extrapolated:")
        for name, own, where in (("the genome's windows", genome, region), ("alone", alone, whole)):
            once = naive(predictor, own, where, asked.passes)
            times = once * many / seconds
            print(f"- {name}: {once:.3f} CPU s each, {once * many:,.0f} in all: {times:.0f} times")
        extremes, effects = largest_difference(genome, found, asked.mutants)
        print(f"{asked.mutants} mutated FASTA by genoseq score --digits 6: largest difference of")
        print(f"- gains and losses {extremes:.1e}, sums of {2 * DISTANCE + 1} bases {effects:.1e}")
        compare_gradients(genome, region, asked.steps)


if __name__ == "__main__":
    main()
