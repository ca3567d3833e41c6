"""Spliced genes of yeast to their proteins, by a model that learned it, beside the first frame.

    python benchmarks/yeast_proteins.py DATA FOLDER [--settings config/examples/yeast/proteins.yaml]

DATA holds ``scerevisiae_s288c.fa.gz`` and ``.gff3.gz``.  A source is a gene from its start codon to
its stop, introns included; its target the protein.  Chromosomes I to X teach, XI is for validation,
XII for the test, with genes of 150 to 2,000 bp.  There are 160 introns to learn from, so training
has made genes beside them: introns of I to X, or the begin of one and the end of another, put into
coding sequence of other genes of I to X.  The test, which has some twenty spliced genes, has made
ones too, of introns and genes of XII.  FOLDER keeps pairs, store and model: a second call goes on
with them.

The table: edit distance per residue of the truth, and the share of proteins that are right to the
last residue, of genes without introns and of spliced ones; beside the model the translation of the
open frame from the first ATG, and the longest open stretch of the six frames.  Of a gene without
introns the first frame is the gene, by the way in which sources are cut: there is nothing to gain,
and the model's figure says what it loses.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from noisy_proteins import best_frame

from genoseq.config.genes import NUCLEAR_CODES
from genoseq.genes.genetic_codes import genetic_code, translate
from genoseq.genome.sequences import Codes, decode, reverse_complement_codes
from genoseq.inference.translate import Translator
from genoseq.metrics.tokens import edit_distance
from genoseq.models.bundle import load_bundle
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta
from genoseq.store.build_pairs import tokenize_pairs
from genoseq.training.fit import fit

NAME = "scerevisiae_s288c"
SETTINGS = Path(__file__).parents[1] / "config/examples/yeast/proteins.yaml"
CHROMOSOMES = [f"BK0069{number}.2" for number in range(34, 46)]
VALID, TEST = "BK006944.2", "BK006945.2"
TRAIN = {*CHROMOSOMES} - {VALID, TEST}
SHORTEST, LONGEST = 150, 900
"""bp of genes to learn from."""
TESTED = 2_000
"""bp of the longest genes of the test."""
INTRON = 30, 500
"""bp of introns that are learned from."""
PIECES = 60, 600
"""bp of coding sequence in pieces of genes."""
NEAR = 90
"""bp from the start in which half of the introns are put."""
DONOR, ACCEPTOR = 12, 60
"""bp that are kept of an intron's begin, and of its end with the branch point."""
OFTEN = 10
"""Times that each spliced gene is among the pairs."""
MADE = 200
"""Genes of the test with an intron put into them."""
CODE = genetic_code(1, NUCLEAR_CODES)


class Gene(NamedTuple):
    """A gene from start to stop.

    Attributes
    ----------
    codes
        Its bases, introns included.
    parts
        Where its coding parts start and end in them.
    protein
        Without the stop.
    """

    chrom: str
    codes: Codes
    parts: tuple[tuple[int, int], ...]
    protein: bytes

    @property
    def spliced(self) -> bool:
        """Whether it has an intron."""
        return len(self.parts) > 1

    @property
    def coding(self) -> Codes:
        """Its coding sequence."""
        return np.concatenate([self.codes[start:end] for start, end in self.parts])

    @property
    def introns(self) -> list[Codes]:
        """In order."""
        return [self.codes[left[1] : right[0]] for left, right in pairwise(self.parts)]


