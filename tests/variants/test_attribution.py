"""Gradients: of what the model reads, and how near they are to what mutations change."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mutating import CODES, mutated_by, predictor_of, scored
from torch.nn import functional

from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.sequences import N
from genoseq.inference.predict import Predictor
from genoseq.inference.sequence import OneSequence
from genoseq.variants.attribution import Attribution
from genoseq.variants.relaxed import relaxed_vectors
from genoseq.variants.targets import Seen, parse_targets

pytestmark = pytest.mark.usefixtures("short_windows", "one_thread")
NAMES = ["lstm", "even k", "bases", "one direction, codons", "tied", "transformer"]
REGION = Region("sequence", 1_180, 1_260)


def attribution(predictor: Predictor, seen: Seen, steps: int = 0) -> Attribution:
    output = predictor.task.output()
    targets = parse_targets([], output.channels)
    return Attribution(predictor, OneSequence(CODES), output, targets, seen, steps)


def certain(region: Region) -> torch.Tensor:
    codes = torch.from_numpy(CODES[region.start : region.end].astype(np.int64))
    return functional.one_hot(codes, N + 1)[:, :N].float()


@pytest.mark.parametrize("name", NAMES)
def test_certain_bases_are_read_as_they_are(name: str) -> None:
    predictor = predictor_of(name)
    for start, length in ((0, 1), (0, 240), (100, 141), (239, 1)):
        codes = CODES[1_100:1_340]
        bases = certain(Region("sequence", 1_100 + start, 1_100 + start + length))
        found = relaxed_vectors(predictor, codes, start, bases)
        usual = predictor.vectors(codes[None])[:, 0]
        np.testing.assert_allclose(found.detach(), usual, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_derived_is_the_sum_of_values(name: str) -> None:
    predictor, seen = predictor_of(name), Seen(15)
    own = attribution(predictor, seen)
    windows = own.windows_around(REGION)
    usual = np.nansum(scored(predictor, CODES)[:, 1_165:1_275], axis=1)
    value = own.value_at(windows, REGION, certain(REGION)).detach().numpy()
    np.testing.assert_allclose(value, usual, rtol=1e-5)


@pytest.mark.parametrize("name", ["lstm", "tied", "one strand"])
def test_gradients_are_what_small_changes_change(name: str) -> None:
    predictor, seen = predictor_of(name), Seen(15)
    own = attribution(predictor, seen)
    (found,) = own([REGION])
    windows = own.windows_around(REGION)
    for base in (3, 30, 79):
        code = (int(found.codes[base]) + 1) % 4
        values = []
        for share in (0.98, 1.0):
            bases = certain(REGION)
            bases[base] *= share
            bases[base, code] = 1 - share
            values.append(own.value_at(windows, REGION, bases).detach().numpy())
        slope = (values[0] - values[1]) / 0.02
        np.testing.assert_allclose(found.effect[base, code], slope, atol=0.02)
        assert found.extremes is None


def test_integrated_gradients_add_up_to_the_whole_change() -> None:
    predictor = predictor_of("lstm")
    own = attribution(predictor, Seen(15), steps=24)
    (found,) = own([REGION])
    windows = own.windows_around(REGION)
    even = torch.full((len(REGION), N), 1 / N)
    change = own.value_at(windows, REGION, certain(REGION)) - own.value_at(windows, REGION, even)
    # Of a base's own letter less the mean of all four: three quarters of its importance.
    total = np.nansum(found.importance, axis=0) * 3 / 4
    np.testing.assert_allclose(total, change.detach().numpy(), rtol=0.02, atol=0.05)


def test_gradients_go_the_same_way_as_mutations() -> None:
    predictor = predictor_of("lstm")
    seen = Seen(region=Region("sequence", 1_150, 1_290))
    exact = mutated_by(predictor, CODES, (REGION.start, REGION.end), seen).effect
    for steps in (0, 8):
        (found,) = attribution(predictor, seen, steps)([REGION])
        known = ~np.isnan(exact)
        assert (known == ~np.isnan(found.effect)).all()
        assert np.corrcoef(exact[known], found.effect[known])[0, 1] > 0.5


def test_bases_that_nothing_depends_on_have_no_gradient() -> None:
    predictor = predictor_of("transformer")
    (found,) = attribution(predictor, Seen(region=Region("sequence", 0, 10)))([REGION])
    assert (found.effect[~np.isnan(found.effect)] == 0).all()


def test_gradients_of_maxima_are_refused() -> None:
    predictor = predictor_of("lstm")
    output = predictor.task.output()
    targets = parse_targets(["CDS:max"], output.channels)
    with pytest.raises(ConfigError, match="gradients are of sums: leave :max out"):
        Attribution(predictor, OneSequence(CODES), output, targets, Seen())
