"""Every substitution changes what scoring the mutated sequence from scratch changes."""

from __future__ import annotations

import language
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutating import CODES, MODELS, mutated_by, predictor_of, scored

from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.genome.tracks import Channel
from genoseq.inference.predict import Predictor
from genoseq.variants.mutations import Mutations
from genoseq.variants.targets import Seen, Target, parse_targets

CLOSE = 2e-6

pytestmark = pytest.mark.usefixtures("short_windows", "one_thread")


def check(predictor: Predictor, codes: Codes, base: int, seen: Seen, found: Mutations) -> None:
    """One mutation of a base is that of the mutated sequence, scored from scratch."""
    code = (int(codes[base]) + 1 + base % 3) % 4
    mutated = codes.copy()
    mutated[base] = code
    first = int(seen.first(np.array([base]))[0])
    low, high = max(0, first), min(len(codes), first + seen.count)
    usual = scored(predictor, codes)
    change = np.nan_to_num(scored(predictor, mutated) - usual)[:, low:high]
    assert found.extremes is not None
    row = base - found.start, code
    gain, loss, gain_offset, loss_offset = (each[row] for each in found.extremes)
    atol = float(CLOSE * max(1, np.nanmax(np.abs(usual))))
    np.testing.assert_allclose(gain, change.max(axis=1).clip(0), atol=atol)
    np.testing.assert_allclose(loss, change.min(axis=1).clip(max=0), atol=atol)
    np.testing.assert_allclose(found.effect[row], change.sum(axis=1), atol=atol * seen.count)
    for extreme, offsets in ((gain, gain_offset), (loss, loss_offset)):
        for channel in np.flatnonzero(extreme):
            there = change[channel, base + offsets[channel] - low]
            assert there == pytest.approx(extreme[channel], abs=2 * atol)


RECURRENT = [name for name in MODELS if "former" not in name and name != "registers"]
WHOLE = ["gru, two layers", "one direction, codons", "tied", "transformer", "registers"]


@pytest.mark.parametrize(
    ("name", "carry"), [*((name, False) for name in WHOLE), *((name, True) for name in RECURRENT)]
)
def test_mutations_are_those_of_mutated_sequences(name: str, carry: bool) -> None:
    predictor, seen = predictor_of(name), Seen(40)
    for start, base, end in ((0, 0, 2), (1_186, 1_189, 1_195), (1_899, 1_899, 1_900)):
        found = mutated_by(predictor, CODES, (start, end), seen, carry=carry)
        check(predictor, CODES, base, seen, found)
        own = found.codes
        assert np.isnan(found.effect[own == N]).all()
        assert (np.isnan(found.effect).all(axis=2).sum(axis=1) == np.where(own == N, 4, 1)).all()


@pytest.mark.parametrize("name", ["lstm", "lstm, three layers"])
def test_mutations_of_signals_and_short_contigs(name: str) -> None:
    predictor, seen = predictor_of(name, signal=True), Seen(30)
    for codes in (CODES[:1], CODES[:100]):
        found = mutated_by(predictor, codes, (0, len(codes)), seen)
        for base in {0, len(codes) - 1}:
            check(predictor, codes, base, seen, found)


@pytest.mark.parametrize("name", ["lstm", "gru, two layers", "transformer"])
def test_mutations_are_looked_at_in_one_region(name: str) -> None:
    predictor = predictor_of(name)
    seen = Seen(region=Region("sequence", 1_020, 1_090))
    for region in ((700, 701), (1_050, 1_051), (1_400, 1_401)):
        found = mutated_by(predictor, CODES, region, seen)
        check(predictor, CODES, region[0], seen, found)


@pytest.mark.parametrize("name", ["lstm", "gru, two layers"])
@settings(max_examples=5, deadline=None)
@given(st.data())
def test_any_base_of_any_sequence(name: str, data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 1_900))
    base = data.draw(st.integers(0, length - 1))
    seen = Seen(data.draw(st.sampled_from([0, 1, 7, 60, 400])))
    codes = CODES[:length]
    predictor = predictor_of(name)
    check(predictor, codes, base, seen, mutated_by(predictor, codes, (base, base + 1), seen))


@pytest.mark.parametrize("name", ["lstm", "window"])
def test_mutations_change_what_a_language_model_says(name: str) -> None:
    predictor = Predictor(language.bundle_of(language.causal(language.NETWORKS[name])), "cpu")
    codes, seen = CODES[:300], Seen(12)
    found = mutated_by(predictor, codes, (140, 142), seen)
    assert {each.name for each in found.channels} == {"bits"}
    for base in (140, 141):
        check(predictor, codes, base, seen, found)
    # Bits may rise or fall without a bound: the mutated base's own is another letter's.
    assert found.extremes is not None
    assert (np.nan_to_num(found.extremes.gain) > 0).any()


def test_the_reverse_complement_has_the_same_mutations() -> None:
    predictor, seen = predictor_of("lstm"), Seen(25)
    there = mutated_by(predictor, CODES, (900, 960), seen)
    turned = reverse_complement_codes(CODES)
    back = mutated_by(predictor, turned, (940, 1_000), seen)
    swapped = back.effect[::-1, ::-1, ::-1]
    np.testing.assert_allclose(there.effect, swapped, atol=CLOSE * seen.count)


def test_importance_is_what_the_alternatives_lose() -> None:
    predictor = predictor_of("lstm")
    found = mutated_by(predictor, CODES, (1_188, 1_200), Seen(20))
    for base, importance in enumerate(found.importance):
        effects = found.effect[base]
        if found.codes[base] == N:
            assert np.isnan(importance).all()
        else:
            assert importance == pytest.approx(-effects[~np.isnan(effects[:, 0])].mean(axis=0))


def test_the_largest_change_may_be_the_effect() -> None:
    predictor = predictor_of("lstm")
    targets = parse_targets(["CDS-:max", "CDS+"], predictor.task.output().channels)
    assert targets == (Target(0, "sum"), Target(1, "max"))
    found = mutated_by(predictor, CODES, (100, 120), Seen(20), targets)
    assert found.extremes is not None
    gain, loss = found.extremes.gain[..., 1], found.extremes.loss[..., 1]
    strongest = np.where(gain >= -loss, gain, loss)
    np.testing.assert_array_equal(found.effect[..., 1], strongest)


def test_targets_that_are_not_there_are_named() -> None:
    channels = [Channel("CDS", "+"), Channel("CDS", "-"), Channel("a:max", ".")]
    assert parse_targets([], channels) == (Target(0), Target(1), Target(2))
    assert parse_targets(["CDS:max"], channels) == (Target(0, "max"), Target(1, "max"))
    assert parse_targets(["CDS.minus", "CDS+"], channels) == (Target(0), Target(1))
    assert parse_targets(["a:max:max"], channels) == (Target(2, "max"),)
    with pytest.raises(ConfigError, match=r"target 'tRNA': use CLASS.*classes are CDS, a:max"):
        parse_targets(["tRNA"], channels)
    with pytest.raises(ConfigError, match=r"CDS\.plus is named twice"):
        parse_targets(["CDS", "CDS+"], channels)
    with pytest.raises(ConfigError, match="distance 200000: use 0 to 100,000 bp"):
        Seen(200_000)