def genes_of(data: Path) -> list[Gene]:
    """Whole protein-coding genes of the chromosomes, any length, each coding sequence once."""
    found: dict[bytes, Gene] = {}
    with open_fasta(data / f"{NAME}.fa.gz") as genome:
        for cds in read_annotation(data / f"{NAME}.gff3.gz").coding():
            chrom, strand = cds.parts[0].chrom, cds.parts[0].strand
            if chrom not in CHROMOSOMES or cds.partial_start or cds.partial_end:
                continue
            first = min(part.start for part in cds.parts)
            last = max(part.end for part in cds.parts)
            codes = genome.codes(chrom, first, last)
            parts = [(part.start - first, part.end - first) for part in cds.parts]
            if strand == "-":
                codes = reverse_complement_codes(codes)
                parts = [(len(codes) - end, len(codes) - start) for start, end in parts]
            ordered = tuple(sorted(parts))
            # Parts that overlap or touch are slips of the ribosome, not introns.
            if any(right[0] - left[1] < INTRON[0] for left, right in pairwise(ordered)):
                continue
            gene = Gene(chrom, codes, ordered, b"")
            protein = translate(gene.coding, CODE, False)
            sound = protein.startswith(b"M") and protein.endswith(b"*") and b"*" not in protein[:-1]
            if sound and b"X" not in protein and len(gene.coding) % 3 == 0:
                found.setdefault(codes.tobytes(), gene._replace(protein=protein[:-1]))
    return list(found.values())


