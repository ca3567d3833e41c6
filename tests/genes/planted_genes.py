"""A small genome with genes in known places, and what a good model would say of its bases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.adapt_labels import SelfLabels, self_labels
from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.content import Values
from genoseq.genes.features import CONTEXT_FEATURES, GENE_FEATURES, START_FEATURES
from genoseq.genes.layout import Contig, contig
from genoseq.genes.weights import DecoderWeights, Network
from genoseq.genome.sequences import Codes, encode, reverse_complement_codes

Place = tuple[int, int, str]
"""Start, end and strand, 0-based half-open; an end may lie beyond a circle's last base."""

_STOPS = ("TAA", "TAG", "TGA")
_RICH = ("GCG", "GAA", "CTG", "AAA", "GGC", "GTT", "ATC", "GAT", "ACC", "CAG", "AAC", "TTC")


@dataclass(frozen=True)
class PlantedGenome:
    """Bases of one contig, shape (L,), its genes, and its state of codon phase at each base."""

    codes: Codes
    genes: tuple[Place, ...]
    states: NDArray[np.int64]

    def turned(self, turn: int) -> PlantedGenome:
        """The same circle, cut open ``turn`` bases later."""
        length = len(self.codes)
        genes = []
        for start, end, strand in self.genes:
            first = (start - turn) % length
            genes.append((first, first + end - start, strand))
        codes, states = np.roll(self.codes, -turn), np.roll(self.states, -turn)
        return PlantedGenome(codes, tuple(sorted(genes)), states)

    def reversed(self) -> PlantedGenome:
        """Its reverse complement."""
        length = len(self.codes)
        other = {"+": "-", "-": "+"}
        genes = tuple(
            sorted((length - end, length - start, other[s]) for start, end, s in self.genes)
        )
        states = np.array([0, 4, 5, 6, 1, 2, 3])[self.states[::-1]]
        return PlantedGenome(reverse_complement_codes(self.codes), genes, states)

    def values(self) -> Values:
        """Probabilities of a model that is right, but not sure: (7, L)."""
        values = np.full((7, len(self.codes)), 0.02, np.float32)
        values[self.states, np.arange(len(self.codes))] = 0.88
        return values


def planted_genome(genes: int = 24, seed: int = 1, stops: Sequence[str] = _STOPS) -> PlantedGenome:
    """Genes of 40 to 120 codons on both strands, each with AGGAGG before its start."""
    rng = np.random.default_rng(seed)
    parts: list[Codes] = []
    states: list[NDArray[np.int64]] = []
    places: list[Place] = []
    at = 0

    def add(codes: Codes, state: NDArray[np.int64]) -> None:
        nonlocal at
        parts.append(codes)
        states.append(state)
        at += len(codes)

    for _ in range(genes):
        gap = rng.integers(0, 4, int(rng.integers(60, 160)), np.uint8)
        add(gap, np.zeros(len(gap), np.int64))
        coding = rng.choice(_RICH, int(rng.integers(40, 120)))
        letters = "ATG" + "".join(coding) + str(rng.choice(list(stops)))
        site = encode(b"TAAGGAGGTAATAAT")
        gene = encode(letters.encode())
        phases = 1 + np.arange(len(gene)) % 3
        none = np.zeros(len(site), np.int64)
        if rng.integers(2):
            add(site, none)
            places.append((at, at + len(gene), "+"))
            add(gene, phases)
        else:
            places.append((at, at + len(gene), "-"))
            add(reverse_complement_codes(gene), phases[::-1] + 3)
            add(reverse_complement_codes(site), none)
    tail = rng.integers(0, 4, 90, np.uint8)
    add(tail, np.zeros(len(tail), np.int64))
    return PlantedGenome(np.concatenate(parts), tuple(places), np.concatenate(states))


class KnowingScorer:
    """Gives contigs, by name, the values of the genomes that they are; NAME:AT is a piece."""

    def __init__(self, **genomes: PlantedGenome) -> None:
        self._genomes = genomes

    def __call__(self, contigs: Sequence[Contig]) -> Sequence[Values]:
        return [self._values(one) for one in contigs]

    def _values(self, one: Contig) -> Values:
        name, _, at = one.name.partition(":")
        values = np.roll(self._genomes[name].values(), -one.turned, axis=1)
        return values[:, int(at) : int(at) + one.length] if at else values


def simple_weights() -> DecoderWeights:
    """Weights by hand: content decides on genes, sites and length on starts."""
    wanted = {"start codon": 1.0, "motif": 1.0, "length": 0.5, "content before, near": -0.2,
              "content behind, near": 0.2}  # fmt: skip
    starts = np.array([wanted.get(name, 0.0) for name in START_FEATURES])
    wide = len(GENE_FEATURES)
    return DecoderWeights(starts, _network(wide), _network(wide + len(CONTEXT_FEATURES)))


def _network(inputs: int) -> Network:
    matrix = np.zeros((inputs, 1))
    matrix[GENE_FEATURES.index("content"), 0] = 1.0
    return Network(np.zeros(inputs), np.ones(inputs), ((matrix, np.array([-2.0])),))


CERTAIN = replace(simple_weights(), genes_calibration=(1.0, 4.0, 0.0))
"""Weights by which every planted gene is certain."""


def calls_of(circular: bool, **genomes: PlantedGenome) -> GeneCalls:
    """The genes of contigs of one organism, by CERTAIN."""
    contigs = [contig(name, each.codes, circular) for name, each in genomes.items()]
    return call_genes(contigs, KnowingScorer(**genomes), CERTAIN, code=11, together=True)


def labels_of(calls: GeneCalls) -> SelfLabels:
    """What those genes teach."""
    return self_labels([one.decoded for one in calls.organisms], CERTAIN)
