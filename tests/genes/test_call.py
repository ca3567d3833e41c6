"""Calling genes: the planted ones, the same on either strand, wherever a circle is cut open."""

from __future__ import annotations

import numpy as np
import pytest
from planted_genes import KnowingScorer, PlantedGenome, planted_genome, simple_weights

from genoseq.errors import ConfigError
from genoseq.files.names import DECODER
from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.layout import contig
from genoseq.genes.weights import load_weights
from genoseq.genome.regions import Region
from genoseq.genome.sequences import N, encode
from genoseq.pretrained.registry import model_folder


def called(genome: PlantedGenome, circular: bool = False, **options: object) -> GeneCalls:
    scorer = KnowingScorer(chr=genome)
    contigs = [contig("chr", genome.codes, circular)]
    return call_genes(contigs, scorer, simple_weights(), **options)  # type: ignore[arg-type]


def places(calls: GeneCalls, name: str = "chr") -> list[tuple[int, int, str]]:
    genes = [each.gene for each in calls.genes]
    return sorted((g.start, g.end, g.strand) for g in genes if g.chrom == name)


def test_call_genes_finds_planted_genes_and_their_starts() -> None:
    genome = planted_genome(genes=80)
    calls = called(genome)
    assert places(calls) == list(genome.genes)
    assert calls.motif == "AGGAGG"
    for each in calls.genes:
        assert each.letters.startswith(b"ATG")
        assert each.protein.startswith(b"M")
        assert b"*" not in each.protein
        assert len(each.letters) == 3 * len(each.protein) + 3
        assert (each.gene.motif, each.gene.partial) == ("AGGAGG", (False, False))
        assert 0.5 < each.gene.conf <= 1


def test_call_genes_of_the_reverse_complement_are_the_same_genes() -> None:
    genome = planted_genome(seed=2)
    forward, reverse = called(genome), called(genome.reversed())
    assert places(reverse) == list(genome.reversed().genes)
    assert sorted(each.protein for each in forward.genes) == sorted(
        each.protein for each in reverse.genes
    )


@pytest.mark.parametrize("turn", [1, 250, 700, 1999])
def test_call_genes_of_a_circle_do_not_depend_on_its_cut(turn: int) -> None:
    genome = planted_genome(seed=3)
    whole = called(genome, circular=True)
    turned = called(genome.turned(turn), circular=True)
    assert places(whole) == list(genome.genes)
    assert places(turned) == list(genome.turned(turn).genes)
    before = {each.protein: each.gene for each in whole.genes}
    for each in turned.genes:
        same = before[each.protein]
        assert (each.gene.conf, each.gene.start_conf) == (same.conf, same.start_conf)


def test_call_genes_across_the_origin_have_two_parts() -> None:
    genome = planted_genome(seed=3)
    start, end, strand = genome.genes[2]
    turned = genome.turned(start + 30)
    calls = called(turned, circular=True)
    (across,) = [each.gene for each in calls.genes if each.gene.end > len(turned.codes)]
    assert (across.end - across.start, across.strand) == (end - start, strand)
    (cds,) = across.transcript.coding
    assert len(cds.parts) == 2
    assert sum(map(len, cds.parts)) == end - start
    linear = called(turned)
    assert not any(each.gene.end > len(turned.codes) for each in linear.genes)


def test_call_genes_do_not_depend_on_the_order_of_contigs() -> None:
    genomes = {"a": planted_genome(seed=4), "b": planted_genome(seed=5), "c": planted_genome(3, 6)}
    scorer = KnowingScorer(**genomes)
    contigs = [contig(name, each.codes) for name, each in genomes.items()]
    one = call_genes(contigs, scorer, simple_weights())
    other = call_genes(contigs[::-1], scorer, simple_weights())
    assert {each.gene: each.protein for each in one.genes} == {
        each.gene: each.protein for each in other.genes
    }
    for name, genome in genomes.items():
        assert places(one, name) == list(genome.genes)


