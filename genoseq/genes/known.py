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


def labels_of(
    layout: Layout,
    candidates: Candidates,
    annotation: Annotation,
    mask: Collection[Region] = (),
    doubtful: Collection[Cds] = (),
    starts_known: bool = True,
) -> Labels:
    """Labels of the candidates of contigs that are not circles.

    Parameters
    ----------
    mask
        Where nothing is known: a frame that reaches into it is a gene or unknown.
    doubtful
        CDS that may be genes or not.
    starts_known
        Whether the annotation's starts are to be learned from.
    """
    whole, unclear = _by_stop(layout, annotation)
    hidden = [*mask, *unclear]
    gene = np.zeros(len(candidates), bool)
    weight = np.ones(len(candidates))
    start = np.full(len(candidates), -1, np.int64)
    covered = masked_bases(layout, hidden)
    sums = np.concatenate([[0], np.cumsum(covered)])
    low, high = layout.forward(candidates.begins, candidates.ends)
    weight[sums[high] > sums[low]] = 0.0
    for frame, stop in enumerate(candidates.ends):
        found = whole.get(int(stop))
        if found is None or candidates.open_3prime[frame]:
            continue
        gene[frame], (begin, cds) = True, found
        weight[frame] = 0.0 if cds in doubtful else 1.0
        own = slice(int(candidates.first[frame]), int(candidates.first[frame + 1]))
        same = np.flatnonzero(candidates.starts[own] == begin)
        if starts_known and weight[frame] and len(same):
            start[frame] = own.start + int(same[-1])
    return Labels(gene, weight, start)


def _by_stop(
    layout: Layout, annotation: Annotation
) -> tuple[dict[int, tuple[int, Cds]], list[Region]]:
    """First base of each whole CDS, and it, by the base behind its last; regions of the others."""
    index_of = {one.name: index for index, one in enumerate(layout.contigs)}
    whole: dict[int, tuple[int, Cds]] = {}
    unclear: list[Region] = []
    for cds in (each for one in annotation.transcripts for each in one.coding):
        first = cds.parts[0]
        if len(cds.parts) > 1 or cds.partial_start or cds.partial_end or cds.slippage:
            unclear += [Region(part.chrom, part.start, part.end) for part in cds.parts]
            continue
        offset = int(layout.offsets[index_of[first.chrom]])
        start, end = first.start + offset, first.end + offset
        if first.strand == "-":
            start, end = 2 * layout.size - end, 2 * layout.size - start
        whole[end] = (start, cds)
    return whole, unclear


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
