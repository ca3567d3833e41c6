"""Bits per base of a genome by language models, Markov models and compressors.

    python benchmarks/bits_per_base.py TEST.fa --learned FASTA ... [--own FASTA]
        [--models NAME=BUNDLE ...] [--compress COMMAND ...]

Markov models of orders 0 to 12 and their mixture (``markov.py``) are counted on the FASTAs of
``--learned`` and of ``--own`` (both strands); lambdas are chosen on the last tenth of ``--own``, or
of the last FASTA learned.  Give the models' BUNDLEs that learned the same.  They are asked by
``genoseq perplexity``: bits of the forward strand, so that each base is predicted from those before
it alone, as a compressor would.  Compressors get TEST.fa's bases as text, alone.
"""

from __future__ import annotations

import argparse
import csv
import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from generated import bases_of
from markov import Counts, fit_lambdas, mixed, seen, single_bits

from genoseq.genome.sequences import decode


def markov_rows(test: str, learned: list[str], own: str | None) -> list[tuple[str, float]]:
    """Each order's bits, the mixture's, and those of either if it knows ``own`` alone."""
    rows: list[tuple[str, float]] = []
    codes, tuned = bases_of(test), bases_of(own or learned[-1])
    split = len(tuned) * 9 // 10
    groups = {"learned": learned[: None if own else -1]} if learned else {}
    if own:
        groups = {"own": [], **({"learned and own": learned} if learned else {})}
    for name, files in groups.items():
        counts = Counts()
        counts.add(bases_of(each) for each in files)
        counts.add([tuned[:split]])
        lambdas = fit_lambdas(seen(counts, tuned[split:]))
        counts.add([tuned[split:]])
        of = seen(counts, codes)
        bits = single_bits(of)
        rows += [(f"Markov, order {order}, {name}", value) for order, value in enumerate(bits)]
        rows.append((f"Markov, mixture, {name}", float(-np.log2(mixed(of, lambdas)).mean())))
    return rows


def model_bits(test: str, bundle: str, folder: Path) -> float:
    """Bits of the forward strand."""
    out = folder / "bits"
    command = ["genoseq", "perplexity", test, "-m", bundle, "-o", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    with (out / "contigs.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    weights = np.array([float(row["bases"]) for row in rows])
    bits = np.array([float(row["bits_plus"]) for row in rows])
    return float((bits * weights).sum() / weights.sum())


def compressed(test: str, command: str) -> float:
    """Bits per base of a command that reads text from stdin and writes to stdout."""
    text = decode(bases_of(test))
    done = subprocess.run(shlex.split(command), input=text, check=True, capture_output=True)
    return 8 * len(done.stdout) / len(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("test")
    parser.add_argument("--learned", nargs="+", default=[])
    parser.add_argument("--own")
    parser.add_argument("--models", nargs="+", default=[])
    parser.add_argument(
        "--compress", nargs="+", default=["gzip -9", "xz -9e", "zstd --ultra -22 --long=27"]
    )
    asked = parser.parse_args()
    rows = markov_rows(asked.test, asked.learned, asked.own)
    with tempfile.TemporaryDirectory() as folder:
        for each in asked.models:
            name, bundle = each.split("=", 1)
            rows.append((name, model_bits(asked.test, bundle, Path(folder))))
        for command in asked.compress:
            rows.append((command, compressed(asked.test, command)))
    print(f"{len(bases_of(asked.test)):,} bases")
    for name, bits in rows:
        print(f"{name:<40}{bits:>9.4f}")


if __name__ == "__main__":
    main()