def test_call_genes_are_the_same_to_the_last_bit_in_any_order_of_contigs() -> None:
    genomes = {f"c{seed}": planted_genome(30, seed) for seed in range(12)}
    scorer = KnowingScorer(**genomes)
    contigs = [contig(name, each.codes) for name, each in genomes.items()]
    weights = load_weights(model_folder() / DECODER)
    one, other = (
        call_genes(those, scorer, weights, together=True) for those in (contigs, contigs[::-1])
    )
    assert {each.gene for each in one.genes} == {each.gene for each in other.genes}
    assert next(each.gene.chrom for each in other.genes) == "c11"


def test_call_genes_cut_by_the_ends_of_a_contig_are_partial() -> None:
    whole = planted_genome(seed=7)
    low = next(g for g in whole.genes if g[2] == "+")
    high = next(g for g in whole.genes[::-1] if g[2] == "+" and g != low)
    first, last = low[0] + 40, high[1] - 40
    genome = PlantedGenome(
        whole.codes[first:last],
        tuple((s - first, e - first, x) for s, e, x in whole.genes if first <= s and e <= last),
        whole.states[first:last],
    )
    genes = [each.gene for each in called(genome).genes]
    assert (genes[0].start % 3, genes[0].end) == ((low[1] - first) % 3, low[1] - first)
    assert genes[0].start < 3
    assert (genes[0].partial, genes[0].start_type) == ((True, False), "Edge")
    assert genes[-1].partial == (False, True)
    assert last - first - genes[-1].end < 3


def test_call_genes_end_at_long_runs_of_n_only() -> None:
    genome = planted_genome(seed=8)
    start, end, _ = max(genome.genes, key=lambda gene: gene[1] - gene[0])
    middle = (start + end) // 2
    for bases, parts in ((1, 1), (60, 2)):
        codes = genome.codes.copy()
        codes[middle : middle + bases] = N
        changed = PlantedGenome(codes, genome.genes, genome.states)
        found = [g for g in places(called(changed)) if g[0] < end and g[1] > start]
        across = [g for g in found if g[0] < middle and g[1] > middle + bases]
        assert (len(found), len(across)) == (parts, 2 - parts)


def test_call_genes_code_4_reads_tga_as_tryptophan() -> None:
    genome = planted_genome(seed=9, stops=("TAA",))
    codes = genome.codes.copy()
    start, end, strand = next(g for g in genome.genes if g[2] == "+" and g[1] - g[0] > 200)
    codes[start + 60 : start + 63] = encode(b"TGA")
    changed = PlantedGenome(codes, genome.genes, genome.states)
    calls = called(changed, code=4)
    assert (start, end, strand) in places(calls)
    gene = next(each for each in calls.genes if each.gene.start == start)
    assert chr(gene.protein[20]) == "W"
    assert (start, end, strand) not in places(called(changed))


def test_call_genes_mask_leaves_no_gene() -> None:
    genome = planted_genome(seed=10)
    start, end, _ = genome.genes[5]
    calls = called(genome, mask=[Region("chr", start + 10, end - 10)])
    assert places(calls) == [gene for gene in genome.genes if gene != genome.genes[5]]


def test_call_genes_of_nothing_is_nothing() -> None:
    empty = PlantedGenome(np.zeros(0, np.uint8), (), np.zeros(0, np.int64))
    assert called(empty).genes == ()
    assert called(empty, circular=True).genes == ()
    assert call_genes([], KnowingScorer(), simple_weights()).genes == ()


def test_call_genes_says_what_cannot_be() -> None:
    genome = planted_genome(2)
    with pytest.raises(ConfigError, match="genetic code 1: genes are called by the codes 4, 11"):
        called(genome, code=1)
    with pytest.raises(ConfigError, match="genes of 12 bp at least: use 30 or more"):
        called(genome, shortest=12)
