"""Genomes cut into pieces: what is known of a gene is known of its parts."""

from __future__ import annotations

import numpy as np
import pytest
from planted_genes import planted_genome

from genoseq.genes.candidates import Candidates, find_candidates
from genoseq.genes.genetic_codes import EDGE, genetic_code
from genoseq.genes.known import KnownGene, KnownGenes, labels_of
from genoseq.genes.layout import Contig, Layout, contig, lay_out
from genoseq.genes.pieces import cut_up
from genoseq.genome.regions import Region

CODE = genetic_code(11)
SHORTEST = 90


def known_of(seed: int, hidden: tuple[Region, ...] = ()) -> tuple[Contig, KnownGenes]:
    planted = planted_genome(150, seed)
    genes = (KnownGene("chr", start, end, strand == "-") for start, end, strand in planted.genes)
    return contig("chr", planted.codes), KnownGenes(tuple(genes), hidden)


def laid_out(parts: list[Contig]) -> tuple[Layout, Candidates]:
    layout = lay_out(parts, CODE)
    return layout, find_candidates(layout, CODE, SHORTEST)


@pytest.mark.parametrize("seed", range(8))
def test_cut_up_keeps_what_is_known_of_every_part(seed: int) -> None:
    whole, known = known_of(seed)
    parts, cut = cut_up([whole], known, seed)
    layout, candidates = laid_out(parts)
    labels = labels_of(layout, candidates, cut)
    long = [gene for gene in cut.genes if gene.end - gene.start >= SHORTEST]
    assert {(gene.cut_5prime, gene.cut_3prime) for gene in long} >= {(True, False), (False, True)}
    # Every part is a frame of its piece, and begins where it begins.
    assert labels.gene.sum() == len(long)
    starts = labels.start[labels.gene]
    assert (starts >= 0).all()
    at_edge = sum(gene.cut_5prime for gene in long)
    assert (candidates.kind[starts] == EDGE).sum() == at_edge
    assert candidates.open_3prime[labels.gene].sum() == sum(gene.cut_3prime for gene in long)
    low, high = layout.forward(candidates.starts[starts], candidates.ends[labels.gene])
    owner = layout.contig_of(low)
    found = {
        (parts[index].name, int(start - layout.offsets[index]), int(end - layout.offsets[index]))
        for start, end, index in zip(low, high, owner, strict=True)
    }
    assert found == {(gene.chrom, gene.start, gene.end) for gene in long}


def test_cut_up_cuts_codons_and_hidden_regions_where_they_are() -> None:
    hidden = (Region("chr", 100, 9_000),)
    whole, known = known_of(3, hidden)
    parts, cut = cut_up([whole], known, 3)
    codes = {part.name: part.codes for part in parts}
    where = {part.name: int(part.name.partition(":")[2]) for part in parts}
    assert all(
        np.array_equal(part.codes, whole.codes[where[part.name] : where[part.name] + part.length])
        for part in parts
    )
    whole_starts = {(gene.start, gene.reverse): gene for gene in known.genes}
    for gene in cut.genes:
        at = where[gene.chrom]
        origin = [
            one
            for one in whole_starts.values()
            if one.reverse == gene.reverse and one.start <= at + gene.start < one.end
        ]
        assert len(origin) == 1
        assert (at + gene.start - origin[0].start) % 3 == 0
        assert (gene.end - gene.start) % 3 == 0
        assert 0 <= gene.start < gene.end <= len(codes[gene.chrom])
    covered = sum(
        max(0, min(9_000, where[n] + len(c)) - max(100, where[n])) for n, c in codes.items()
    )
    short = [region for region in cut.hidden if region.end - region.start < 60]
    assert sum(len(region) for region in cut.hidden) - sum(map(len, short)) <= covered
    assert covered <= sum(len(region) for region in cut.hidden)


def test_cut_up_depends_on_the_seed_alone() -> None:
    whole, known = known_of(4)
    first, again, other = (cut_up([whole], known, seed) for seed in (1, 1, 2))
    assert [part.name for part in first[0]] == [part.name for part in again[0]]
    assert first[1] == again[1]
    assert [part.name for part in first[0]] != [part.name for part in other[0]]
