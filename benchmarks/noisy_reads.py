"""Genes of reads with indels: which bases code, on which strand and in which frame, beside peers.

    python benchmarks/noisy_reads.py DATA BUNDLE [NAME ...] [--weights genes.json]
        [--lengths 600] [--rates 0 0.2 1] [--reads 300] [--fgs PYTHON] [--out FILE]

DATA holds ``NAME.fa.gz``, ``NAME.gff3.gz`` and, of some, ``NAME.mask.bed``.  Pieces are cut from
anywhere in a genome, on either strand; of their indels half are random bases put in, half are bases
left out, and each base keeps what the annotation says of it.  Inserted bases and masked ones count
nowhere.  F1 is of pairs of base and strand, frame-aware F1 of base, strand and codon phase; both
are means over the genomes.  Peers are pyrodigal's metagenomic mode, and FragGeneScan by a PYTHON
that has pyfgs (its wheels are of Python 3.12), with the model of ``FGS`` for each rate, which it
is told and we are not.  BUNDLE should not have learned from the genomes: one of ``gene_folds.py``,
with its ``--weights``.  FILE gets the table as JSON, for the card of a model (``ship_model.py
--reads``).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.bacteria_files import decoder_path
from genoseq.genes.call import call_genes
from genoseq.genes.layout import contig
from genoseq.genes.shifts import USUAL_SHIFTS
from genoseq.genes.state_values import Scorer, model_scorer
from genoseq.genes.weights import DecoderWeights, load_weights
from genoseq.genome.called_genes import CalledGene
from genoseq.genome.sequences import ALPHABET, Codes, reverse_complement_codes
from genoseq.models.bundle import load_bundle
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta

NAMES = ("ecoli_k12_mg1655", "synechocystis_pcc6803", "npharaonis_dsm2160", "bburgdorferi_b31")
READS = {150: 1500, 300: 1500, 600: 1500, 1200: 750, 1500: 600, 5000: 200}
"""Pieces of each length per genome and rate."""
RATES = (0.0, 0.2, 1.0)
FGS = {0.0: "Complete", 0.2: "Sanger5", 1.0: "Sanger10"}
"""FragGeneScan's models of 0, 0.5 and 1% of errors, by percent of indels."""
UNKNOWN = 1 << 6
"""Beside six bits, of the codon phases 0, 1, 2 on the forward strand and on the reverse one."""
_STRANDS = (0b000111, 0b111000)

States = NDArray[np.uint8]
Caller = Callable[[Sequence[Codes]], list[States]]


@dataclass(frozen=True)
class Piece:
    """Bases of a read, and which states each is known to have; both of shape (L,)."""

    codes: Codes
    states: States


def paint(states: States, start: int, end: int, strand: str, phase: int, over: bool) -> None:
    """Give bases of a part of a CDS their bits; ``over``: and no others."""
    bases = np.arange(end - start)
    offset = (bases[::-1] if strand == "-" else bases) - phase
    bits = (1 << (offset % 3 + 3 * (strand == "-"))).astype(np.uint8)
    inside = slice(start, end)
    states[inside] = bits if over else states[inside] | bits


def known_states(data: Path, name: str) -> dict[str, tuple[Codes, States]]:
    """Bases and states of each contig of an annotated genome."""
    with open_fasta(data / f"{name}.fa.gz") as genome:
        found = {
            chrom: (genome.codes(chrom, 0, length), np.zeros(length, np.uint8))
            for chrom, length in genome.lengths.items()
        }
    for cds in read_annotation(data / f"{name}.gff3.gz").coding():
        for part in cds.parts:
            states = found[part.chrom][1]
            paint(states, part.start, part.end, part.strand, part.phase or 0, over=False)
    mask = data / f"{name}.mask.bed"
    for line in mask.read_text().splitlines() if mask.exists() else ():
        chrom, start, end = line.split("\t")[:3]
        found[chrom][1][int(start) : int(end)] = UNKNOWN
    return found


