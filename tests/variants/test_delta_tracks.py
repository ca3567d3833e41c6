"""Tracks of changes hold the largest of all variants at each base, whatever their order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from toy_variants import record, toy_genome

from genoseq.genome.tracks import Channel
from genoseq.variants.alleles import Allele
from genoseq.variants.delta_tracks import DeltaTracks
from genoseq.variants.effect import Effect

GENOME = toy_genome()
LENGTHS = {"a": 9_000, "b": 30}
CHANNELS = (Channel("CDS", "+", 1), Channel("x"))


def effect(chrom: str, start: int, values: list[float]) -> Effect:
    delta = np.array([values, values[::-1]], np.float32)
    allele = Allele(record(chrom, start, "A", "C"), "C", chrom)
    zeros = np.zeros_like(delta)
    return Effect(allele, start, zeros, delta, zeros, np.zeros(len(values), bool))


STEPS = [-1.0, -0.5, 0.0, 0.25, 0.5, 1.0, float("nan")]


@given(
    st.lists(
        st.tuples(st.integers(0, 8_960), st.lists(st.sampled_from(STEPS), min_size=1, max_size=40)),
        max_size=6,
    ),
    st.randoms(),
)
def test_tracks_hold_the_largest_change(
    drawn: list[tuple[int, list[float]]], random: np.random.Generator
) -> None:
    effects = [effect("a", start, values) for start, values in drawn]
    expected = np.full((2, 9_000), np.nan, np.float32)
    for one in effects:
        for channel in range(2):
            for at, change in enumerate(one.delta[channel], one.start):
                old = expected[channel, at]
                if np.isnan(change):
                    continue
                if np.isnan(old) or (abs(change), change) > (abs(old), old):
                    expected[channel, at] = change
    shuffled = [*effects]
    random.shuffle(shuffled)  # type: ignore[arg-type]
    for order in (effects, shuffled):
        deltas = DeltaTracks(CHANNELS, LENGTHS)
        for one in order:
            deltas.add(one)
        found = np.full((4, 9_000), np.nan, np.float32)
        for track in deltas.tracks():
            assert track.end <= 9_000
            found[:, track.start : track.end] = track.values.T
        np.testing.assert_array_equal(found, np.vstack([expected, abs(expected)]))


def test_tracks_are_in_the_genome_s_order_and_named_by_their_channels() -> None:
    deltas = DeltaTracks(CHANNELS, LENGTHS)
    assert not deltas
    deltas.add(effect("b", 20, [0.5] * 10))
    deltas.add(effect("a", 8_990, [0.5] * 10))
    assert [(t.chrom, t.start, t.end) for t in deltas.tracks()] == [
        ("a", 8_192, 9_000),
        ("b", 0, 30),
    ]
    labels = ["CDS_phase1_delta.plus", "x_delta.both", "CDS_phase1_max_delta.plus"]
    assert [channel.label for channel in deltas.channels] == [*labels, "x_max_delta.both"]
