"""What an annotation says of a genome's candidates: genes, not genes, and what is not known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.files.atomic import PathLike
from genoseq.genes.candidates import Candidates, Mask
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.mask import masked_bases
from genoseq.genome.annotation import Annotation
from genoseq.genome.genes import Cds
from genoseq.genome.regions import Region
from genoseq.labels.evidence import tiers_of_table
from genoseq.readers.evidence import read_evidence

TRUSTED = ("homology",)
"""Tiers of a table of evidence for genes that rest on more than a gene finder's word."""


@dataclass(frozen=True, slots=True)
class KnownGene:
    """A gene without introns, in whole codons.

    Attributes
    ----------
    chrom, start, end, reverse
        Where, 0-based half-open on the forward strand, its stop codon included.
    cut_5prime, cut_3prime
        Whether it begins before the first, or ends behind the last whole codon of its contig.
    trusted
        Whether it is a gene; else it may be none.
    """

    chrom: str
    start: int
    end: int
    reverse: bool
    cut_5prime: bool = False
    cut_3prime: bool = False
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class KnownGenes:
    """Genes of a genome, and regions of which nothing else is known."""

    genes: tuple[KnownGene, ...]
    hidden: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """What is known of a genome's candidates.

    Attributes
    ----------
    gene
        Whether each frame is a gene, shape (n,).
    weight
        How much that counts, shape (n,): 0 where it is not known.
    start
        Index of the true start of each frame, -1 where it is not known, shape (n,).
    """

    gene: Mask
    weight: NDArray[np.float64]
    start: Positions


def known_genes(
    annotation: Annotation, mask: Collection[Region] = (), doubtful: Collection[Cds] = ()
) -> KnownGenes:
    """The genes of an annotation whose contigs are not circles.

    Parameters
    ----------
    mask
        Where nothing is known.
    doubtful
        CDS that may be genes or not.
    """
    genes, hidden = [], list(mask)
    for cds in annotation.coding():
        first = cds.parts[0]
        broken = len(cds.parts) > 1 or cds.partial_start or cds.partial_end or cds.slippage
        if broken or len(first) % 3:
            hidden += [Region(part.chrom, part.start, part.end) for part in cds.parts]
            continue
        reverse = first.strand == "-"
        genes.append(
            KnownGene(first.chrom, first.start, first.end, reverse, trusted=cds not in doubtful)
        )
    return KnownGenes(tuple(genes), tuple(hidden))


def labels_of(
    layout: Layout, candidates: Candidates, known: KnownGenes, starts_known: bool = True
) -> Labels:
    """Labels of the candidates of contigs that are not circles.

    A frame that reaches into what is hidden is a gene or unknown.

    Parameters
    ----------
    starts_known
        Whether starts are to be learned from.
    """
    by_end = _by_end(layout, known.genes)
    gene = np.zeros(len(candidates), bool)
    weight = np.ones(len(candidates))
    start = np.full(len(candidates), -1, np.int64)
    sums = np.concatenate([[0], np.cumsum(masked_bases(layout, known.hidden))])
    low, high = layout.forward(candidates.begins, candidates.ends)
    weight[sums[high] > sums[low]] = 0.0
    for frame, end in enumerate(candidates.ends):
        begin, found = by_end.get(int(end), (0, None))
        if found is None or candidates.open_3prime[frame] != found.cut_3prime:
            continue
        gene[frame], weight[frame] = True, 1.0 if found.trusted else 0.0
        own = slice(int(candidates.first[frame]), int(candidates.first[frame + 1]))
        same = np.flatnonzero(candidates.starts[own] == begin)
        if starts_known and found.trusted and len(same):
            # Of a codon at an edge the edge comes first.
            start[frame] = own.start + int(same[0 if found.cut_5prime else -1])
    return Labels(gene, weight, start)


def _by_end(layout: Layout, genes: Collection[KnownGene]) -> dict[int, tuple[int, KnownGene]]:
    """Position of the first base of each gene, and it, by the position behind its last."""
    index_of = {one.name: index for index, one in enumerate(layout.contigs)}
    found = {}
    for gene in genes:
        offset = int(layout.offsets[index_of[gene.chrom]])
        start, end = gene.start + offset, gene.end + offset
        if gene.reverse:
            start, end = 2 * layout.size - end, 2 * layout.size - start
        found[end] = (start, gene)
    return found


def doubtful_of(annotation: Annotation, evidence: PathLike) -> frozenset[Cds]:
    """CDS that a table of evidence names, and does not trust.

    Raises
    ------
    InputFormatError
        As :func:`genoseq.readers.evidence.read_evidence` and
        :func:`genoseq.labels.evidence.tiers_of_table`.
    """
    tiers = tiers_of_table(annotation, read_evidence(evidence), evidence)
    return frozenset(cds for cds, tier in tiers.items() if tier not in TRUSTED)
