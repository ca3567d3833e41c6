"""What an annotation says of a genome's candidates: genes, not genes, and what is not known."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError
from genoseq.genes.candidates import Candidates, Mask
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.mask import masked_bases
from genoseq.genome.annotation import Annotation
from genoseq.genome.genes import Cds
from genoseq.genome.regions import Region

TRUSTED = ("homology",)
"""Words of an evidence table for genes that rest on more than a gene finder's word."""


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
    doubtful: Collection[str] = (),
    starts_known: bool = True,
) -> Labels:
    """Labels of the candidates of contigs that are not circles.

    Parameters
    ----------
    mask
        Where nothing is known: a frame that reaches into it is a gene or unknown.
    doubtful
        IDs of CDS that may be genes or not.
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
        gene[frame], (begin, names) = True, found
        weight[frame] = 0.0 if names & set(doubtful) else 1.0
        own = slice(int(candidates.first[frame]), int(candidates.first[frame + 1]))
        same = np.flatnonzero(candidates.starts[own] == begin)
        if starts_known and weight[frame] and len(same):
            start[frame] = own.start + int(same[-1])
    return Labels(gene, weight, start)


def _by_stop(
    layout: Layout, annotation: Annotation
) -> tuple[dict[int, tuple[int, frozenset[str]]], list[Region]]:
    """First base and IDs of each whole CDS by the base behind its last; regions of the others."""
    index_of = {one.name: index for index, one in enumerate(layout.contigs)}
    whole: dict[int, tuple[int, frozenset[str]]] = {}
    unclear: list[Region] = []
    for cds in _coding(annotation):
        first = cds.parts[0]
        if len(cds.parts) > 1 or cds.partial_start or cds.partial_end or cds.slippage:
            unclear += [Region(part.chrom, part.start, part.end) for part in cds.parts]
            continue
        offset = int(layout.offsets[index_of[first.chrom]])
        start, end = first.start + offset, first.end + offset
        if first.strand == "-":
            start, end = 2 * layout.size - end, 2 * layout.size - start
        names = frozenset(name for name in (first.id, *first.parents) if name)
        whole[end] = (start, names)
    return whole, unclear


def _coding(annotation: Annotation) -> Iterable[Cds]:
    for transcript in annotation.transcripts:
        yield from transcript.coding


def doubtful_of(path: Path, trusted: Collection[str] = TRUSTED) -> frozenset[str]:
    """IDs of CDS whose evidence is not trusted, of a table with columns cds_id and evidence.

    Raises
    ------
    InputFormatError
        If the table has no such columns.
    """
    with path.open(newline="", encoding="utf-8") as file:
        table: csv.DictReader[str] = csv.DictReader(file, delimiter="\t")
        if not {"cds_id", "evidence"} <= set(table.fieldnames or ()):
            raise InputFormatError(
                "an evidence table has columns cds_id and evidence, separated by tabs", path, 1
            )
        rows: list[Mapping[str, str]] = list(table)
    return frozenset(row["cds_id"] for row in rows if row["evidence"] not in trusted)
