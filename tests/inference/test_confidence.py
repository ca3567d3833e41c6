"""How sure scores are: by hand, mirrored, of equal models nothing, however it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import (
    Scheme,
    cds_phase_scheme,
    signal_scheme,
    stranded_scheme,
)
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.genome.tracks import Channel
from genoseq.inference.confidence import sure_output
from genoseq.inference.predict import Predictor
from genoseq.inference.score import score
from genoseq.inference.sequence import OneSequence
from genoseq.inference.strands import StrandPredictions, aligned, predict_strands
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.tasks.causal_lm import CausalLm
from genoseq.tasks.per_base import PerBase

pytestmark = pytest.mark.usefixtures("one_thread", "short_windows")
ALL = ("margin", "entropy", "disagreement")
OPTIONS: dict[str, Any] = {"device": "cpu", "precision": "fp32"}


def made(seed: int, scheme: Scheme | None = None, **settings: Any) -> Bundle:
    scheme = scheme or cds_phase_scheme()
    small = {"embedding": 8, "stem": {"width": 16}, "encoder": {"width": 8}} | settings
    parsed = parse_settings(ModelSettings, small)
    torch.manual_seed(seed)
    task = PerBase(scheme)
    model = build_model(parsed, task).eval()
    with torch.no_grad():
        model.embedding.weight *= 2
        model.head.projection.weight *= 8
    return Bundle(model, parsed, task, 96)


@pytest.fixture(scope="module")
def codes() -> Codes:
    codes = np.random.default_rng(7).integers(0, 4, 3_001, np.uint8)
    codes[[5, 700, 701]] = N
    return codes


def told(codes: Codes, bundle: Any, **options: Any) -> dict[str, np.ndarray]:
    tracks = list(score(OneSequence(codes), bundle, **OPTIONS | options))
    values = np.concatenate([track.values for track in tracks])
    return {one.label: values[:, number] for number, one in enumerate(tracks[0].channels)}


def strands(codes: Codes, bundle: Bundle) -> tuple[np.ndarray, np.ndarray]:
    """What a model says of states on either strand, (S, L) each."""
    whole = [Region("sequence", 0, len(codes))]
    pieces = list(predict_strands(Predictor(bundle, "cpu", "fp32"), OneSequence(codes), whole))
    plus, minus = ([getattr(one, name) for one in pieces] for name in ("plus", "minus"))
    return np.concatenate(plus, axis=1), np.concatenate(minus, axis=1)


def classes(states: np.ndarray) -> np.ndarray:
    """Probabilities of none, CDS + and CDS - of seven states."""
    return np.stack([states[0], states[1:4].sum(0), states[4:7].sum(0)]).astype(float)


def test_confidence_is_that_of_probabilities_by_hand(bundle: Bundle, codes: Codes) -> None:
    plain = told(codes, bundle)
    found = told(codes, bundle, confidence=ALL)
    assert list(found) == ["CDS.plus", "CDS.minus", *ALL]
    for label, values in plain.items():
        assert found[label].tobytes() == values.tobytes()
    plus, minus = strands(codes, bundle)
    shares = classes((plus + minus) / 2)
    known = codes < N
    first, second, _ = np.sort(shares, axis=0)[::-1]
    entropy = -(shares * np.log2(shares)).sum(0) / np.log2(3)
    apart = np.abs(classes(plus) - classes(minus)).max(0)
    for label, expected in (("margin", first - second), ("entropy", entropy)):
        assert found[label][known] == pytest.approx(expected[known], abs=6e-4)
    assert found["disagreement"][known] == pytest.approx(apart[known], abs=6e-4)
    assert apart.max() > 0.1
    for values in found.values():
        assert np.isnan(values).tolist() == (~known).tolist()


@pytest.mark.parametrize("asked", [("entropy",), ("disagreement", "margin"), ALL])
def test_confidence_has_what_was_asked_for_in_order(
    bundle: Bundle, codes: Codes, asked: tuple[str, ...]
) -> None:
    found = told(codes[:500], bundle, confidence=asked)
    assert list(found)[2:] == [name for name in ALL if name in asked]
    whole = told(codes[:500], bundle, confidence=ALL)
    assert all(found[name].tobytes() == whole[name].tobytes() for name in asked)


def test_confidence_of_the_reverse_complement_is_mirrored(codes: Codes) -> None:
    models = [made(1), made(2), made(3)]
    found = told(codes, models, confidence=ALL)
    turned = told(reverse_complement_codes(codes), models, confidence=ALL)
    swapped = {label: label for label in ALL}
    for one, other in (("CDS.plus", "CDS.minus"), ("CDS.minus", "CDS.plus")):
        swapped |= {one: other, f"{one}.spread": f"{other}.spread"}
    assert set(swapped) == set(found)
    for label, other in swapped.items():
        assert turned[other][::-1].tobytes() == found[label].tobytes(), label


def test_confidence_does_not_depend_on_regions_and_batches(codes: Codes) -> None:
    models = [made(1), made(2)]
    whole = told(codes, models, confidence=ALL)
    regions = [Region("sequence", at, min(at + 700, 3_001)) for at in range(0, 3_001, 700)]
    parts = [told(codes, models, confidence=ALL, regions=[one]) for one in regions]
    small = told(codes, models, confidence=ALL, batch_bases=1_000)
    for label, values in whole.items():
        joined = np.concatenate([part[label] for part in parts])
        assert joined.tobytes() == values.tobytes()
        assert small[label].tobytes() == values.tobytes()


@pytest.mark.parametrize("times", [2, 3, 5])
def test_mean_of_equal_models_is_the_model_and_has_no_spread(
    bundle: Bundle, codes: Codes, times: int
) -> None:
    one = told(codes, bundle, confidence=ALL)
    found = told(codes, [bundle] * times, confidence=ALL)
    assert list(found) == [*one, "CDS.plus.spread", "CDS.minus.spread"]
    for label, values in found.items():
        if label in one:
            assert values.tobytes() == one[label].tobytes()
        else:
            assert set(values[codes < N].tolist()) == {0}
            assert np.isnan(values).tolist() == (codes == N).tolist()


def test_mean_and_spread_are_those_of_the_models(codes: Codes) -> None:
    # Of other windows and contexts: their pieces are not of the same bases.
    models = [made(1), replace(made(2), context=240), made(3)]
    known = codes < N
    each = [classes(sum(strands(codes, one)) / 2)[:, known] for one in models]
    found = told(codes, models)
    for number, label in enumerate(("CDS.plus", "CDS.minus"), 1):
        of = np.stack([one[number] for one in each])
        assert found[label][known] == pytest.approx(of.mean(0), abs=6e-4)
        assert found[f"{label}.spread"][known] == pytest.approx(of.std(0), abs=6e-4)
    assert found["CDS.plus.spread"][known].max() > 0.1
    swapped = told(codes, [models[1], models[0], models[2]])
    for label, values in found.items():
        assert swapped[label] == pytest.approx(values, abs=1e-3, nan_ok=True)


def test_disagreement_of_tied_strands_is_0(codes: Codes) -> None:
    found = told(codes, made(4, tied_strands=True), confidence=ALL)
    assert set(found["disagreement"][codes < N].tolist()) == {0}
    assert found["margin"][codes < N].max() > 0.1


def test_confidence_of_signals_is_in_their_unit(codes: Codes) -> None:
    scheme = signal_scheme([("a", "+"), ("a", "-")])
    models = [made(5, scheme), made(6, scheme)]
    known = codes < N
    one = told(codes, models[0], confidence=["disagreement"])
    assert list(one) == ["a.plus", "a.minus", "a.plus.disagreement", "a.minus.disagreement"]
    plus, minus = strands(codes, models[0])
    apart = np.abs(plus - minus)
    assert one["a.minus.disagreement"][known] == pytest.approx(apart[1][known], rel=1e-4, abs=1e-6)
    found = told(codes, models)
    values = np.stack([told(codes, model)["a.plus"] for model in models])
    assert found["a.plus.spread"][known] == pytest.approx(values.std(0)[known], rel=1e-3, abs=1e-6)


def test_log_odds_of_several_models_have_a_spread(codes: Codes) -> None:
    found = told(codes[:300], [made(1), made(2)], values="log-odds")
    assert len(found) == 14
    assert "CDS_phase1.minus.spread" in found


def test_confidence_refuses_what_there_is_not(bundle: Bundle, codes: Codes) -> None:
    def refused(message: str, model: Any = bundle, **options: Any) -> None:
        with pytest.raises(ConfigError, match=message):
            told(codes[:100], model, **options)

    refused("confidence 'certainty': use margin, entropy, disagreement", confidence=["certainty"])
    refused("of probabilities, not log-odds", confidence=["margin"], values="log-odds")
    signals = made(5, signal_scheme([("a", "+"), ("a", "-")]))
    refused("confidence margin: of classes, and this", signals, confidence=["margin"])
    refused("no model given: name one at least", [])
    other = made(1, stranded_scheme(["exon"]))
    refused(
        "model 2 tells exon.plus, exon.minus, and model 1 CDS.plus, CDS.minus: only models that "
        "tell the same are joined; score them apart",
        [bundle, other],
    )
    # The same channels, and no codon phases.
    refused("score them apart", [bundle, made(1, stranded_scheme(["CDS"]))])
    with pytest.raises(ConfigError, match="tells bits of each strand"):
        sure_output([("a", CausalLm(3))], "probability", False, ["margin"])
    assert sure_output([("a", bundle.task)], "probability", True, []) is None


def test_sure_output_by_phase_measures_classes(bundle: Bundle, codes: Codes) -> None:
    found = told(codes[:500], bundle, confidence=["margin"], by_phase=True)
    assert list(found)[-1] == "margin"
    assert len(found) == 7
    plain = told(codes[:500], bundle, confidence=["margin"])
    assert found["margin"].tobytes() == plain["margin"].tobytes()


def test_aligned_cuts_pieces_at_the_ends_of_all() -> None:
    def stream(*ends: int) -> Iterator[StrandPredictions]:
        start = 0
        for end in ends:
            bases = np.arange(start, end, dtype=np.uint8)
            values = bases[None].astype(np.float32)
            yield StrandPredictions("c", start, bases, values, values + 1)
            start = end

    found = list(aligned([stream(4, 10), stream(3, 7, 10), stream(10)]))
    assert [(pieces[0].start, pieces[0].end) for pieces in found] == [
        (0, 3),
        (3, 4),
        (4, 7),
        (7, 10),
    ]
    for pieces in found:
        bases = list(range(pieces[0].start, pieces[0].end))
        for piece in pieces:
            assert (piece.codes.tolist(), piece.plus[0].tolist()) == (bases, bases)


def test_channels_of_confidence_have_names_of_their_own() -> None:
    channels = [Channel("", measure="margin"), Channel("margin"), Channel("a/b", "+", 1, "spread")]
    assert [one.label for one in channels] == ["margin", "margin.both", "a/b_phase1.plus.spread"]
    assert [one.file_stem for one in channels][2] == "a%2Fb_phase1.plus.spread"


def test_disagreement_is_refused_where_one_strand_is_read(bundle: Bundle, codes: Codes) -> None:
    with pytest.raises(ConfigError, match=r"^confidence disagreement: of the two strands"):
        score(OneSequence(codes), bundle, confidence=ALL, strands="one", **OPTIONS)
    one = replace(bundle, settings=bundle.settings.model_copy(update={"strands": "one"}))
    with pytest.raises(ConfigError, match=r"^confidence disagreement: of the two strands"):
        score(OneSequence(codes), [bundle, one], confidence=("disagreement",), **OPTIONS)
    plain, asked = told(codes, one), told(codes, one, confidence=("margin", "entropy"))
    assert list(asked) == ["CDS.plus", "CDS.minus", "margin", "entropy"]
    assert all(asked[label].tobytes() == values.tobytes() for label, values in plain.items())
    by_option = told(codes, bundle, strands="one")
    assert all(by_option[label].tobytes() == values.tobytes() for label, values in plain.items())
    both = told(codes, one, strands="both")
    assert all(told(codes, bundle)[k].tobytes() == values.tobytes() for k, values in both.items())
