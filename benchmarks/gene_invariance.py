"""Genes that must not change: circles cut elsewhere, contigs in another order, one locus twice.

    python benchmarks/gene_invariance.py DATA [BUNDLE] [--cuts 20]

DATA holds ``NAME.fa.gz``; BUNDLE is by default the model in the box.  Printed are

- for three circular genomes, cut open at random places: genes of each cut that are not those of the
  first one, start and all;
- of a draft whose contigs are in reverse order, and of the same file by two threads: whether
  every line of ``genes.gff3`` is the same;
- of every gene of *E. coli* K-12 that Sakai has with the same 60 bp on either side: whether it is
  called alike there, by its stop and by its start.  The two genomes teach their decoders apart.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from genoseq.genes.bacteria_files import decoder_path
from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.call_files import call_genes_files
from genoseq.genes.genome_files import read_contigs
from genoseq.genes.layout import Contig, contig
from genoseq.genes.state_values import Scorer, model_scorer
from genoseq.genes.weights import DecoderWeights, load_weights
from genoseq.genome.sequences import decode
from genoseq.models.bundle import load_bundle
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import open_fasta, write_fasta

CIRCLES = ("mgenitalium_g37", "baphidicola_meu", "pfuriosus_dsm3638")
DRAFT = "malvi_atcc29626"
PAIR = ("ecoli_k12_mg1655", "ecoli_o157_sakai")
FLANK = 60

Place = tuple[int, int, str]


def contigs_of(path: Path) -> list[Contig]:
    """The contigs of a FASTA."""
    with open_fasta(path) as genome:
        return read_contigs(genome)


def places(calls: GeneCalls, turn: int, length: int) -> set[Place]:
    """Genes of a circle that was cut open ``turn`` bases later, where they lie in the first cut."""
    found = set()
    for each in calls.genes:
        gene = each.gene
        start = (gene.start + turn) % length
        found.add((start, gene.end - gene.start, gene.strand))
    return found


def rotations(data: Path, scorer: Scorer, weights: DecoderWeights, cuts: int) -> None:
    """A row for each circle."""
    rng = random.Random(1)
    print("circle", "bp", "genes", "cuts", "genes that differ", sep="\t")
    for name in CIRCLES:
        one = max(contigs_of(data / f"{name}.fa.gz"), key=lambda each: each.length)
        differ = 0
        first: set[Place] = set()
        for number in range(cuts + 1):
            turn = rng.randrange(one.length) if number else 0
            turned = contig("circle", np.roll(one.codes, -turn), True)
            calls = call_genes([turned], scorer, weights)
            found = places(calls, turn, one.length)
            first = first or found
            differ += len(found ^ first)
        print(name, one.length, len(first), cuts, differ, sep="\t", flush=True)


def lines_of(folder: Path) -> list[str]:
    """The lines of genes, in no order."""
    lines = (folder / "genes.gff3").read_text().splitlines()
    return sorted(line for line in lines if not line.startswith("#"))


def orders(data: Path, bundle: Path) -> None:
    """Whether order and threads change a line."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        contigs = contigs_of(data / f"{DRAFT}.fa.gz")
        found = []
        for name, those, threads in (("as it is", contigs, 1), ("reversed", contigs[::-1], 1),
                                     ("two threads", contigs, 2)):  # fmt: skip
            fasta = folder / f"{name.replace(' ', '_')}.fa"
            write_fasta(fasta, [(one.name, decode(one.codes)) for one in those])
            torch.set_num_threads(threads)
            call_genes_files(fasta, bundle, folder / f"{fasta.stem}.out", precision="fp32")
            found.append(lines_of(folder / f"{fasta.stem}.out"))
        torch.set_num_threads(1)
        print(f"{DRAFT}, {len(contigs)} contigs: lines of genes.gff3 as they are {len(found[0])},")
        for name, lines in zip(("in reverse order", "by two threads"), found[1:], strict=True):
            print(f"  {name} {len(set(lines) ^ set(found[0]))} differ")


def by_stop(calls: GeneCalls) -> Mapping[tuple[str, int, str], int]:
    """First base of each gene by its contig, last base and strand, in reading order."""
    found = {}
    for each in calls.genes:
        gene = each.gene
        ends = (gene.start, gene.end) if gene.strand == "+" else (gene.end, gene.start)
        found[gene.chrom, ends[1], gene.strand] = ends[0]
    return found


def same_locus(data: Path, scorer: Scorer, weights: DecoderWeights) -> None:
    """Genes that two genomes have with the same bases around."""
    genomes = [contigs_of(data / f"{name}.fa.gz") for name in PAIR]
    calls = [call_genes(contigs, scorer, weights) for contigs in genomes]
    texts = [{one.name: decode(one.codes) for one in contigs} for contigs in genomes]
    others = by_stop(calls[1])
    shared = same_stop = same_start = 0
    for each in calls[0].genes:
        gene = each.gene
        start, end = gene.start - FLANK, gene.end + FLANK
        text = texts[0][gene.chrom]
        if start < 0 or end > len(text):
            continue
        around = text[start:end]
        for name, other in texts[1].items():
            at = other.find(around)
            if at < 0 or other.find(around, at + 1) >= 0:
                continue
            shared += 1
            shift = at - start
            ends = (gene.start, gene.end) if gene.strand == "+" else (gene.end, gene.start)
            found = others.get((name, ends[1] + shift, gene.strand))
            same_stop += found is not None
            same_start += found == ends[0] + shift
    print(
        f"genes that {PAIR[0]} shares with {PAIR[1]}, with {FLANK} bp on either side, on the same "
        f"strand of the file: {shared}; called there by the same stop {same_stop}, "
        f"and by the same start {same_start}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("bundle", nargs="?")
    parser.add_argument("--cuts", type=int, default=20)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    bundle = model_folder(asked.bundle)
    weights = load_weights(decoder_path(bundle, None)[0])
    scorer = model_scorer(load_bundle(bundle), precision="fp32")
    rotations(asked.data, scorer, weights, asked.cuts)
    same_locus(asked.data, scorer, weights)
    orders(asked.data, bundle)


if __name__ == "__main__":
    main()
