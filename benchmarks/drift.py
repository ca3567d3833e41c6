"""How far genomes are from one another in 4-mers, for the limits of the report's check of drift.

    python benchmarks/drift.py GENOME.fa.gz [GENOME.fa.gz ...]

Bits of Jensen-Shannon divergence: between ten blocks of a genome and the rest of it, and of each
genome from each other one.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np

from genoseq.genome.sequences import Codes, encode
from genoseq.readers.fasta import open_fasta
from genoseq.report.composition import count_words, divergence

BLOCKS = 10


def bases(path: Path) -> Codes:
    """All contigs of a genome, one after the other."""
    with open_fasta(path) as fasta:
        letters = b"".join(fasta.fetch(name, 0, size) for name, size in fasta.lengths.items())
    return encode(letters)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genomes", type=Path, nargs="+")
    words = {}
    for path in parser.parse_args().genomes:
        codes = bases(path)
        blocks = [count_words([block], len(block)) for block in np.array_split(codes, BLOCKS)]
        whole = np.sum(blocks, axis=0)
        within = [divergence(block, whole - block) or 0.0 for block in blocks]
        name = path.name.split(".")[0]
        words[name] = whole
        print(f"{name}\tblocks of it\t{np.median(within):.5f}\t{max(within):.5f}")
    for (one, left), (other, right) in combinations(words.items(), 2):
        print(f"{one}\t{other}\t{divergence(left, right):.5f}")


if __name__ == "__main__":
    main()
