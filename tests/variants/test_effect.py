"""What alleles change is what scoring both genomes from scratch says, base for base."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import language
import numpy as np
import pytest
from toy_variants import MODELS, ToyGenome, record, toy_genome

from genoseq.genome.edits import Edit, EditedContig
from genoseq.genome.tracks import Channel
from genoseq.inference.score import score
from genoseq.models.bundle import Bundle
from genoseq.variants.alleles import Allele, alleles_of
from genoseq.variants.effect import Effect, VariantScorer, largest
from genoseq.variants.fields import FieldChoice

pytestmark = pytest.mark.usefixtures("one_thread", "short_windows")
DISTANCE = 30
BATCH = 3_000  # bases: short batches are filled up, and few variants are in one
OPTIONS: dict[str, Any] = {"device": "cpu", "precision": "fp32", "batch_bases": BATCH}


def random_alleles(genome: ToyGenome, count: int, seed: int = 1) -> list[Allele]:
    """Substitutions, insertions, deletions and both, anywhere on contigs, their ends included."""
    rng = np.random.default_rng(seed)
    found: list[Allele] = []
    while len(found) < count:
        chrom = str(rng.choice(["long", "long", "long", "short"]))
        length = genome.lengths[chrom]
        at = int(rng.choice([0, length - 1, rng.integers(length)]))
        most = int(rng.choice([1, 1, 2, 8, 120]))
        end = min(length, at + int(rng.integers(1, most + 1)))
        bases = int(rng.choice([1, 1, 2, 8, 120]))
        alt = "".join(rng.choice(list("ACGT"), int(rng.integers(1, bases + 1))))
        one = record(chrom, at, genome.letters(chrom, at, end), alt, len(found))
        found += [allele for allele in alleles_of(one, genome) if allele.reason is None]
    return found


def scored_from_scratch(genome: ToyGenome, bundle: Bundle, chrom: str) -> np.ndarray:
    only = ToyGenome({chrom: genome.contigs[chrom]})
    tracks = list(score(only, bundle, rounded=False, **OPTIONS))
    return np.concatenate([track.values for track in tracks]).T


def expected(genome: ToyGenome, bundle: Bundle, allele: Allele, effect: Effect) -> np.ndarray:
    """Values of a genome that has the allele, by hand at the bases of the reference."""
    edit = allele.edit
    assert edit is not None
    before = genome.contigs[allele.chrom]
    after = np.concatenate([before[: edit.start], edit.alt, before[edit.end :]]).astype(np.uint8)
    values = scored_from_scratch(ToyGenome({allele.chrom: after}), bundle, allele.chrom)
    contig = EditedContig(len(before), [edit])
    whole = contig.on_reference(values, 0, len(before))
    whole[:, edit.start + edit.paired : edit.end] = 0
    return whole[:, effect.start : effect.start + effect.reference.shape[1]]


@pytest.mark.parametrize("name", ["lstm", "two layers", "one strand", "bounded"])
def test_effects_equal_scoring_from_scratch(name: str) -> None:
    genome, bundle = toy_genome(), MODELS[name]()
    alleles = random_alleles(genome, 8 if name == "bounded" else 24)
    scorer = VariantScorer(genome, bundle, DISTANCE, **OPTIONS)
    whole = {c: scored_from_scratch(genome, bundle, c) for c in ("long", "short")}
    moved = 0.0
    for allele, effect in zip(alleles, scorer.effects(alleles), strict=True):
        stop = effect.start + effect.reference.shape[1]
        reference = whole[allele.chrom][:, effect.start : stop]
        alternative = expected(genome, bundle, allele, effect)
        # Windows of models that have their own are those of scoring: the same bits.
        tolerance = 1e-5 if name == "bounded" else 0
        np.testing.assert_allclose(effect.scored, reference, atol=tolerance, rtol=0)
        if allele.edit is not None and allele.edit.longer == 0:
            np.testing.assert_array_equal(effect.reference, effect.scored)
        np.testing.assert_allclose(effect.alternative, alternative, atol=tolerance, rtol=0)
        moved = max(moved, float(np.nanmax(abs(effect.delta))))
    assert moved > 0.05


@pytest.mark.parametrize("name", ["lstm", "bounded"])
def test_effects_depend_on_neither_batch_nor_order_nor_company(name: str) -> None:
    genome, bundle = toy_genome(), MODELS[name]()
    alleles = random_alleles(genome, 8, seed=2)

    def effects(alleles: list[Allele], batch_bases: int = BATCH) -> list[Effect]:
        options = OPTIONS | {"batch_bases": batch_bases}
        return VariantScorer(genome, bundle, DISTANCE, **options).effects(alleles)

    together = effects(alleles)
    backwards = effects(alleles[::-1])[::-1]
    alone = [effects([allele])[0] for allele in alleles]
    for other in (backwards, alone):
        for one, again in zip(together, other, strict=True):
            np.testing.assert_array_equal(one.reference, again.reference)
            np.testing.assert_array_equal(one.alternative, again.alternative)
    for one, again in zip(together, effects(alleles, 10_000), strict=True):
        np.testing.assert_allclose(one.alternative, again.alternative, atol=1e-5, rtol=0)


def test_effects_are_the_same_whatever_distance_is_told() -> None:
    genome, bundle = toy_genome(), MODELS["lstm"]()
    alleles = random_alleles(genome, 8, seed=3)
    near, far = (
        VariantScorer(genome, bundle, distance, **OPTIONS).effects(alleles) for distance in (5, 200)
    )
    for one, wide in zip(near, far, strict=True):
        first = one.start - wide.start
        part = wide.delta[:, first : first + one.delta.shape[1]]
        np.testing.assert_array_equal(one.delta, part)


@pytest.mark.parametrize("name", ["lstm", "bounded"])
@pytest.mark.parametrize("longer", [-7, -3, 1, 2, 5])
def test_an_indel_is_compared_with_the_reference_in_the_windows_of_its_contig(
    name: str, longer: int
) -> None:
    # Repeats of one base: an indel within them leaves the sequence on either side as it is, and a
    # model of short memory must say that little changes, wherever tokens begin.
    codes = toy_genome().contigs["long"].copy()
    codes[1_800:2_200] = 0
    genome = ToyGenome({"long": codes})
    at = 2_000
    ref, alt = ("A" * (1 - longer), "A") if longer < 0 else ("A", "A" * (1 + longer))
    # Not trimmed to the left end of the repeat, so that what is told of lies within it.
    edit = Edit(at, at + len(ref), np.zeros(len(alt), np.uint8))
    allele = Allele(record("long", at, ref, alt), alt, "long", edit)
    (effect,) = VariantScorer(genome, MODELS[name](), DISTANCE, **OPTIONS).effects([allele])
    kept = ~effect.deleted
    kept[at - effect.start] &= longer < 0  # else where what is inserted counts
    assert abs(effect.delta[:, kept]).max() < 1e-5
    assert effect.shift > 1e-3 or longer % 3 == 0
    lost = effect.deleted
    np.testing.assert_array_equal(effect.reference[:, lost], effect.scored[:, lost])


def test_what_windows_alone_move_is_told_apart() -> None:
    genome = toy_genome()
    one = genome.letters("long", 2_000, 2_001)
    alleles = [
        allele
        for alt in (one + "G", "C" if one != "C" else "G")
        for allele in alleles_of(record("long", 2_000, one, alt), genome)
    ]
    scorer = VariantScorer(genome, MODELS["lstm"](), DISTANCE, **OPTIONS)
    insertion, snv = scorer.effects(alleles)
    assert insertion.shift == pytest.approx(np.nanmax(abs(insertion.reference - insertion.scored)))
    assert insertion.shift > 0
    assert snv.shift == 0


def test_deleted_bases_lose_what_the_reference_has_and_inserted_ones_count_by_their_largest() -> (
    None
):
    genome, bundle = toy_genome(), MODELS["lstm"]()
    scorer = VariantScorer(genome, bundle, DISTANCE, **OPTIONS)
    letters = genome.letters("long", 500, 506)
    deletion = record("long", 500, letters, letters[0])
    insertion = record("long", 500, letters[0], letters[0] + "TTTAT")
    alleles = [allele for one in (deletion, insertion) for allele in alleles_of(one, genome)]
    lost, grown = scorer.effects(alleles)
    assert np.flatnonzero(lost.deleted).tolist() == [*range(501 - lost.start, 506 - lost.start)]
    np.testing.assert_array_equal(lost.delta[:, lost.deleted], -lost.reference[:, lost.deleted])
    assert not grown.deleted.any()
    edit = alleles[1].edit
    assert edit is not None
    after = np.insert(genome.contigs["long"], 501, edit.alt)
    values = scored_from_scratch(ToyGenome({"long": after}), bundle, "long")
    at = 500 - grown.start
    np.testing.assert_array_equal(grown.alternative[:, at], values[:, 500:506].max(axis=1))


def test_effects_of_unknown_bases_have_no_value() -> None:
    genome = toy_genome()
    scorer = VariantScorer(genome, MODELS["lstm"](), 5, **OPTIONS)
    within = record("long", 1_230, "N", "A")
    beside = record("long", 1_198, genome.letters("long", 1_198, 1_199), "N")
    nothing = record("gaps", 50, "N", "NN")
    records = (within, beside, nothing)
    effects = scorer.effects([a for one in records for a in alleles_of(one, genome)])
    assert [effect.allele.reason for effect in effects] == ["NO_VALUES", None, "NO_VALUES"]
    known = ~np.isnan(effects[1].delta[0])
    assert known.tolist() == [True] * 5 + [False] + [True] + [False] * 4


def test_a_contig_that_an_allele_leaves_nothing_of_is_scored() -> None:
    genome = ToyGenome({"one": np.array([2], np.uint8), "two": np.array([0, 1], np.uint8)})
    scorer = VariantScorer(genome, MODELS["lstm"](), 5, **OPTIONS)
    alleles = [
        Allele(record("one", 0, "G", "*"), "", "one", Edit(0, 1, np.empty(0, np.uint8))),
        *alleles_of(record("two", 0, "AC", "A"), genome),
    ]
    gone, short = scorer.effects(alleles)
    np.testing.assert_array_equal(gone.delta, -gone.reference)
    assert short.deleted.tolist() == [False, True]


def test_largest_is_the_first_of_several_and_nothing_where_nothing_changes() -> None:
    genome = toy_genome()
    allele = alleles_of(record("long", 10, genome.letters("long", 10, 11), "N"), genome)[0]
    before = np.array([[0.5, 0.5, np.nan, 0.5]], np.float32)
    after = np.array([[0.75, 0.25, 0.5, 0.75]], np.float32)
    effect = Effect(allele, 100, before, after, before, np.zeros(4, bool))
    gain, loss = largest(effect, 0, 1), largest(effect, 0, -1)
    assert (gain.amount, gain.base, gain.reference, gain.alternative) == (0.25, 100, 0.5, 0.75)
    assert (loss.amount, loss.base) == (0.25, 101)
    same = replace(effect, alternative=before)
    assert largest(same, 0, 1).amount == 0
    assert largest(same, 0, 1).base == -1
    none = replace(effect, alternative=np.full((1, 4), np.nan, np.float32))
    assert np.isnan(largest(none, 0, 1).amount)


def test_a_language_model_tells_how_much_more_probable_the_bases_are() -> None:
    genome = toy_genome()
    bundle = language.bundle_of(language.causal(language.NETWORKS["gru of single bases"]))
    base = genome.letters("short", 100, 101)
    alleles = [
        allele
        for alt in ("C" if base != "C" else "G", base + "TT")
        for allele in alleles_of(record("short", 100, base, alt), genome)
    ]
    scorer = VariantScorer(genome, bundle, 10, **OPTIONS)
    assert scorer.likelihoods
    for allele, effect in zip(alleles, scorer.effects(alleles), strict=True):
        edit = allele.edit
        assert edit is not None
        before = genome.contigs["short"]
        after = np.concatenate([before[: edit.start], edit.alt, before[edit.end :]]).astype(
            np.uint8
        )
        bits = scored_from_scratch(ToyGenome({"short": after}), bundle, "short")[-1]
        start, end = effect.start, effect.start + effect.reference.shape[1] + edit.longer
        expected = float(effect.reference[-1].sum() - bits[start:end].sum())
        assert effect.likelihood == pytest.approx(expected, abs=1e-4)
    fields = dict(FieldChoice(scorer.channels, scorer.kind, True, False, 10).values([effect]))
    assert float(fields["GS_LLR"]) == pytest.approx(expected, abs=1e-4)


def test_channels_are_those_of_scoring() -> None:
    scorer = VariantScorer(toy_genome(), MODELS["lstm"](), 5, **OPTIONS)
    assert scorer.channels == (Channel("CDS", "+"), Channel("CDS", "-"))
