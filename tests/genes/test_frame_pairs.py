"""Codon pairs of frames alone: the same counts and sums as base by base."""

from __future__ import annotations

import numpy as np
import pytest
from planted_genes import planted_genome

from genoseq.genes.candidates import Candidates, find_candidates
from genoseq.genes.codon_sums import STEPS, in_steps
from genoseq.genes.composition import chain_log_odds, pair_numbers
from genoseq.genes.frame_pairs import FramePairs, frame_pairs
from genoseq.genes.genetic_codes import codon_numbers, genetic_code
from genoseq.genes.layout import Layout, contig, lay_out
from genoseq.genome.sequences import N


@pytest.fixture
def layout() -> Layout:
    one, other = planted_genome(7, seed=4), planted_genome(3, seed=5)
    codes = one.codes.copy()
    codes[500:503] = N
    return lay_out([contig("a", codes), contig("b", other.codes, True)], genetic_code(11))


@pytest.fixture
def candidates(layout: Layout) -> Candidates:
    return find_candidates(layout, genetic_code(11), 30)


@pytest.fixture
def pairs(layout: Layout, candidates: Candidates) -> FramePairs:
    return frame_pairs(pair_numbers(codon_numbers(layout.codes)), candidates)


def test_counts_are_of_chosen_genes_and_of_frames_without_one(
    layout: Layout, candidates: Candidates, pairs: FramePairs
) -> None:
    chosen = candidates.first[1:][::3] - 1  # the last start of every third frame
    numbers = codon_numbers(layout.codes)
    expected = np.zeros((2, 65, 65))
    for index in range(len(candidates)):
        of = 0 if index % 3 == 0 else 1
        start = candidates.first[index + 1] - 1 if of == 0 else candidates.first[index]
        for at in range(candidates.starts[start], candidates.ends[index] - 6, 3):
            expected[of, numbers[at], numbers[at + 3]] += 1
    found = pairs.counts(candidates, chosen)
    assert expected[:, 64].any()
    np.testing.assert_array_equal(found, expected[:, :64, :64])


def test_usage_sums_the_odds_of_pairs_around_each_start(
    layout: Layout, candidates: Candidates, pairs: FramePairs
) -> None:
    counts = pairs.counts(candidates, candidates.first[:-1][:20])
    odds = chain_log_odds(*counts)
    steps = in_steps(odds)[tuple(divmod(pair_numbers(codon_numbers(layout.codes)), 65))]
    found = pairs.usage(candidates, odds)
    ends = candidates.per_start(candidates.ends) - 6
    assert (candidates.starts + 45 > ends).any()
    for index, (start, end) in enumerate(zip(candidates.starts, ends, strict=True)):
        stretches = ((start, end), (start - 45, start), (start - 90, start - 45),
                     (start, min(start + 45, end)))  # fmt: skip
        expected = [steps[low:high:3].sum() / STEPS for low, high in stretches]
        told = found.whole, found.before, found.far_before, found.behind
        assert [each[index] for each in told] == expected


def test_frame_pairs_of_no_candidates_are_none() -> None:
    layout = lay_out([contig("a", np.full(200, N, np.uint8))], genetic_code(11))
    candidates = find_candidates(layout, genetic_code(11), 90)
    pairs = frame_pairs(pair_numbers(codon_numbers(layout.codes)), candidates)
    assert len(pairs.pairs) == len(pairs.at) == 0
    genes, others = pairs.counts(candidates, candidates.first[:-1])
    assert genes.sum() == others.sum() == 0
    assert len(pairs.usage(candidates, np.zeros((65, 65))).whole) == 0
