"""A genome cut into pieces, as reads and poor assemblies have them, with what is known of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from genoseq.genes.known import KnownGene, KnownGenes
from genoseq.genes.layout import Contig, contig
from genoseq.genome.regions import Region

_LENGTHS = (150, 10_000)
"""bp of the shortest and the longest piece, even on a log scale between."""
_KEPT = 0.5
"""Share of the pieces that are kept, of a genome that is learned whole as well."""
_SHORTEST = 60
"""bp of the shortest part of a gene that is one; of less nothing is known."""


class _Fragment(NamedTuple):
    name: str
    start: int
    end: int


def cut_up(
    contigs: Sequence[Contig], known: KnownGenes, seed: int
) -> tuple[list[Contig], KnownGenes]:
    """Pieces of contigs that are not circles, and what is known of them."""
    rng = np.random.default_rng(seed)
    pieces = {one.name: list(_pieces(one, rng)) for one in contigs}
    parts = [
        contig(piece.name, one.codes[piece.start : piece.end])
        for one in contigs
        for piece in pieces[one.name]
    ]
    hidden = [part for region in known.hidden for part in _parts(region, pieces)]
    genes = []
    for gene in known.genes:
        for piece in _touched(pieces[gene.chrom], gene.start, gene.end):
            part = _part(gene, piece)
            if part.end - part.start >= _SHORTEST:
                genes.append(part)
            else:
                hidden += _parts(Region(gene.chrom, gene.start, gene.end), {gene.chrom: [piece]})
    return parts, KnownGenes(tuple(genes), tuple(hidden))


def _pieces(one: Contig, rng: np.random.Generator) -> Iterator[_Fragment]:
    low, high = np.log(_LENGTHS)
    at = 0
    while at < one.length:
        end = min(one.length, at + int(np.exp(rng.uniform(low, high))))
        if rng.random() < _KEPT:
            yield _Fragment(f"{one.name}:{at}", at, end)
        at = end


def _touched(pieces: Sequence[_Fragment], start: int, end: int) -> Iterator[_Fragment]:
    """Pieces that have a base of an interval."""
    first = bisect_right(pieces, start, key=lambda piece: piece.end)
    for piece in pieces[first:]:
        if piece.start >= end:
            return
        yield piece


def _part(gene: KnownGene, piece: _Fragment) -> KnownGene:
    """The whole codons of a gene that are in a piece, counted from its first base."""
    before, behind = gene.start < piece.start, gene.end > piece.end
    start = gene.start + -(-max(0, piece.start - gene.start) // 3) * 3
    end = gene.start + (min(gene.end, piece.end) - gene.start) // 3 * 3
    cut = (behind, before) if gene.reverse else (before, behind)
    return replace(
        gene,
        chrom=piece.name,
        start=start - piece.start,
        end=end - piece.start,
        cut_5prime=cut[0],
        cut_3prime=cut[1],
    )


def _parts(region: Region, pieces: Mapping[str, Sequence[_Fragment]]) -> Iterator[Region]:
    """What pieces have of a region."""
    for piece in _touched(pieces[region.chrom], region.start, region.end):
        start, end = max(region.start, piece.start), min(region.end, piece.end)
        yield Region(piece.name, start - piece.start, end - piece.start)
