"""Bases scored per CPU second in one contig, a draft, reads and very many contigs, by revision.

    python benchmarks/contigs.py GENOME.fa[.gz] BUNDLE [--before PYTHON] [--many 100000]

Each input is cut from the genome and scored by ``genoseq score`` with one thread, start and files
included.  ``--before`` is the Python of another revision's environment, measured in the same run;
it gets a tenth of the reads and contigs, for it may be slow with them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from genoseq.genome.sequences import ALPHABET, Codes
from genoseq.readers.fasta import open_fasta

READ = 225


def pieces(codes: Codes, lengths: list[int]) -> Iterator[Codes]:
    """Stretches of those lengths from anywhere in a genome."""
    rng = np.random.default_rng(1)
    for length in lengths:
        start = int(rng.integers(0, len(codes) - length))
        yield codes[start : start + length]


def lengths_of(many: int) -> dict[str, list[int]]:
    """bp of each contig of the inputs that are cut."""
    rng = np.random.default_rng(2)
    draft = np.exp(rng.normal(9.2, 1.0, 300)).clip(500, 200_000).astype(int)
    return {
        "300 contigs": draft.tolist(),
        f"20,000 reads of {READ} bp": [READ] * 20_000,
        f"{many:,} contigs of 100 to 500 bp": rng.integers(100, 501, many).tolist(),
    }


def write(path: Path, contigs: Iterator[Codes]) -> int:
    """A FASTA of contigs; its bases."""
    alphabet = np.frombuffer(ALPHABET.encode(), np.uint8)
    bases = 0
    with path.open("wb") as file:
        for number, codes in enumerate(contigs):
            file.write(b">c%d\n%s\n" % (number, alphabet[codes].tobytes()))
            bases += len(codes)
    return bases


def seconds(python: str, fasta: Path, bundle: Path, out: Path) -> float:
    """CPU seconds of scoring a FASTA."""
    words = [python, "-m", "genoseq", "-q", "score", fasta, "-m", bundle.absolute(), "-o", out]
    options = ["--threads", "1", "--precision", "fp32", "--formats", "bigwig"]
    before = os.times()
    # Not from here: Python would take the package of this folder, whatever its environment.
    subprocess.run([*words, *options], check=True, cwd=out.parent)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--before", help="Python of another revision")
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=1, help="of one contig; the least counts")
    asked = parser.parse_args()
    pythons = {"after": sys.executable} | ({"before": asked.before} if asked.before else {})
    with open_fasta(asked.genome) as genome:
        chrom, length = max(genome.lengths.items(), key=lambda item: item[1])
        codes = genome.codes(chrom, 0, length)
    print(f"{'kb per CPU second':36}" + "".join(f"{name:>10}" for name in pythons), flush=True)
    for name, lengths in {"one contig": [length - 1], **lengths_of(asked.many)}.items():
        row = f"{name:36}"
        for which, python in pythons.items():
            fewer = which == "before" and len(lengths) > 1_000
            with tempfile.TemporaryDirectory() as folder:
                fasta = Path(folder, "a.fa")
                bases = write(fasta, pieces(codes, lengths[:: 10 if fewer else 1]))
                runs = asked.repeats if len(lengths) == 1 else 1
                out = Path(folder, "out")
                taken = min(seconds(python, fasta, asked.bundle, out) for _ in range(runs))
            row += f"{bases / taken / 1000:10.0f}"
        print(row, flush=True)


if __name__ == "__main__":
    main()
