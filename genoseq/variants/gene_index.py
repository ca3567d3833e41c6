"""Genes of an annotation by place: their symbols, and the sites where they are spliced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.annotation import Annotation
from genoseq.genome.derived import derived
from genoseq.genome.features import Feature
from genoseq.genome.genes import Transcript
from genoseq.genome.regions import Region, Strand, check_lengths, known_holes
from genoseq.readers.annotation import read_annotation

_SYMBOLS = ("gene_name", "gene", "Name", "gene_id", "locus_tag")
"""Attributes that may have a gene's symbol, the best first."""
SITES = ("splice_donor", "splice_acceptor")


@dataclass(slots=True)
class Gene:
    """A gene, of all its transcripts.

    Attributes
    ----------
    symbol
        Its symbol or name.
    chrom, start, end, strand
        From its first base to its last, 0-based half-open.
    sites
        Bases of the sites of its introns, by :data:`SITES`.
    """

    symbol: str
    chrom: str
    start: int
    end: int
    strand: Strand
    sites: dict[str, set[int]] = field(default_factory=lambda: {kind: set() for kind in SITES})


class GeneIndex:
    """Genes by where they are."""

    def __init__(self, genes: Iterable[Gene]) -> None:
        by_contig: dict[str, list[Gene]] = {}
        for gene in genes:
            by_contig.setdefault(gene.chrom, []).append(gene)
        self._genes = {
            chrom: sorted(some, key=lambda gene: (gene.start, gene.end, gene.symbol))
            for chrom, some in by_contig.items()
        }
        self._spans: dict[str, NDArray[np.int64]] = {
            chrom: np.array([(gene.start, gene.end) for gene in some], np.int64).T
            for chrom, some in self._genes.items()
        }

    def overlapping(self, chrom: str, start: int, end: int) -> list[Gene]:
        """Genes that have one of the bases ``start <= i < end``, by their first bases."""
        if chrom not in self._genes:
            return []
        starts, ends = self._spans[chrom]
        there = np.flatnonzero((starts < end) & (ends > start))
        return [self._genes[chrom][number] for number in there]


def read_genes(path: str | PathLike[str], lengths: Mapping[str, int]) -> GeneIndex:
    """Genes of an annotation (GFF3, GTF, GenBank, EMBL, BED12).

    Parameters
    ----------
    lengths
        Of the genome's contigs.

    Raises
    ------
    InputFormatError
        If it is none, or is of another assembly.
    RegionError
        If none of its genes is on the genome.
    """
    annotation = read_annotation(path, attributes=_SYMBOLS)
    check_lengths(annotation.lengths, lengths, path)
    genes = list(_genes(annotation))
    known_holes((Region(g.chrom, g.start, g.end) for g in genes), lengths, f"--genes {path}")
    return GeneIndex(genes)


def _genes(annotation: Annotation) -> Iterable[Gene]:
    by_id = {one.id: one for one in annotation.features if one.id is not None}
    found: dict[tuple[str, str, str], Gene] = {}
    for number, transcript in enumerate(annotation.transcripts):
        parts = [*transcript.exons, *(part for cds in transcript.coding for part in cds.parts)]
        parts += [part for some in transcript.own.values() for part in some]
        if not parts:
            continue
        top = _top(transcript.name, by_id)
        name = (top.id if top else None) or transcript.name or f"#{number}"
        first = parts[0]
        gene = found.setdefault(
            (first.chrom, first.strand, name),
            Gene(_symbol(top, parts, name), first.chrom, first.start, first.end, first.strand),
        )
        here = [part for part in parts if part.chrom == first.chrom]
        gene.start = min(gene.start, *(part.start for part in here))
        gene.end = max(gene.end, *(part.end for part in here))
        _add_sites(gene, transcript)
    return found.values()


def _top(name: str, by_id: Mapping[str, Feature]) -> Feature | None:
    """The feature that a transcript is part of, or its own line."""
    feature, seen = by_id.get(name), set[str]()
    while feature is not None and feature.parents and feature.parents[0] not in seen:
        seen.add(feature.parents[0])
        above = by_id.get(feature.parents[0])
        if above is None:
            break
        feature = above
    return feature


def _symbol(top: Feature | None, parts: Iterable[Feature], name: str) -> str:
    for feature in (*([top] if top else []), *parts):
        told = dict(feature.attributes)
        for attribute in _SYMBOLS:
            if told.get(attribute):
                return told[attribute]
    return name


def _add_sites(gene: Gene, transcript: Transcript) -> None:
    for kind in SITES:
        for whole in derived(transcript, kind):
            for part in whole:
                gene.sites[kind].update(range(part.start, part.end))
