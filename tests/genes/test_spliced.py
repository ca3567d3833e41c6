"""Spliced genes: what is planted is found, exactly, on both strands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_spliced import CERTAIN, SplicedGenome, genes_of, spliced_genome

from genoseq.errors import ConfigError
from genoseq.genes.layout import contig
from genoseq.genes.spliced_call import call_spliced, nuclear_code
from genoseq.genome.regions import Region
from genoseq.genome.sequences import encode

SPLITS = ((), (30,), (31,), (32,), (60, 91), (3,), (10, 40, 80), (1,), (2,), ())
"""Introns between codons, within them behind either base, right behind and within a start codon."""


@pytest.mark.parametrize("seed", range(4))
def test_call_spliced_finds_what_is_planted(seed: int) -> None:
    genome = spliced_genome(SPLITS, seed)
    calls = genome.calls()
    assert genes_of(calls) == genome.genes
    for each in calls.genes:
        assert each.protein.startswith(b"M")
        assert b"*" not in each.protein
        assert len(each.letters) == len(each.gene) == 3 * len(each.protein) + 3
        assert each.gene.conf > 0.8


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.integers(1, 140), max_size=3, unique=True), min_size=1, max_size=5),
    st.integers(0, 1000),
)
def test_call_spliced_finds_any_genes_of_a_certain_model(
    splits: list[list[int]], seed: int
) -> None:
    # Internal parts of a gene have at least 2 bp, and the start codon is split at most once.
    apart = [
        [at for index, at in enumerate(sorted(own)) if at - ([0, *sorted(own)][index]) > 3]
        for own in splits
    ]
    genome = spliced_genome(apart, seed)
    assert genes_of(genome.calls(0.99)) == genome.genes


def test_call_spliced_is_the_same_on_the_reverse_complement() -> None:
    genome = spliced_genome(SPLITS, 7)
    forward, back = genome.calls(0.6), genome.reversed().calls(0.6)
    length = len(genome.codes)
    mirrored = [
        ("-" if strand == "+" else "+", tuple((length - e, length - s) for s, e in parts[::-1]))
        for strand, parts in genes_of(back)[::-1]
    ]
    assert genes_of(forward) == tuple(mirrored)
    scores = [each.gene.log_odds for each in forward.genes]
    assert scores == [each.gene.log_odds for each in back.genes][::-1]


@pytest.mark.parametrize(("before", "after"), [("T", "AA"), ("TA", "G"), ("TG", "A")])
def test_call_spliced_makes_no_stop_codon_by_a_splice(before: str, after: str) -> None:
    """The model is sure of a splice that makes a stop codon within the gene: it is not taken."""
    first, rest = "ATG" + "GCG" * 20 + before, after + "GAA" * 40 + "TAA"
    intron = "GTATGT" + "ACCTT" * 14 + "TAG"
    gap = "CATTC" * 30
    codes = encode((gap + first + intron + rest + gap).encode())
    states = np.zeros(len(codes), np.int64)
    at = len(gap)
    phases = 1 + np.arange(len(first) + len(rest)) % 3
    states[at : at + len(first)] = phases[: len(first)]
    states[at + len(first) : at + len(first + intron)] = 7
    states[at + len(first + intron) : len(codes) - len(gap)] = phases[len(first) :]
    genome = SplicedGenome(codes, (), states)
    spliced = (at + len(first), at + len(first + intron))
    found = genes_of(genome.calls())
    assert all((parts[0][1], parts[1][0]) != spliced for _, parts in found if len(parts) > 1)
    for each in genome.calls().genes:
        assert b"*" not in each.protein


def test_call_spliced_leaves_out_masked_genes_and_short_ones() -> None:
    genome = spliced_genome(SPLITS, 3)
    one = contig("chr", genome.codes)

    def called(**options: object) -> int:
        scorer = lambda contigs: [genome.values() for _ in contigs]  # noqa: E731
        return len(call_spliced([one], scorer, weights=CERTAIN, **options).genes)  # type: ignore[arg-type]

    assert called() == len(SPLITS)
    (start, end), *_ = genome.genes[4][1]
    assert called(mask=[Region("chr", start, end)]) == len(SPLITS) - 1
    intron = Region("chr", genome.genes[4][1][0][1], genome.genes[4][1][1][0])
    assert called(mask=[intron]) == len(SPLITS)
    assert called(shortest=10_000) == 0
    with pytest.raises(ConfigError, match="genes of 20 bp at least: use 30 or more"):
        called(shortest=20)


def test_call_spliced_cuts_genes_off_at_ends_and_runs_of_n() -> None:
    genome = spliced_genome(((), ()), 9, strands="+")
    (_, ((start, end),)), _ = genome.genes
    cut = slice(start + 31, None)
    codes, states = genome.codes[cut].copy(), genome.states[cut].copy()
    hole = slice(end - start - 31 - 160, end - start - 31 - 145)
    codes[hole], states[hole] = 4, 0
    calls = SplicedGenome(codes, (), states).calls()
    first, second, third = (each.gene for each in calls.genes)
    assert (first.start, first.end, first.partial) == (2, hole.start - 2, (True, True))
    assert (second.start, second.end) == (hole.stop + 1, end - start - 31)
    assert second.partial == (True, False)
    assert third.partial == (False, False)
    assert [each.gene.start_type for each in calls.genes] == ["Edge", "Edge", "ATG"]


def test_nuclear_code_is_the_standard_one_unless_asked() -> None:
    assert nuclear_code("auto").number == 1
    assert nuclear_code("12").number == 12
    with pytest.raises(ConfigError, match="genetic code 11: genes are called by the codes 1, 6"):
        nuclear_code(11)
    with pytest.raises(ConfigError, match=r"genetic code 'x': use auto \(1\), 1, 6"):
        nuclear_code("x")
