"""Start sites that a genome teaches: the motif and its spacing, start codons, distances."""

from __future__ import annotations

import numpy as np

from genoseq.genes.motif import BEFORE, UNTIL, WIDTH, learn_motif
from genoseq.genes.sites import NO_GENE, gap_bins, score_odds
from genoseq.genome.sequences import Codes, N, encode

WORD = b"AGGAGG"


def windows_with(word: bytes, count: int, spacing: int, seed: int = 1) -> Codes:
    """Windows before starts, four in five with the word ``spacing`` bp before the start."""
    rng = np.random.default_rng(seed)
    windows = rng.integers(0, 4, (count, BEFORE - UNTIL)).astype(np.uint8)
    first = BEFORE - WIDTH - spacing
    windows[: count * 4 // 5, first : first + WIDTH] = encode(word)
    return windows


def test_learn_motif_finds_the_word_its_spacing_and_its_share() -> None:
    others = windows_with(b"TTTTTT", 5, 7, 2)
    windows = windows_with(WORD, 500, 7)
    motif = learn_motif(windows, np.concatenate([others, windows_with(WORD, 600, 7, 3)[480:]]))
    assert motif.consensus == WORD.decode()
    assert motif.offsets.argmax() == BEFORE - WIDTH - 7
    assert 0.7 < motif.share < 0.9
    spacing, odds = motif.best(windows)
    assert (spacing[:400] == 7).all()
    assert (odds[:400] > 10).all()
    scores = motif.scores(windows)
    assert scores[:400].min() > scores[400:].mean()


def test_learn_motif_does_not_depend_on_order_nor_on_n() -> None:
    windows, others = windows_with(WORD, 300, 5), windows_with(b"ACGTAC", 300, 9)
    one = learn_motif(windows, others)
    unknown = windows[:1].copy()
    unknown[0, 3] = N
    other = learn_motif(np.concatenate([unknown, windows[::-1]]), others[::-1])
    assert one.odds.tolist() == other.odds.tolist()
    assert one.offsets.tolist() == other.offsets.tolist()


def test_learn_motif_of_few_windows_is_none() -> None:
    motif = learn_motif(windows_with(WORD, 20, 7), windows_with(WORD, 20, 7))
    assert motif.consensus is None
    assert np.abs(motif.scores(windows_with(WORD, 5, 7))).max() < 1e-9


def test_score_odds_are_what_scores_are_worth() -> None:
    rng = np.random.default_rng(4)
    chosen, others = rng.normal(1, 1, 20_000), rng.normal(-1, 1, 20_000)
    odds = score_odds(chosen, others)
    assert np.allclose(odds.of(np.array([0.5, 1.0, 1.5])), [1.0, 2.0, 3.0], atol=0.3)
    few = score_odds(chosen[:5], others[:5])
    assert few.of(np.array([-0.5, 0.5])).tolist() == [-0.5, 0.5]


def test_gap_bins_tell_overlaps_of_one_codon_apart() -> None:
    bins = gap_bins(np.array([-4, -1, 0, -10, 5, NO_GENE]))
    assert len(set(bins.tolist())) == len(bins)
