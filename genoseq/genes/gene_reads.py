"""Reads from within genes and their proteins: what noisy reads are learned to be translated by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from genoseq.data.damage import Rates, worn
from genoseq.genes.genetic_codes import GeneticCode, translate
from genoseq.genome.annotation import Annotation
from genoseq.genome.sequences import Codes, reverse_complement_codes
from genoseq.readers.fasta import Fasta


class Read(NamedTuple):
    """A read without errors on the coding strand.

    Attributes
    ----------
    codes
        Bases, shape (L,).
    protein
        What its whole codons stand for.
    """

    codes: Codes
    protein: bytes


def coding_sequences(
    genome: Fasta, annotation: Annotation, code: GeneticCode, shortest: int
) -> Iterator[Codes]:
    """Coding sequences of a genome without their stops: whole, of one part, and open.

    Parameters
    ----------
    shortest
        bp; shorter ones are passed over.
    """
    for cds in annotation.coding():
        part = cds.parts[0]
        whole = len(cds.parts) == 1 and not (cds.partial_start or cds.partial_end)
        if not whole or len(part) % 3 or len(part) < shortest + 3:
            continue
        codes = genome.codes(part.chrom, part.start, part.end)
        codes = codes if part.strand == "+" else reverse_complement_codes(codes)
        protein = translate(codes, code, True)
        if protein.endswith(b"*") and b"*" not in protein[:-1] and b"X" not in protein:
            yield codes[:-3]


def reads_of(
    genes: Sequence[Codes],
    code: GeneticCode,
    count: int,
    lengths: tuple[int, int],
    rng: np.random.Generator,
) -> Iterator[Read]:
    """Reads from anywhere in genes, which are drawn by their bases.

    Parameters
    ----------
    lengths
        bp of the shortest read and of the longest, each length as likely; no gene is shorter than
        the first.
    """
    shortest, longest = lengths
    weights = np.array(list(map(len, genes)), np.float64)
    for which in rng.choice(len(genes), count, p=weights / weights.sum()):
        gene = genes[which]
        length = int(rng.integers(shortest, min(longest, len(gene)) + 1))
        start = int(rng.integers(len(gene) - length + 1))
        read = gene[start : start + length]
        yield Read(read, translate(read[-start % 3 :], code, start == 0))


def noisy(read: Read, rate: float, rng: np.random.Generator) -> Codes:
    """The read with errors: half are substitutions, a quarter bases put in, a quarter left out."""
    return worn(read.codes, Rates(rate / 2, rate / 2, 0.0), rng)


def turned(codes: Codes, rng: np.random.Generator) -> Codes:
    """A sequence or its reverse complement, either as likely."""
    return reverse_complement_codes(codes) if rng.integers(2) else codes
