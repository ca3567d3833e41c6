"""How files of many organisms are taken apart before genes are called.

    python benchmarks/mixtures.py DATA [--lengths 0 200000 50000 15000]

DATA holds ``NAME.fa.gz`` of ``config/examples/bacteria/accessions.tsv``.  Rows: all genomes in one
file, whole (0) and cut into contigs of about so many bp: groups; share of bases that are of their
group's main genome (two *E. coli* count as two), and of their genome's main group.  Then genomes
that alone are one group, at each length; and pairs of genomes, of contigs of 50 kb, that are taken
apart.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

from gene_costs import ACCESSIONS

from genoseq.genes.grouping import group_contigs
from genoseq.genome.sequences import Codes
from genoseq.readers.fasta import open_fasta

PAIRED = 50_000
"""bp of contigs of pairs, about."""


def cut(contigs: Iterable[Codes], length: int) -> Iterator[Codes]:
    """Contigs in pieces of about ``length`` bp; 0: whole."""
    rng = random.Random(1)
    for codes in contigs:
        at = 0
        while at < len(codes):
            own = int(length * rng.uniform(0.3, 1.7)) or len(codes)
            yield codes[at : at + own]
            at += own


def main_share(pairs: Sequence[tuple[object, object, int]]) -> float:
    """Share of the bases of each first that are of its most frequent second."""
    bases: dict[object, Counter[object]] = {}
    for first, second, length in pairs:
        bases.setdefault(first, Counter())[second] += length
    most = sum(max(each.values()) for each in bases.values())
    return most / sum(each.total() for each in bases.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--lengths", type=int, nargs="+", default=[0, 200_000, 50_000, 15_000])
    asked = parser.parse_args()
    genomes: dict[str, list[Codes]] = {}
    with ACCESSIONS.open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            with open_fasta(asked.data / f"{row['name']}.fa.gz") as genome:
                genomes[row["name"]] = [genome.codes(c, 0, n) for c, n in genome.lengths.items()]
    print("bp", "contigs", "groups", "of the group", "of the genome", "alone one group", sep="\t")
    for length in asked.lengths:
        mixed = [(name, each) for name, own in genomes.items() for each in cut(own, length)]
        groups = group_contigs([each for _, each in mixed]).tolist()
        pairs = [(group, name, len(c)) for group, (name, c) in zip(groups, mixed, strict=True)]
        turned = [(name, group, bases) for group, name, bases in pairs]
        alone = sum(not group_contigs([*cut(own, length)]).any() for own in genomes.values())
        shares = f"{main_share(pairs):.3f}", f"{main_share(turned):.3f}"
        told = (length, len(mixed), len({*groups}), *shares, f"{alone} of {len(genomes)}")
        print(*told, sep="\t", flush=True)
    pieces = {name: [*cut(own, PAIRED)] for name, own in genomes.items()}
    apart = [bool(group_contigs(pieces[a] + pieces[b]).any()) for a, b in combinations(pieces, 2)]
    print(f"pairs apart: {sum(apart)} of {len(apart)}")


if __name__ == "__main__":
    main()