def pieces_of(
    genes: Sequence[Gene], introns: Sequence[Codes], count: int, rng: np.random.Generator
) -> Iterator[tuple[Codes, bytes]]:
    """Pieces of coding sequence that begin with a codon, two in three with an intron put into them.

    One in two is the beginning of its gene.
    """
    shortest, longest = PIECES
    able = [gene for gene in genes if len(gene.coding) >= shortest + 3]
    weights = np.array([len(gene.coding) for gene in able], np.float64)
    for which in rng.choice(len(able), count, p=weights / weights.sum()):
        coding = able[which].coding
        length = 3 * int(rng.integers(shortest // 3, min(longest, len(coding)) // 3 + 1))
        start = 3 * int(rng.integers((len(coding) - length) // 3 + 1)) * int(rng.integers(2))
        piece = coding[start : start + length]
        protein = translate(piece, CODE, False).removesuffix(b"*")
        if rng.integers(3):
            # Introns of yeast lie near the start: half of them anywhere, half where theirs are.
            ends = len(piece), min(len(piece), NEAR)
            piece = with_intron(piece, made_intron(introns, rng), int(rng.choice(ends)), rng)
        yield piece, protein


def with_intron(coding: Codes, intron: Codes, before: int, rng: np.random.Generator) -> Codes:
    """Coding sequence with an intron behind a codon or within one, anywhere before a base."""
    at = int(rng.integers(1, min(before, len(coding)) - 2))
    return np.concatenate([coding[:at], intron, coding[at:]])


def made_intron(introns: Sequence[Codes], rng: np.random.Generator) -> Codes:
    """One of some introns, or, one time in two, the begin of one and the end of another."""
    one, other = (introns[int(number)] for number in rng.integers(len(introns), size=2))
    begin = int(rng.integers(DONOR, len(one) - DONOR))
    end = int(rng.integers(min(ACCEPTOR, len(other) - 1), len(other)))
    joined = np.concatenate([one[:begin], other[-end:]])
    return joined if rng.integers(2) and len(joined) <= INTRON[1] else one


def introns_of(genes: Sequence[Gene]) -> list[Codes]:
    """Introns of usual lengths."""
    low, high = INTRON
    return [each for gene in genes for each in gene.introns if low <= len(each) <= high]


def fitting(genes: Sequence[Gene], longest: int = LONGEST) -> list[Gene]:
    """Genes that are as long as sources may be."""
    return [gene for gene in genes if SHORTEST <= len(gene.codes) <= longest]


def write_table(path: Path, genes: Sequence[Gene], count: int, seed: int) -> None:
    """Pieces and whole genes to learn from, whole genes for validation."""
    rng = np.random.default_rng(seed)
    own = [gene for gene in genes if gene.chrom in TRAIN]
    rows = list(pieces_of(own, introns_of(own), count, rng))
    for gene in fitting(own):
        rows += [(gene.codes, gene.protein)] * (OFTEN if gene.spliced else 1)
    known = {codes.tobytes() for codes, _ in rows}
    with path.open("w") as out:
        out.write("source\ttarget\tsplit\n")
        for codes, protein in rows:
            out.write(f"{decode(codes).decode()}\t{protein.decode()}\ttrain\n")
        for gene in fitting([gene for gene in genes if gene.chrom == VALID]):
            if gene.codes.tobytes() not in known:
                out.write(f"{decode(gene.codes).decode()}\t{gene.protein.decode()}\tvalid\n")


def first_frame(codes: Codes) -> bytes:
    """Translation from the first ATG to the stop in its frame, or to the end."""
    start = max(decode(codes).find(b"ATG"), 0)
    return translate(codes[start:], CODE, False).split(b"*")[0]


def trained(folder: Path, settings: Path) -> Path:
    """The model, trained if it is not there yet; a training that was killed goes on."""
    store, model = folder / "store", folder / "model"
    if not store.exists():
        tokenize_pairs(folder / "genes.tsv", out=store)
    if not model.exists():
        begun = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        fit([store], settings, model, device="cpu")
        spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - begun
        print(f"trained in {spent / 60:.1f} minutes of processor time in this process", flush=True)
    return model


def test_sets(genes: Sequence[Gene], seed: int) -> dict[str, list[tuple[Codes, bytes]]]:
    """Sources and proteins of the test by what they are."""
    rng = np.random.default_rng(seed + 1)
    own = [gene for gene in genes if gene.chrom == TEST]
    introns, fit = introns_of(own), fitting(own, TESTED)
    whole = [gene for gene in fit if not gene.spliced]
    made = []
    while len(made) < MADE:
        gene, intron = (
            whole[int(rng.integers(len(whole)))],
            introns[int(rng.integers(len(introns)))],
        )
        codes = with_intron(gene.codes, intron, len(gene.codes), rng)
        if len(codes) <= TESTED:
            made.append((codes, gene.protein))
    return {
        "without introns": [(gene.codes, gene.protein) for gene in whole],
        "spliced": [(gene.codes, gene.protein) for gene in fit if gene.spliced],
        "an intron put in": made,
    }


def print_table(sets: Mapping[str, list[tuple[Codes, bytes]]], model: Path, beams: int) -> None:
    """A row for each set of genes and way."""
    translator = Translator(load_bundle(model), "cpu")

    def written(sources: Sequence[Codes]) -> list[bytes]:
        return [each.letters.encode() for each in translator(sources, beams, TESTED // 3)]

    ways: dict[str, Callable[[Sequence[Codes]], list[bytes]]] = {
        "first frame": lambda sources: list(map(first_frame, sources)),
        "best of six frames": lambda sources: [best_frame(each, CODE) for each in sources],
        f"model, {beams} beams": written,
    }
    print(f"{'genes of XII':18}{'':>6}  {'':20}{'distance':>9}{'exact':>8}{'s':>8}", flush=True)
    for kind, pairs in sets.items():
        residues = sum(len(protein) for _, protein in pairs)
        for name, way in ways.items():
            begun = time.perf_counter()
            found = way([source for source, _ in pairs])
            spent = time.perf_counter() - begun
            far = [edit_distance(one, two) for one, (_, two) in zip(found, pairs, strict=True)]
            exact = np.mean([each == 0 for each in far])
            figures = f"{sum(far) / residues:9.4f}{exact:8.3f}{spent:8.1f}"
            print(f"{kind:18}{len(pairs):6}  {name:20}{figures}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--settings", type=Path, default=SETTINGS)
    parser.add_argument("--pieces", type=int, default=30_000, help="to learn from, beside genes")
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.folder.mkdir(parents=True, exist_ok=True)
    genes, table = genes_of(asked.data), asked.folder / "genes.tsv"
    if not table.exists():
        write_table(table, genes, asked.pieces, asked.seed)
    model = trained(asked.folder, asked.settings)
    print_table(test_sets(genes, asked.seed), model, asked.beams)


if __name__ == "__main__":
    main()
