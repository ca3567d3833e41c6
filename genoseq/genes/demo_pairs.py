"""Pairs to learn from and reads to translate, offline: what ``genoseq demo --pairs`` writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genoseq.extraction.demo import make_demo
from genoseq.files.atomic import PathLike, atomic_together, check_distinct
from genoseq.files.staging import temporary_folder
from genoseq.genes.gene_reads import coding_sequences, noisy, reads_of, turned
from genoseq.genes.genetic_codes import genetic_code
from genoseq.genome.sequences import Codes, decode
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta, write_fasta

_CODE = 11
_LENGTHS = 120, 300
"""bp of reads."""
_LEARNED_FROM = 60
"""bp of the shortest reads that are learned from: in short ones it is soon seen what goes where."""
_TRAIN, _JUDGED, _READS = 12_000, 300, 200
_ASIDE = {"train": 0.8, "valid": 0.1, "test": 0.1}
"""Shares of the genes."""
_RATES = (0.0, 0.01, 0.03)
"""Errors per base of reads that are judged or translated."""


@dataclass(frozen=True, slots=True)
class DemoPairs:
    """How many pairs were written, how many reads to translate, and of how many genes they are."""

    pairs: int
    reads: int
    genes: int

    def __str__(self) -> str:
        return (
            f"{self.pairs:,} reads and their proteins, and {self.reads:,} noisy reads, of "
            f"{self.genes:,} genes that Prodigal predicted"
        )


def make_demo_pairs(pairs: PathLike, reads: PathLike) -> DemoPairs:
    """Write reads from within the demo's genes with their proteins, and noisy reads to translate.

    Reads for training are whole, so that training damages them anew each time; those for validation
    and test have up to 3% errors.  No gene is in two splits.  What is to be translated comes from
    the test's genes, on either strand.

    Parameters
    ----------
    pairs
        Table to write: source, target, split.
    reads
        FASTA to write.

    Raises
    ------
    BackendError
        If pyrodigal is not installed, or comes without the genome.
    ConfigError
        If both are one file.
    """
    check_distinct({"--pairs": Path(pairs), "--reads": Path(reads)})
    genes = list(_genes())
    rng = np.random.default_rng(1)
    drawn = rng.choice(list(_ASIDE), len(genes), p=list(_ASIDE.values()))
    of = {
        split: [gene for gene, own in zip(genes, drawn, strict=True) if own == split]
        for split in _ASIDE
    }
    rows = [row for split in _ASIDE for row in _rows(split, of[split], rng)]
    with atomic_together([pairs, reads]) as (table, fasta):
        with table.open("w") as out:
            out.write("source\ttarget\tsplit\n")
            out.writelines("\t".join(row) + "\n" for row in rows)
        write_fasta(fasta, _noisy_reads(of["test"], rng))
    return DemoPairs(len(rows), _READS, len(genes))


def _genes() -> Iterable[Codes]:
    """Coding sequences of the demo's genome."""
    with temporary_folder() as folder:
        fasta, annotation = Path(folder, "genome.fa"), Path(folder, "genes.gff3")
        make_demo(fasta, annotation)
        with open_fasta(fasta) as genome:
            found = read_annotation(annotation)
            yield from coding_sequences(genome, found, genetic_code(_CODE), _LENGTHS[0])


def _rows(
    split: str, genes: Sequence[Codes], rng: np.random.Generator
) -> Iterator[tuple[str, str, str]]:
    """Source, target and split of a split's reads."""
    shortest, longest = _LENGTHS
    learned = split == "train"
    lengths = (_LEARNED_FROM if learned else shortest), longest
    count = _TRAIN if learned else _JUDGED
    for read in reads_of(genes, genetic_code(_CODE), count, lengths, rng):
        codes = read.codes if learned else noisy(read, float(rng.choice(_RATES)), rng)
        yield decode(codes).decode(), read.protein.decode(), split


def _noisy_reads(genes: Sequence[Codes], rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Names and letters of reads to translate."""
    found = reads_of(genes, genetic_code(_CODE), _READS, _LENGTHS, rng)
    for number, read in enumerate(found, 1):
        codes = turned(noisy(read, float(rng.choice(_RATES)), rng), rng)
        yield f"read{number}", decode(codes)
