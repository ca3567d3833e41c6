"""Genes with introns from what a model says of each base: the rounds in which sites are learned.

The first round knows ATG, GT and AG alone; each later one has learned what start codons, donors and
acceptors look like from the genes of the one before.  No step is random.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genoseq.genes.codon_sums import STEPS
from genoseq.genes.content import Values
from genoseq.genes.genetic_codes import GeneticCode
from genoseq.genes.layout import Contig, Positions
from genoseq.genes.mask import ALLOWED
from genoseq.genes.select import Overlaps, select
from genoseq.genes.spliced_events import Limits
from genoseq.genes.spliced_parse import SplicedGene, parse
from genoseq.genes.spliced_sites import (
    SiteCounts,
    SiteMatrices,
    SplicedWeights,
    count_sites,
    learn_matrices,
    score_sites,
    total_counts,
)
from genoseq.genes.spliced_strand import (
    SplicedStrand,
    both_strands,
    stretches,
)
from genoseq.genome.regions import Region

ROUNDS = 3
OVERLAPS = Overlaps(same=30, opposite=60, price=0.2)
"""Of genes of which neither lies in an intron of the other."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What lies between runs of N on a contig: both strands with their sites.

    Attributes
    ----------
    contig
        Index.
    start, end
        On the contig.
    strands
        The forward one and the reverse one, 5' to 3' each.
    masked
        Bases of the contig before each of its bases, and behind the last, where no gene may be,
        shape (end - start + 1,).
    """

    contig: int
    start: int
    end: int
    strands: tuple[SplicedStrand, SplicedStrand]
    masked: Positions

    def on_contig(self, strand: int, gene: SplicedGene) -> list[tuple[int, int]]:
        """Start and end on the contig of each part of a gene, ascending."""
        if strand == 0:
            return [(self.start + start, self.start + end) for start, end in gene.parts]
        return [(self.end - end, self.end - start) for start, end in reversed(gene.parts)]


@dataclass(frozen=True, slots=True)
class Found:
    """A chosen gene: of which stretch, on which strand (0 forward, 1 reverse), and the gene on
    that strand."""

    stretch: int
    strand: int
    gene: SplicedGene


def stretches_of(
    contigs: Sequence[Contig],
    values: Iterable[Values],
    code: GeneticCode,
    weights: SplicedWeights,
    mask: Collection[Region] = (),
) -> list[Stretch]:
    """All stretches of contigs, in order, and what the model says of them.

    Parameters
    ----------
    values
        Probabilities of the nine states of each contig, shape (9, length).
    mask
        Where no gene may be.
    """
    found = []
    masked = masked_sums(contigs, mask)
    for index, (one, each) in enumerate(zip(contigs, values, strict=True)):
        for start, end in stretches(one.codes):
            strands = both_strands(
                one.codes[start:end], each[:, start:end], weights.content, weights.introns, code
            )
            found.append(Stretch(index, start, end, strands, masked[index][start : end + 1]))
    return found


def decode_spliced(
    all_stretches: Sequence[Stretch],
    code: GeneticCode,
    weights: SplicedWeights,
    limits: Limits,
    learned: SiteMatrices | None = None,
    rounds: int = ROUNDS,
) -> list[Found]:
    """The genes of a genome, by contig and by their first base.

    Parameters
    ----------
    learned
        What sites look like, from other genes; None: from those of this genome, in rounds.
    """
    if learned is not None:
        return _choose(all_stretches, learned, code, weights, limits)
    sites = [(one.codes, one.sites) for each in all_stretches for one in each.strands]
    everywhere = total_counts(
        [count_sites(codes, all_.starts, all_.donors, all_.acceptors) for codes, all_ in sites]
    )
    chosen: list[Found] = []
    for _ in range(rounds):
        matrices = learn_matrices(_used(all_stretches, chosen), everywhere)
        chosen = _choose(all_stretches, matrices, code, weights, limits)
    return chosen


def _choose(
    all_stretches: Sequence[Stretch],
    matrices: SiteMatrices,
    code: GeneticCode,
    weights: SplicedWeights,
    limits: Limits,
) -> list[Found]:
    return [
        Found(index, strand, gene)
        for index, each in enumerate(all_stretches)
        for strand, gene in _genes_of(each, matrices, code, weights, limits)
    ]


def _used(all_stretches: Sequence[Stretch], chosen: Sequence[Found]) -> SiteCounts:
    """Bases around the sites of chosen genes."""
    counts = []
    for found in chosen:
        strand = all_stretches[found.stretch].strands[found.strand]
        parts = found.gene.parts
        whole = not found.gene.open_5prime and parts[0][1] - parts[0][0] >= 3
        counts.append(
            count_sites(
                strand.codes,
                np.array([part[0] for part in parts[:1] if whole], np.int64),
                np.array([part[1] for part in parts[:-1]], np.int64),
                np.array([part[0] for part in parts[1:]], np.int64),
            )
        )
    return total_counts(counts)


def _genes_of(
    stretch: Stretch,
    matrices: SiteMatrices,
    code: GeneticCode,
    weights: SplicedWeights,
    limits: Limits,
) -> Iterator[tuple[int, SplicedGene]]:
    """Strand and gene of what is chosen of a stretch, by the first base on the contig."""
    candidates: list[tuple[int, SplicedGene]] = []
    for strand in range(2):
        bases = stretch.strands[strand]
        scores = score_sites(bases, matrices, weights)
        candidates += (
            (strand, gene)
            for gene in parse(bases, scores, code, limits)
            if _masked_bases(stretch, strand, gene) <= ALLOWED
        )
    spans = np.array([(gene.start, gene.end) for _, gene in candidates], np.int64).reshape(-1, 2)
    reverse = np.array([strand for strand, _ in candidates], bool)
    size = stretch.end - stretch.start
    low: Positions = np.where(reverse, size - spans[:, 1], spans[:, 0])
    high: Positions = np.where(reverse, size - spans[:, 0], spans[:, 1])
    worth = np.array([gene.score for _, gene in candidates], np.float64) / STEPS
    for index in select(low, high, reverse, worth, OVERLAPS):
        yield candidates[index]


def masked_sums(contigs: Sequence[Contig], mask: Collection[Region]) -> list[Positions]:
    """Masked bases before each base of each contig, and in all, shape (length + 1,)."""
    covered = {one.name: np.zeros(one.length, bool) for one in contigs}
    for region in mask:
        covered[region.chrom][region.start : region.end] = True
    return [np.concatenate([[0], np.cumsum(covered[one.name])]) for one in contigs]


def _masked_bases(stretch: Stretch, strand: int, gene: SplicedGene) -> int:
    """Of its parts."""
    spans = np.array(stretch.on_contig(strand, gene)) - stretch.start
    return int((stretch.masked[spans[:, 1]] - stretch.masked[spans[:, 0]]).sum())
