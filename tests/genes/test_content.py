"""Sums over frames, and what a model says around starts, however the genome is cut into chunks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from planted_genes import KnowingScorer, planted_genome

from genoseq.genes import content
from genoseq.genes.candidates import find_candidates
from genoseq.genes.codon_sums import STEPS, CodonSums
from genoseq.genes.composition import anywhere, chain_log_odds, hexamer_log_odds, pair_numbers
from genoseq.genes.genetic_codes import codon_numbers, genetic_code
from genoseq.genes.layout import contig, lay_out
from genoseq.genome.sequences import encode


def test_codon_sums_are_sums_over_codons() -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(-500, 500, 200).astype(np.int32)
    starts = rng.integers(0, 100, 40) + 7
    ends = starts + 3 * rng.integers(0, 30, 40)
    found = CodonSums(values, first=7).between(starts, ends)
    wanted = [values[s - 7 : e - 7 : 3].sum() / STEPS for s, e in zip(starts, ends, strict=True)]
    assert found.tolist() == wanted
    beyond = CodonSums(values, first=7).between(np.array([1]), np.array([13]))
    assert beyond.tolist() == [(values[0] + values[3]) / STEPS]


def test_codon_sums_around_are_sums_between_bounds() -> None:
    rng = np.random.default_rng(2)
    sums = CodonSums(rng.integers(-500, 500, 300).astype(np.int32), first=11)
    starts = rng.integers(5, 320, 50)  # some stretches lie beyond the values
    bounds = (-9, -2, 0, 1, 8)
    found = sums.around(starts, bounds)
    for column, (low, high) in enumerate(pairwise(bounds)):
        wanted = sums.between(starts + 3 * low, starts + 3 * high)
        assert found[:, column].tolist() == wanted.tolist()


def test_content_of_does_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    genomes = {name: planted_genome(8, seed) for seed, name in enumerate("abcd")}
    code = genetic_code(11)
    contigs = [contig(name, each.codes, name == "b") for name, each in genomes.items()]
    layout = lay_out(contigs, code)
    candidates = find_candidates(layout, code, 60)
    values = list(KnowingScorer(**genomes)(layout.contigs))
    whole = content.content_of(layout, candidates, values)
    monkeypatch.setattr(content, "_CHUNK_BASES", 100)
    pieces = content.content_of(layout, candidates, iter(values))
    for name in ("whole", "profile", "nothing", "other"):
        assert getattr(whole, name).tolist() == getattr(pieces, name).tolist()
    assert whole.whole.max() > 100
    assert whole.stretch(-8, 4).tolist() == whole.profile[:, 2:9].sum(1).tolist()


def test_content_of_drops_at_a_start() -> None:
    planted = planted_genome(20, 5)
    layout = lay_out([contig("chr", planted.codes)], genetic_code(11))
    candidates = find_candidates(layout, genetic_code(11), 60)
    values = KnowingScorer(chr=planted)(layout.contigs)
    found = content.content_of(layout, candidates, values)
    low, high = layout.forward(candidates.starts, candidates.per_start(candidates.ends))
    genes = {(start, end) for start, end, _ in planted.genes}
    offset = int(layout.offsets[0])
    true = [
        index
        for index, place in enumerate(zip(low - offset, high - offset, strict=True))
        if place in genes
    ]
    assert len(true) == len(genes)
    assert (found.stretch(0, 4)[true] > 5).all()
    assert (found.stretch(-4, 0)[true] < 0).all()
    assert (found.nothing[true, -1] > found.nothing.min()).all()


def test_codon_log_odds_say_nothing_where_nothing_is_known() -> None:
    none, phases = np.ones(9, np.float32), np.ones((3, 9), np.float32)
    assert not content.codon_log_odds(none, phases).any()


def test_chain_log_odds_tell_what_follows_in_genes() -> None:
    counts = np.zeros((64, 64))
    counts[3, 5] = 2
    odds = chain_log_odds(counts, np.zeros((64, 64)))
    assert odds[3, 5] > 0 > odds[3, 3]
    assert not odds[64].any()


def test_hexamer_log_odds_tell_pairs_of_genes_from_those_anywhere() -> None:
    numbers = codon_numbers(encode(b"ATGAAACCCTAAATGAAATAG" * 20))
    background = anywhere(pair_numbers(numbers))
    assert background.sum() == len(numbers) - 5
    atg, aaa, ccc, taa = (int(numbers[at]) for at in (0, 3, 6, 9))
    genes = np.zeros((64, 64))
    genes[atg, aaa] = genes[aaa, ccc] = 100
    odds = hexamer_log_odds(genes, background)
    assert odds[atg, aaa] > 0 > odds[ccc, taa]
    assert not odds[64].any()
