"""Noisy reads of genes to their proteins, by a model that learned it, beside the best open frame.

    python benchmarks/noisy_proteins.py DATA FOLDER [--train NAME ...] [--test NAME ...]
        [--settings config/examples/reads/settings.yaml] [--reads 40000] [--minutes 25]

DATA holds ``NAME.fa.gz`` and ``NAME.gff3.gz``.  Reads of 150 to 600 bp lie inside genes, on either
strand.  Of their errors, half are substitutions, a quarter bases put in and a quarter bases left
out; the truth is the protein of the codons that were whole before.  FOLDER keeps reads, store and
model: a second call goes on with them.  The table: edit distance per residue of the truth, and the
share of reads whose protein is right to the last residue.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genoseq.data.damage import Rates, worn
from genoseq.genes.genetic_codes import GeneticCode, genetic_code, translate
from genoseq.genome.sequences import Codes, decode, reverse_complement_codes
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta

TRAIN = (
    *("bsubtilis_best7003", "saureus_asm59796", "lmonocytogenes_egde", "ccrescentus_cb15"),
    *("paeruginosa_pao1", "synechocystis_pcc6803", "cglutamicum_k051", "bmelitensis_16m"),
)
TEST = ("ecoli_k12_mg1655",)
SHORTEST, LONGEST = 150, 600
LEARNED_FROM = 60
"""bp of the shortest reads that are learned from: in short ones it is soon seen what goes where."""
RATES = (0.0, 0.01, 0.03)
VALID, TESTED = 600, 1000
CODE = 11


class Read(NamedTuple):
    """A read without errors on the coding strand, and its protein."""

    codes: Codes
    protein: bytes


def gene_codes(data: Path, name: str, code: GeneticCode) -> Iterator[Codes]:
    """Coding sequences of a genome without their stops: whole, of one part, and open."""
    with open_fasta(data / f"{name}.fa.gz") as genome:
        for cds in read_annotation(data / f"{name}.gff3.gz").coding():
            part = cds.parts[0]
            whole = len(cds.parts) == 1 and not (cds.partial_start or cds.partial_end)
            if not whole or len(part) % 3 or len(part) < SHORTEST + 3:
                continue
            codes = genome.codes(part.chrom, part.start, part.end)
            codes = codes if part.strand == "+" else reverse_complement_codes(codes)
            protein = translate(codes, code, True)
            if protein.endswith(b"*") and b"*" not in protein[:-1] and b"X" not in protein:
                yield codes[:-3]


def reads_of(
    genes: Sequence[Codes], count: int, rng: np.random.Generator, shortest: int = SHORTEST
) -> Iterator[Read]:
    """Reads from anywhere in genes, which are drawn by their bases."""
    code, lengths = genetic_code(CODE), np.array(list(map(len, genes)), np.float64)
    for which in rng.choice(len(genes), count, p=lengths / lengths.sum()):
        gene = genes[which]
        length = int(rng.integers(shortest, min(LONGEST, len(gene)) + 1))
        start = int(rng.integers(len(gene) - length + 1))
        read = gene[start : start + length]
        yield Read(read, translate(read[-start % 3 :], code, start == 0))


def noisy(read: Read, rate: float, rng: np.random.Generator) -> Codes:
    """The read with errors, on either strand."""
    codes = worn(read.codes, Rates(rate / 2, rate / 2, 0.0), rng)
    return reverse_complement_codes(codes) if rng.integers(2) else codes


def write_table(path: Path, data: Path, names: Sequence[str], count: int, seed: int) -> None:
    """Clean reads to learn from, which training damages, and noisy ones for validation.

    One gene in fifty gives reads for validation alone.
    """
    rng, code = np.random.default_rng(seed), genetic_code(CODE)
    genes = [codes for name in names for codes in gene_codes(data, name, code)]
    held = rng.random(len(genes)) < 0.02
    with path.open("w") as out:
        out.write("source\ttarget\tsplit\n")
        learned = [gene for gene, aside in zip(genes, held, strict=True) if not aside]
        for read in reads_of(learned, count, rng, LEARNED_FROM):
            out.write(f"{decode(read.codes).decode()}\t{read.protein.decode()}\ttrain\n")
        aside = [gene for gene, aside in zip(genes, held, strict=True) if aside]
        for read in reads_of(aside, VALID, rng):
            codes = noisy(read, float(rng.choice(RATES)), rng)
            out.write(f"{decode(codes).decode()}\t{read.protein.decode()}\tvalid\n")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", nargs="+", default=list(TRAIN))
    parser.add_argument("--test", nargs="+", default=list(TEST))
    parser.add_argument("--reads", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    table = asked.folder / "reads.tsv"
    if not table.exists():
        write_table(table, asked.data, asked.train, asked.reads, asked.seed)


if __name__ == "__main__":
    main()
