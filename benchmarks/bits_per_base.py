"""Bits per base of a genome by language models, Markov models and compressors.

    python benchmarks/bits_per_base.py TEST.fa --learned FASTA ... [--own FASTA]
        [--models NAME=BUNDLE ...] [--compress COMMAND ...]

Markov models of orders 0 to 12 and their mixture (``markov.py``) are counted on the FASTAs of
``--learned``, of ``--own`` and of both (both strands); lambdas are chosen on the last tenth of
``--own``, or of the last FASTA learned.  Bases drawn at random have 2 bits.  Give the models'
BUNDLEs that learned the same.  They are asked by ``genoseq perplexity``: bits of the forward
strand, so that each base is predicted from those before it alone, as a compressor would.
Compressors get TEST.fa's bases as text, alone.
"""

from __future__ import annotations

import argparse
import csv
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from generated import bases_of
from markov import Counts, fit_lambdas, mixed, seen, single_bits

from genoseq.genome.sequences import decode


def markov_rows(test: str, learned: list[str], own: str | None) -> list[tuple[str, float]]:
    """Bits of each order and of the mixture, counted on ``learned``, on ``own`` and on both."""
    rows: list[tuple[str, float]] = []
    codes, tuned = bases_of(test), bases_of(own or learned[-1])
    split = len(tuned) * 9 // 10
    # Of each: files that are counted, and whether the sequence that lambdas are chosen on is too.
    groups: dict[str, tuple[list[str], bool]] = {}
    if learned:
        groups["learned"] = (learned, False) if own else (learned[:-1], True)
    if own:
        groups["own"] = [], True
    if own and learned:
        groups["learned and own"] = learned, True
    for name, (files, counted) in groups.items():
        counts = Counts()
        counts.add(bases_of(each) for each in files)
        counts.add([tuned[:split]] if counted else [])
        lambdas = fit_lambdas(seen(counts, tuned[split:]))
        counts.add([tuned[split:]] if counted else [])
        of = seen(counts, codes)
        bits = single_bits(of)
        rows += [(f"Markov, order {order}, {name}", value) for order, value in enumerate(bits)]
        rows.append((f"Markov, mixture, {name}", float(-np.log2(mixed(of, lambdas)).mean())))
    return rows


def model_bits(test: str, bundle: str, folder: Path) -> float:
    """Bits of the forward strand."""
    out = folder / "bits"
    command = [sys.executable, "-m", "genoseq", "perplexity", test, "-m", bundle, "-o", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    with (out / "contigs.tsv").open() as file:
        *_, total = csv.DictReader(file, delimiter="\t")
    assert total["contig"] == "total"
    return float(total["bits_plus"])


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
    if not asked.learned and asked.own is None:
        parser.error("give --learned, --own, or both")
    rows = [("bases drawn at random", float(np.log2(4)))]
    rows += markov_rows(asked.test, asked.learned, asked.own)
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
