"""A small genome with spliced genes in known places, and what a good model would say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.content import Values
from genoseq.genes.layout import Contig, contig
from genoseq.genes.spliced_call import SplicedCalls, call_spliced
from genoseq.genes.spliced_sites import SplicedWeights
from genoseq.genes.spliced_strand import OTHER_STRAND
from genoseq.genome.sequences import Codes, encode, reverse_complement_codes

CERTAIN = SplicedWeights(
    content=0.3, introns=0.3, donor=1.0, acceptor=1.0, gene=8.0, intron=4.0
)  # fmt: skip
"""Weights by which what the model says decides."""
Spliced = tuple[str, tuple[tuple[int, int], ...]]
"""Strand and parts of a gene, ascending, 0-based half-open."""

_CODONS = ("GCG", "GAA", "CTG", "AAA", "GGC", "GTT", "ATC", "GAT", "ACC", "CAG", "AAC", "TTC")
_STOPS = ("TAA", "TAG", "TGA")


@dataclass(frozen=True)
class SplicedGenome:
    """Bases of one contig, shape (L,), its genes, and the state of each base."""

    codes: Codes
    genes: tuple[Spliced, ...]
    states: NDArray[np.int64]

    def reversed(self) -> SplicedGenome:
        """Its reverse complement."""
        length = len(self.codes)
        genes = tuple(
            sorted(
                (
                    "-" if strand == "+" else "+",
                    tuple((length - end, length - start) for start, end in reversed(parts)),
                )
                for strand, parts in self.genes
            )
        )
        states = np.array(OTHER_STRAND)[self.states[::-1]]
        return SplicedGenome(reverse_complement_codes(self.codes), genes, states)

    def values(self, sure: float = 0.88) -> Values:
        """Probabilities of a model that is right: (9, L)."""
        values = np.full((9, len(self.codes)), (1 - sure) / 8, np.float32)
        values[self.states, np.arange(len(self.codes))] = sure
        return values

    def calls(self, sure: float = 0.88, name: str = "chr") -> SplicedCalls:
        """Genes that are called by what such a model says."""

        def scorer(contigs: Sequence[Contig]) -> Sequence[Values]:
            return [self.values(sure) for _ in contigs]

        return call_spliced([contig(name, self.codes)], scorer, weights=CERTAIN)


def spliced_genome(
    splits: Sequence[Sequence[int]], seed: int = 1, strands: str = "+-"
) -> SplicedGenome:
    """Genes of 50 to 120 codons, one for each of ``splits``, on strands in turn.

    ``splits`` has the coding bases before each intron of each gene; there are random bases between
    genes, and the introns, of 60 to 160 bp, are random bases from GTATGT to TAG.
    """
    rng = np.random.default_rng(seed)
    codes: list[Codes] = []
    states: list[NDArray[np.int64]] = []
    genes: list[Spliced] = []
    at = 0
    for number, before in enumerate(splits):
        gap = _random(rng, int(rng.integers(80, 200)))
        gene, state, parts = _gene(rng, before)
        strand = strands[number % len(strands)]
        if strand == "-":
            gene, state = reverse_complement_codes(gene), np.array(OTHER_STRAND)[state[::-1]]
            parts = [(len(gene) - end, len(gene) - start) for start, end in reversed(parts)]
        at += len(gap)
        genes.append((strand, tuple((at + start, at + end) for start, end in parts)))
        codes += [gap, gene]
        states += [np.zeros(len(gap), np.int64), state]
        at += len(gene)
    codes.append(_random(rng, 100))
    states.append(np.zeros(100, np.int64))
    return SplicedGenome(np.concatenate(codes), tuple(genes), np.concatenate(states))


def _random(rng: np.random.Generator, length: int) -> Codes:
    return rng.integers(0, 4, length, np.uint8)


def _gene(
    rng: np.random.Generator, before: Sequence[int]
) -> tuple[Codes, NDArray[np.int64], list[tuple[int, int]]]:
    inner = rng.choice(_CODONS, int(rng.integers(50, 120)))
    coding = encode(("ATG" + "".join(inner) + str(rng.choice(_STOPS))).encode())
    codes: list[Codes] = []
    states: list[NDArray[np.int64]] = []
    parts = []
    bounds = [0, *before, len(coding)]
    at = 0
    for index, (start, end) in enumerate(pairwise(bounds)):
        if index:
            body = _random(rng, int(rng.integers(51, 151)))
            intron = np.concatenate([encode(b"GTATGT"), body, encode(b"TAG")])
            codes.append(intron)
            states.append(np.full(len(intron), 7))
            at += len(intron)
        parts.append((at, at + end - start))
        codes.append(coding[start:end])
        states.append(1 + np.arange(start, end) % 3)
        at += end - start
    return np.concatenate(codes), np.concatenate(states), parts


def genes_of(calls: SplicedCalls) -> tuple[Spliced, ...]:
    """Strand and parts of called genes, in their order on the contig."""
    return tuple(
        (
            each.gene.strand,
            tuple(sorted((p.start, p.end) for p in each.gene.transcript.coding[0].parts)),
        )
        for each in calls.genes
    )
