"""How like the real thing generated DNA is: words, GC, codons, open frames, and what is copied.

    python benchmarks/generated.py BUNDLE TRAINED.fa REAL.fa [--bases 1000000] [--seed 1]

TRAINED.fa is what the model learned from, REAL.fa sequence of the same organism that it never saw.
Words are compared with those of REAL.fa's first half, by the Jensen-Shannon divergence in bits, as
many bases of each.  Beside the model's DNA stand REAL.fa's other half, DNA of an order-6 Markov
model counted on TRAINED.fa, and the real bases shuffled.  ``period`` is the power of a period of
three over the mean power; ORFs are stretches of 300 bp and more without a stop, per Mb.  The last
column is the share of 31-mers, either strand, that are in TRAINED.fa.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from markov import Codes, Counts, word_numbers

import genoseq as gs
from genoseq.genome.sequences import decode

HEAD = f"{'':<22}{'JSD 3':>9}{'JSD 6':>9}{'JSD 9':>9}{'GC':>7}{'GC sd':>7}{'period':>8}{'ORF n':>7}{'ORF 95%':>8}{'31-mers':>9}"  # noqa: E501
STOPS = (48, 50, 56)  # TAA, TAG, TGA as base-4 numbers


def bases_of(path: str | Path) -> Codes:
    """All known bases of a FASTA, one contig after the other."""
    genome = gs.open_fasta(str(path))
    whole = np.concatenate([genome.codes(c, 0, n) for c, n in genome.lengths.items()])
    return whole[whole < 4].astype(np.uint8)


def reverse(codes: Codes) -> Codes:
    """The other strand, of known bases."""
    return (3 - codes[::-1]).astype(np.uint8)


def spectrum(codes: Codes, k: int) -> np.ndarray:
    """Shares of words of k bases on both strands, (4**k,)."""
    found = sum(
        np.bincount(word_numbers(strand, k - 1), minlength=4**k)
        for strand in (codes, reverse(codes))
    )
    return np.asarray(found / found.sum())


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen-Shannon divergence in bits (Lin 1991, IEEE Trans. Inf. Theory 37:145)."""
    middle = (p + q) / 2
    parts = [
        np.where(
            one > 0, one * np.log2(np.where(one > 0, one, 1) / np.where(one > 0, middle, 1)), 0
        )
        for one in (p, q)
    ]
    return float(sum(part.sum() for part in parts) / 2)


def period_3(codes: Codes, window: int = 351) -> float:
    """Power of base indicators at a period of three over the mean power, mean over windows.

    Tiwari et al. (1997), Comput. Appl. Biosci. 13:263.  Sequence without codons has 1.
    """
    rows = codes[: len(codes) // window * window].reshape(-1, window)
    power = sum(np.abs(np.fft.rfft(rows == base, axis=1)) ** 2 for base in range(4))
    assert not isinstance(power, int)
    return float((power[:, window // 3] / power[:, 1:].mean(1)).mean())


def open_frames(codes: Codes, least: int = 300) -> np.ndarray:
    """Lengths in bp of the stretches between stops, both strands, of ``least`` and more."""
    lengths = []
    for strand in (codes, reverse(codes)):
        for frame in range(3):
            words = word_numbers(strand, 2)[frame::3]
            stops = np.flatnonzero(np.isin(words, STOPS))
            lengths.append(3 * (np.diff(stops) - 1))
    joined = np.concatenate(lengths)
    return np.asarray(joined[joined >= least])


def words_31(codes: Codes) -> np.ndarray:
    """All 31-mers as numbers, of the strand given."""
    numbers = np.zeros(len(codes) - 30, np.uint64)
    for index in range(31):
        numbers = numbers << np.uint64(2) | codes[index : len(codes) - 30 + index].astype(np.uint64)
    return numbers


def markov_sample(counts: Counts, order: int, length: int, rng: np.random.Generator) -> Codes:
    """Bases drawn one after the other."""
    table = counts.of_order(order) + 1e-9
    sums = np.cumsum(table / table.sum(1, keepdims=True), axis=1)
    drawn, context = np.empty(length, np.uint8), 0
    for at, number in enumerate(rng.random(length)):
        drawn[at] = min(3, int(np.searchsorted(sums[context], number)))
        context = (context * 4 + int(drawn[at])) % 4**order
    return drawn


def generate(bundle: str, bases: int, seed: int, folder: Path) -> tuple[Codes, float]:
    """The model's DNA, in ten sequences, and seconds of the whole process."""
    out, begun = folder / "generated.fa", time.perf_counter()
    words = ["generate", "-m", bundle, "--number", "10", "--length", str(bases // 10)]
    command = [sys.executable, "-m", "genoseq", *words, "--seed", str(seed), "-o", str(out)]
    subprocess.run(command, check=True)
    return bases_of(out), time.perf_counter() - begun


def row(name: str, codes: Codes, real: Codes, trained: np.ndarray) -> str:
    """One line of the table."""
    # As many bases of each: words of few bases differ by chance.
    same = codes[: len(real)]
    jsd = [divergence(spectrum(same, k), spectrum(real, k)) for k in (3, 6, 9)]
    gc = np.isin(codes[: len(codes) // 1000 * 1000].reshape(-1, 1000), (1, 2)).mean(1)
    frames = open_frames(codes)
    long = np.quantile(frames, 0.95) if len(frames) else 0
    copied = np.isin(words_31(codes), trained).mean()
    per_mb = len(frames) / len(codes) * 1e6
    return (
        f"{name:<22}{jsd[0]:>9.5f}{jsd[1]:>9.5f}{jsd[2]:>9.5f}{gc.mean():>7.3f}{gc.std():>7.3f}"
        f"{period_3(codes):>8.2f}{per_mb:>7.0f}{long:>8.0f}{copied:>9.5f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("trained")
    parser.add_argument("real")
    parser.add_argument("--bases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    trained, real = bases_of(asked.trained), bases_of(asked.real)
    known = np.unique(np.concatenate([words_31(trained), words_31(reverse(trained))]))
    counts = Counts(6)
    counts.add([trained])
    bases, half = asked.bases, real[: len(real) // 2]
    with tempfile.TemporaryDirectory() as folder:
        made, seconds = generate(asked.bundle, bases, asked.seed, Path(folder))
    print(HEAD)
    print(row("real, its other half", real[len(half) :], half, known))
    print(row("genoseq generate", made, half, known))
    print(row("Markov, order 6", markov_sample(counts, 6, bases, rng), half, known))
    print(row("shuffled", rng.permutation(real[:bases]), half, known))
    print(
        f"{len(made):,} bases in {seconds:.1f} s of the whole process: "
        f"{len(made) / seconds:,.0f} bases a second"
    )
    print(f"first bases: {decode(made[:60]).decode()}")


if __name__ == "__main__":
    main()
