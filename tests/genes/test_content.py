"""Sums over frames, and what a model says around starts, however the genome is cut into chunks."""

from __future__ import annotations

import numpy as np
import pytest
from planted_genes import KnowingScorer, planted_genome

from genoseq.genes import content
from genoseq.genes.candidates import find_candidates
from genoseq.genes.codon_sums import STEPS, CodonSums
from genoseq.genes.composition import chain_log_odds, pair_counts, positions_within
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
    for one, other in zip(whole, pieces, strict=True):
        assert one.tolist() == other.tolist()
    assert whole.whole.max() > 100


def test_codon_log_odds_say_nothing_where_nothing_is_known() -> None:
    none, phases = np.ones(9, np.float32), np.ones((3, 9), np.float32)
    assert not content.codon_log_odds(none, phases).any()


def test_pair_counts_are_of_codons_in_frame_but_the_last() -> None:
    numbers = codon_numbers(encode(b"ATGAAACCCTAAATGAAATAG"))
    counts = pair_counts(numbers, np.array([0, 12]), np.array([12, 21]))
    atg, aaa, ccc = (int(numbers[at]) for at in (0, 3, 6))
    assert counts.sum() == 3
    assert (counts[atg, aaa], counts[aaa, ccc]) == (2, 1)
    assert positions_within(np.array([0, 12]), np.array([6, 18])).tolist() == [0, 3, 12, 15]
    odds = chain_log_odds(counts, np.zeros((64, 64)))
    assert odds[atg, aaa] > 0 > odds[atg, atg]
    assert not odds[64].any()
