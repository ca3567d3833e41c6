"""Noisy reads of genes to their proteins, by a model that learned it, beside the best open frame.

    python benchmarks/noisy_proteins.py DATA FOLDER [--train NAME ...] [--test NAME ...]
        [--settings config/examples/reads/settings.yaml] [--genes BUNDLE]

DATA holds ``NAME.fa.gz`` and ``NAME.gff3.gz``.  Reads of 150 to 600 bp lie inside genes, on either
strand.  Of their errors, half are substitutions, a quarter bases put in and a quarter bases left
out; the truth is the protein of the codons that were whole before.  FOLDER keeps reads, store and
model: a second call goes on with them.  The table: edit distance per residue of the truth, and the
share of reads whose protein is right to the last residue; beside the model's, the longest open
stretch of the six frames, and the longest protein of ``genoseq genes --frameshifts``, by a model of
genes (that in the box learned from the tested genome too: one of ``gene_folds.py`` did not).
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from genoseq.genes.bacteria_files import decoder_path
from genoseq.genes.call import call_genes
from genoseq.genes.gene_reads import Read, coding_sequences, noisy, reads_of, turned
from genoseq.genes.genetic_codes import GeneticCode, genetic_code, translate
from genoseq.genes.layout import contig
from genoseq.genes.shifts import USUAL_SHIFTS
from genoseq.genes.state_values import model_scorer
from genoseq.genes.weights import load_weights
from genoseq.genome.sequences import Codes, decode, reverse_complement_codes
from genoseq.inference.translate import Translator
from genoseq.metrics.tokens import edit_distance
from genoseq.models.bundle import load_bundle
from genoseq.pretrained.registry import model_folder
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta
from genoseq.store.build_pairs import tokenize_pairs
from genoseq.training.fit import fit

SETTINGS = Path(__file__).parents[1] / "config/examples/reads/settings.yaml"

TRAIN = (
    *("bsubtilis_best7003", "saureus_asm59796", "lmonocytogenes_egde", "ccrescentus_cb15"),
    *("paeruginosa_pao1", "synechocystis_pcc6803", "cglutamicum_k051", "bmelitensis_16m"),
)
TEST = ("ecoli_k12_mg1655",)
SHORTEST, LONGEST = 150, 600
LEARNED_FROM = 60
"""bp of the shortest reads that are learned from: in short ones it is soon seen what goes where."""
RATES = (0.0, 0.01, 0.03)
VALID = 600
CODE = 11


def genes_of(data: Path, name: str) -> list[Codes]:
    """Coding sequences of a genome."""
    with open_fasta(data / f"{name}.fa.gz") as genome:
        annotation = read_annotation(data / f"{name}.gff3.gz")
        return list(coding_sequences(genome, annotation, genetic_code(CODE), SHORTEST))


def write_table(path: Path, data: Path, names: Sequence[str], count: int, seed: int) -> None:
    """Clean reads to learn from, which training damages, and noisy ones for validation.

    One gene in fifty gives reads for validation alone.
    """
    rng, code = np.random.default_rng(seed), genetic_code(CODE)
    genes = [codes for name in names for codes in genes_of(data, name)]
    held = rng.random(len(genes)) < 0.02
    with path.open("w") as out:
        out.write("source\ttarget\tsplit\n")
        learned = [gene for gene, aside in zip(genes, held, strict=True) if not aside]
        for read in reads_of(learned, code, count, (LEARNED_FROM, LONGEST), rng):
            out.write(f"{decode(read.codes).decode()}\t{read.protein.decode()}\ttrain\n")
        aside = [gene for gene, aside in zip(genes, held, strict=True) if aside]
        for read in reads_of(aside, code, VALID, (SHORTEST, LONGEST), rng):
            codes = noisy(read, float(rng.choice(RATES)), rng)
            out.write(f"{decode(codes).decode()}\t{read.protein.decode()}\tvalid\n")


def best_frame(codes: Codes, code: GeneticCode) -> bytes:
    """Translation of the longest stretch without a stop codon in any of the six frames."""
    strands = codes, reverse_complement_codes(codes)
    frames = (translate(strand[first:], code, False) for strand in strands for first in range(3))
    return max((stretch for frame in frames for stretch in frame.split(b"*")), key=len)


def called(bundle: Path, codes: Sequence[Codes]) -> list[bytes]:
    """The longest protein that ``genoseq genes --frameshifts`` finds on each read; empty: none."""
    weights = load_weights(decoder_path(bundle, None)[0])
    contigs = [contig(str(index), each) for index, each in enumerate(codes)]
    scorer = model_scorer(load_bundle(bundle))
    calls = call_genes(contigs, scorer, weights, code=CODE, together=True, shifts=USUAL_SHIFTS)
    found = [b""] * len(codes)
    for gene in calls.genes:
        index = int(gene.gene.chrom)
        found[index] = max(found[index], gene.protein, key=len)
    return found


def translated(model: Path, beams: int, codes: Sequence[Codes]) -> list[bytes]:
    """What the model writes."""
    translator = Translator(load_bundle(model))
    return [each.letters.encode() for each in translator(codes, beams)]


def figures(found: Sequence[bytes], reads: Sequence[Read]) -> tuple[float, float]:
    """Edit distance for each residue of the truth, and the share of proteins that are right."""
    distances = [edit_distance(one, read.protein) for one, read in zip(found, reads, strict=True)]
    residues = sum(len(read.protein) for read in reads)
    return sum(distances) / residues, float(np.mean([distance == 0 for distance in distances]))


def trained(folder: Path, settings: Path, device: str | None) -> Path:
    """The model, trained if it is not there yet; a training that was killed goes on."""
    store, model = folder / "store", folder / "model"
    if not store.exists():
        tokenize_pairs(folder / "reads.tsv", out=store)
    if not model.exists():
        begun = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        fit([store], settings, model, device=device)
        spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - begun
        print(f"trained in {spent / 60:.1f} minutes of processor time in this process", flush=True)
    return model


def print_table(asked: argparse.Namespace, model: Path) -> None:
    """A row for each error rate and way."""
    rng, code = np.random.default_rng(asked.seed + 1), genetic_code(CODE)
    genes = [codes for name in asked.test for codes in genes_of(asked.data, name)]
    reads = list(reads_of(genes, code, asked.tested, (SHORTEST, LONGEST), rng))
    ways: dict[str, Callable[[Sequence[Codes]], list[bytes]]] = {
        "model, greedy": partial(translated, model, 1),
        "model, 4 beams": partial(translated, model, 4),
        "best of six frames": lambda codes: [best_frame(each, code) for each in codes],
        "genes --frameshifts": partial(called, model_folder(asked.genes)),
    }
    print(f"{'errors':>7}  {'':22}{'distance':>9}{'exact':>8}{'s':>8}", flush=True)
    for rate in RATES:
        codes = [turned(noisy(read, rate, rng), rng) for read in reads]
        for name, way in ways.items():
            begun = time.perf_counter()
            distance, exact = figures(way(codes), reads)
            spent = time.perf_counter() - begun
            print(f"{rate:7.0%}  {name:22}{distance:9.4f}{exact:8.3f}{spent:8.1f}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", nargs="+", default=list(TRAIN))
    parser.add_argument("--test", nargs="+", default=list(TEST))
    parser.add_argument("--settings", type=Path, default=SETTINGS)
    parser.add_argument("--reads", type=int, default=60_000, help="to learn from")
    parser.add_argument("--tested", type=int, default=1_000, help="reads of the test")
    parser.add_argument("--genes", default="bacteria", help="model of genes --frameshifts")
    parser.add_argument("--device", help="cpu or cuda")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.folder.mkdir(parents=True, exist_ok=True)
    table = asked.folder / "reads.tsv"
    if not table.exists():
        write_table(table, asked.data, asked.train, asked.reads, asked.seed)
    print_table(asked, trained(asked.folder, asked.settings, asked.device))


if __name__ == "__main__":
    main()