def reversed_states(states: States) -> States:
    """States of the other strand, 5' to 3'."""
    forward, back = states & 0b111, states >> 3 & 0b111
    return np.asarray((states & UNKNOWN | back | forward << 3)[::-1], np.uint8)


def cut(
    genome: dict[str, tuple[Codes, States]], length: int, count: int, rate: float, seed: int
) -> list[Piece]:
    """Pieces with indels.

    Parameters
    ----------
    rate
        Percent of the bases that have one.
    """
    rng = np.random.default_rng([seed, length, round(100 * rate)])
    long = [pair for pair in genome.values() if len(pair[0]) >= length]
    weights = np.array([len(codes) for codes, _ in long], np.float64)
    found = []
    for which in rng.choice(len(long), count, p=weights / weights.sum()):
        codes, states = long[which]
        start = int(rng.integers(0, len(codes) - length + 1))
        codes, states = codes[start : start + length], states[start : start + length]
        if rng.integers(2):
            codes, states = reverse_complement_codes(codes), reversed_states(states)
        inserted, deleted = rng.random((2, length)) < rate / 200
        copies = np.where(inserted, 2, 1) - deleted
        source = np.repeat(np.arange(length), copies)
        new = np.zeros(len(source), bool)
        new[np.cumsum(copies)[inserted & ~deleted] - 1] = True
        drawn = rng.integers(0, 4, len(source)).astype(np.uint8)
        found.append(
            Piece(
                np.where(new, drawn, codes[source]).astype(np.uint8),
                np.where(new, UNKNOWN, states[source]).astype(np.uint8),
            )
        )
    return found


def scores(pieces: Sequence[Piece], called: Sequence[States]) -> tuple[float, float]:
    """F1 of (base, strand), and of (base, strand, codon phase)."""
    true = np.concatenate([piece.states for piece in pieces])
    ours = np.concatenate(called)
    known = true & UNKNOWN == 0
    true, ours = true[known], ours[known]
    by_strand = [(true & bits > 0, ours & bits > 0) for bits in _STRANDS]
    by_frame = [(true >> bit & 1 > 0, ours >> bit & 1 > 0) for bit in range(6)]
    return f1(by_strand), f1(by_frame)


def f1(pairs: Iterable[tuple[NDArray[np.bool_], NDArray[np.bool_]]]) -> float:
    """F1 of what is true and what is called, pooled."""
    both = right = 0
    for true, ours in pairs:
        right += int((true & ours).sum())
        both += int(true.sum() + ours.sum())
    return 2 * right / max(both, 1)


def called_states(length: int, genes: Iterable[CalledGene]) -> States:
    """States of the bases of a read by its genes."""
    states = np.zeros(length, np.uint8)
    for gene in genes:
        own = np.zeros(length, np.uint8)
        for part in gene.transcript.coding[0].parts:
            paint(own, part.start, part.end, gene.strand, part.phase or 0, over=True)
        states |= own
    return states


def genes_of(
    scorer: Scorer, weights: DecoderWeights, shifts: bool, codes: Sequence[Codes]
) -> list[list[CalledGene]]:
    """Genes of each read by ``genoseq genes``, with or without ``--frameshifts``."""
    contigs = [contig(str(index), each) for index, each in enumerate(codes)]
    calls = call_genes(
        contigs, scorer, weights, code=11, together=True, shifts=USUAL_SHIFTS if shifts else None
    )
    own: list[list[CalledGene]] = [[] for _ in codes]
    for each in calls.genes:
        own[int(each.gene.chrom)].append(each.gene)
    return own


def genoseq(
    scorer: Scorer, weights: DecoderWeights, shifts: bool, codes: Sequence[Codes]
) -> list[States]:
    """By ``genoseq genes``."""
    own = genes_of(scorer, weights, shifts, codes)
    return [called_states(len(each), genes) for each, genes in zip(codes, own, strict=True)]


def pyrodigal(codes: Sequence[Codes]) -> list[States]:
    """By pyrodigal's metagenomic mode."""
    import pyrodigal

    finder = pyrodigal.GeneFinder(meta=True)
    found = []
    for each in codes:
        states = np.zeros(len(each), np.uint8)
        for gene in finder.find_genes(letters(each)):
            strand = "+" if gene.strand == 1 else "-"
            paint(states, gene.begin - 1, gene.end, strand, 0, over=False)
        found.append(states)
    return found


