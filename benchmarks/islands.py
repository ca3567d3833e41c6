"""Foreign islands in a genome, found by how badly a language model of the genome predicts them.

    python benchmarks/islands.py BUNDLE HOST.fa FOREIGN.fa [FOREIGN.fa ...] [--number 20]
        [--against BUNDLE]

HOST.fa is sequence of the organism that BUNDLE learned, which it never saw; stretches of 5 to 30 kb
of the other genomes, which have to be of another phylum, are put into it at random.  Every window
of 5 kb, one a kb, is ranked by these values: bits a base of the model (the mean of both strands, as
``genoseq perplexity`` writes it, and that of the better strand), distance of 4-mers to those of the
whole sequence, distance of GC, and size of the GC skew; with ``--against``, a model of many
genomes, by the bits that the host's model needs more than that one.  The table has the area under
the curve of precision and recall of bases that are foreign, and how many islands the best windows
hit.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from generated import bases_of, reverse
from markov import Codes, word_numbers
from numpy.typing import NDArray

from genoseq.genome.sequences import decode

Values = NDArray[np.float64]
WINDOW, STEP = 5_000, 1_000


def plant(
    host: Codes, foreign: list[Codes], number: int, rng: np.random.Generator
) -> tuple[Codes, NDArray[np.bool_]]:
    """The host with islands in it, and which bases are foreign."""
    cuts = np.sort(rng.choice(len(host) // 10_000 - 1, number, replace=False) + 1) * 10_000
    pieces, flags = [], []
    for number_of, piece in enumerate(np.split(host, cuts)):
        pieces.append(piece)
        flags.append(np.zeros(len(piece), bool))
        if number_of < number:
            source = foreign[number_of % len(foreign)]
            length = int(rng.integers(5_000, 30_001))
            start = int(rng.integers(len(source) - length))
            island = source[start : start + length]
            pieces.append(island if rng.random() < 0.5 else reverse(island))
            flags.append(np.ones(length, bool))
    return np.concatenate(pieces), np.concatenate(flags)


def bits_of(bundle: str, codes: Codes, folder: Path, *options: str) -> tuple[Values, Values]:
    """Bits of each base by ``genoseq perplexity``: the mean of both strands, and the lesser."""
    import pyBigWig

    fasta, out = folder / "host.fa", folder / "bits"
    fasta.write_bytes(b">host\n" + decode(codes) + b"\n")
    words = ["perplexity", str(fasta), "-m", bundle, "-o", str(out), *options]
    subprocess.run([sys.executable, "-m", "genoseq", *words], check=True)
    strands = []
    for strand in ("plus", "minus"):
        with pyBigWig.open(str(next(out.rglob(f"*.{strand}.bw")))) as track:
            strands.append(track.values("host", 0, len(codes), numpy=True).astype(np.float64))
    plus, minus = np.nan_to_num(strands, nan=2.0)
    return (plus + minus) / 2, np.minimum(windowed(plus), windowed(minus))


def windowed(values: Values) -> Values:
    """Means of windows."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    starts = np.arange(0, len(values) - WINDOW + 1, STEP)
    return np.asarray((sums[starts + WINDOW] - sums[starts]) / WINDOW)


def composition(codes: Codes) -> dict[str, Values]:
    """What is usually looked at."""
    words = word_numbers(codes, 3)
    both = np.concatenate([words, word_numbers(reverse(codes), 3)])
    expected = np.bincount(both, minlength=256) / len(both)
    starts = np.arange(0, len(codes) - WINDOW + 1, STEP)
    distance = []
    for start in starts:
        here = codes[start : start + WINDOW]
        own = sum(
            np.bincount(word_numbers(each, 3), minlength=256) for each in (here, reverse(here))
        )
        distance.append(np.abs(own / np.sum(own) - expected).sum())
    g, c = windowed((codes == 2).astype(float)), windowed((codes == 1).astype(float))
    return {
        "4-mer distance": np.array(distance),
        "GC distance": np.abs(g + c - np.median(g + c)),
        "GC skew, size": np.abs((g - c) / (g + c)),
    }


def area(scores: Values, foreign: Values) -> float:
    """Average precision of windows, each counted by the share of it that is foreign."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(foreign[order])
    precision = hits / np.arange(1, len(order) + 1)
    return float((precision * foreign[order]).sum() / foreign.sum())


def found(scores: Values, flags: NDArray[np.bool_]) -> int:
    """Islands hit by as many of the best windows as the islands fill."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    islands = edges.reshape(-1, 2)
    best = np.argsort(-scores, kind="stable")[: int(flags.sum()) // STEP]
    middles = best * STEP + WINDOW // 2
    return sum(bool(((middles >= a) & (middles < b)).any()) for a, b in islands)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("host")
    parser.add_argument("foreign", nargs="+")
    parser.add_argument("--against")
    parser.add_argument("--number", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    codes, flags = plant(
        bases_of(asked.host), [bases_of(each) for each in asked.foreign], asked.number, rng
    )
    with tempfile.TemporaryDirectory() as folder:
        mean, lesser = bits_of(asked.bundle, codes, Path(folder))
        values = {"bits, mean of strands": windowed(mean), "bits, better strand": lesser}
        if asked.against:
            beyond, _ = bits_of(asked.bundle, codes, Path(folder), "--against", asked.against)
            values["bits, less the other's"] = windowed(beyond)
    values |= composition(codes)
    foreign = windowed(flags.astype(float))
    print(f"{len(codes):,} bases, {asked.number} islands, {flags.mean():.1%} foreign")
    print(f"{'ranked by':<24}{'AUPRC':>8}{'islands hit':>13}")
    for name, scores in values.items():
        print(f"{name:<24}{area(scores, foreign):>8.3f}{found(scores, flags):>13}")
    print(f"{'chance':<24}{foreign.mean():>8.3f}")


if __name__ == "__main__":
    main()