def fragment_scan(python: Path, model: str, codes: Sequence[Codes]) -> list[States]:
    """By FragGeneScan, in a process of another Python."""
    words = [str(python), str(Path(__file__).with_name("fgs_genes.py")), model]
    reads = b"".join(letters(each) + b"\n" for each in codes)
    answer = subprocess.run(words, input=reads, stdout=subprocess.PIPE, check=True).stdout
    return [
        read_states(len(each), json.loads(line))
        for each, line in zip(codes, answer.splitlines(), strict=True)
    ]


def read_states(length: int, genes: Iterable[tuple[int, int, str]]) -> States:
    """States of a read by what FragGeneScan read of it."""
    states = np.zeros(length, np.uint8)
    for strand, start, bases in genes:
        letter = np.frombuffer(bases.encode(), np.uint8)
        missing, inserted = letter == ord("N"), letter >= ord("a")
        phase = (np.cumsum(~inserted) - 1) % 3 + 3 * (strand != 1)
        at = start + np.cumsum(~missing) - 1
        if strand != 1:
            at = 2 * start + int((~missing).sum()) - 1 - at
        there = ~missing & ~inserted & (at < length)
        states[at[there]] |= np.uint8(1) << phase[there].astype(np.uint8)
    return states


def letters(codes: Codes) -> bytes:
    """ACGT of base codes."""
    return np.frombuffer(ALPHABET.encode(), np.uint8)[codes].tobytes()


def callers(bundle: Path, weights: Path | None, fgs: Path | None, rate: float) -> dict[str, Caller]:
    """Callers by what the table names them."""
    scorer = model_scorer(load_bundle(bundle))
    decoder = load_weights(decoder_path(bundle, weights)[0])
    found: dict[str, Caller] = {
        "genoseq --frameshifts": partial(genoseq, scorer, decoder, True),
        "genoseq": partial(genoseq, scorer, decoder, False),
        "pyrodigal meta": pyrodigal,
    }
    if fgs is not None:
        model = FGS[min(FGS, key=lambda each: abs(each - rate))]
        found[f"FragGeneScan {model}"] = partial(fragment_scan, fgs, model)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("names", nargs="*", default=list(NAMES))
    parser.add_argument("--weights", type=Path, help="of the decoder, if not the bundle's own")
    parser.add_argument("--lengths", type=int, nargs="+", default=list(READS), choices=list(READS))
    parser.add_argument("--rates", type=float, nargs="+", default=list(RATES), help="percent")
    parser.add_argument("--reads", type=int, help="pieces of each setting per genome")
    parser.add_argument("--fgs", type=Path, help="a Python that has pyfgs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON of the table")
    asked = parser.parse_args()
    genomes = {name: known_states(asked.data, name) for name in asked.names}
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors")
    print(f"{'bp':>6}{'indels':>8}  {'':24}{'F1':>8}{'frame':>8}{'s':>8}", flush=True)
    table: list[dict[str, str | float]] = []
    for length in asked.lengths:
        for rate in asked.rates:
            pieces = {
                name: cut(genome, length, asked.reads or READS[length], rate, asked.seed)
                for name, genome in genomes.items()
            }
            for caller, call in callers(asked.bundle, asked.weights, asked.fgs, rate).items():
                begun = time.perf_counter()
                rows = [
                    scores(own, call([piece.codes for piece in own])) for own in pieces.values()
                ]
                spent = time.perf_counter() - begun
                strand, frame = np.mean(rows, axis=0)
                print(
                    f"{length:6}{rate:7}%  {caller:24}{strand:8.4f}{frame:8.4f}{spent:8.1f}",
                    flush=True,
                )
                table.append(
                    {"length": length, "rate": rate, "caller": caller}
                    | {"F1": round(float(strand), 4), "frame-aware F1": round(float(frame), 4)}
                )
    if asked.out is not None:
        asked.out.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
