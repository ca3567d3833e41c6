"""Both strands of any sequence, by any model: exactly mirrored, wherever it is cut."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import cds_phase_scheme, signal_scheme
from genoseq.genome.sequences import Codes, reverse_complement_codes
from genoseq.inference.predict import Predictor
from genoseq.inference.sequence import OneSequence
from genoseq.inference.strands import (
    Prediction,
    grouped,
    predict_regions,
    predict_strands,
)
from genoseq.inference.windows import windows_of
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.tasks.per_base import PerBase

TRANSFORMER = {"family": "transformer", "layers": 2, "width": 16, "heads": 2, "window": 5}
MODELS: dict[str, dict[str, Any]] = {
    "lstm": {"encoder": {"width": 16}},
    "gru, two layers": {"encoder": {"family": "gru", "layers": 2, "width": 16}},
    "one direction, codons": {
        "stem": None,
        "tokenizer": {"k": 3, "stride": 3},
        "encoder": {"family": "rnn", "bidirectional": False, "width": 16},
    },
    "even k": {"tokenizer": {"k": 4}, "encoder": {"width": 16}},
    "bases": {"stem": None, "tokenizer": {"k": 1}, "encoder": {"width": 16}},
    "tied": {"encoder": {"width": 16}, "tied_strands": True},
    "transformer": {"encoder": TRANSFORMER},
    "tied transformer": {"encoder": TRANSFORMER, "tied_strands": True},
    "registers": {"encoder": TRANSFORMER | {"registers": 2}},
    "full attention": {"encoder": TRANSFORMER | {"window": None}},
}
CODES = np.random.default_rng(4).integers(0, 5, 12_000).astype(np.uint8)


@pytest.fixture(autouse=True, scope="module")
def one_thread_and_short_windows() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genoseq.config.context.WINDOW_BASES", 1_536)
        yield
    torch.set_num_threads(threads)


def predictor_of(changes: dict[str, Any], context: int = 96, signal: bool = False) -> Predictor:
    chosen = parse_settings(ModelSettings, {"embedding": 8} | changes)
    torch.manual_seed(0)
    scheme = signal_scheme([("a", "+"), ("a", "-"), ("b", ".")]) if signal else cds_phase_scheme()
    task = PerBase(scheme)
    return Predictor(Bundle(build_model(chosen, task).eval(), chosen, task, context), "cpu", "fp32")


def predicted(predictor: Predictor, codes: Codes, *regions: tuple[int, int]) -> Any:
    """Values (S, L) of regions of a sequence, by default of all of it."""
    wanted = [Region("sequence", *region) for region in regions or [(0, len(codes))]]
    pieces = list(predict_regions(predictor, OneSequence(codes), wanted, batch_bases=6_000))
    assert np.array_equal(
        np.concatenate([piece.codes for piece in pieces]),
        np.concatenate([codes[region.start : region.end] for region in wanted]),
    )
    return np.concatenate([piece.values for piece in pieces], axis=1)


@pytest.mark.parametrize("signal", [False, True])
@pytest.mark.parametrize("length", [1, 2, 3, 150, 301, 1_400, 1_513, 5_000, 10_001, 10_002])
@pytest.mark.parametrize("name", MODELS)
def test_the_reverse_complement_has_the_same_values_bit_for_bit(
    name: str, length: int, signal: bool
) -> None:
    predictor, codes = predictor_of(MODELS[name], signal=signal), CODES[:length]
    forward = predicted(predictor, codes)
    reverse = predicted(predictor, reverse_complement_codes(codes))
    np.testing.assert_array_equal(forward, predictor.mirrored(reverse))


@pytest.mark.parametrize("name", ["lstm", "transformer", "full attention"])
@settings(max_examples=15, deadline=None)
@given(st.integers(1, 12_000), st.lists(st.integers(0, 12_000), min_size=1, max_size=4))
def test_regions_have_the_values_of_the_whole_bit_for_bit(
    name: str, length: int, cuts: list[int]
) -> None:
    predictor, codes = predictor_of(MODELS[name]), CODES[:length]
    whole = predicted(predictor, codes)
    ends = sorted({0, length, *(min(cut, length) for cut in cuts)})
    pairs = list(pairwise(ends))
    np.testing.assert_array_equal(predicted(predictor, codes, *pairs), whole)
    np.testing.assert_array_equal(predicted(predictor, codes, pairs[-1]), whole[:, pairs[-1][0] :])


@pytest.mark.parametrize("name", MODELS)
def test_windows_that_are_asked_for_move_nothing_but_by_rounding(name: str) -> None:
    predictor = predictor_of(MODELS[name])
    for length in (700, 2_000, 12_000):
        whole = [Region("sequence", 0, length)]
        given = OneSequence(CODES[:length])
        found = [
            np.concatenate(
                [
                    piece.values
                    for piece in predict_regions(predictor, given, whole, window_bases=bases)
                ],
                axis=1,
            )
            for bases in (None, 400, 1_000, 9_000)
        ]
        for values in found[1:]:
            np.testing.assert_allclose(values, found[0], atol=2e-6)


@pytest.mark.parametrize("name", ["lstm", "transformer", "registers"])
def test_a_contig_has_the_values_that_it_has_alone_bit_for_bit(name: str) -> None:
    predictor = predictor_of(MODELS[name])
    rng = np.random.default_rng(1)
    lengths = {f"c{number}": int(n) for number, n in enumerate(rng.integers(1, 900, 60))}

    class Genome:
        def __init__(self) -> None:
            self.lengths = lengths

        def codes(self, chrom: str, start: int, end: int) -> Codes:
            return CODES[int(chrom[1:]) * 100 :][start:end]

    wanted = [Region(chrom, 0, length) for chrom, length in lengths.items()]
    found: dict[str, list[Any]] = {}
    for piece in predict_regions(predictor, Genome(), wanted, batch_bases=6_000):
        found.setdefault(piece.chrom, []).append(piece.values)
    for number, (chrom, length) in enumerate(lengths.items()):
        alone = predicted(predictor, CODES[number * 100 : number * 100 + length])
        np.testing.assert_array_equal(np.concatenate(found[chrom], axis=1), alone)


def test_grouped_keeps_the_order_and_ends_a_group_where_it_is_full() -> None:
    lengths = [3, 4, 20, 1, 1, 5]
    pieces = [
        Prediction(str(n), 0, CODES[:length], np.zeros((2, length), np.float32))
        for n, length in enumerate(lengths)
    ]
    found = list(grouped(pieces, 6))
    assert [[len(each.codes) for each in group] for group in found] == [[3, 4], [20], [1, 1, 5]]
    assert [each.chrom for group in found for each in group] == [each.chrom for each in pieces]


@pytest.mark.parametrize("name", MODELS)
def test_one_strand_is_the_forward_pass_of_both(name: str) -> None:
    """Wherever regions are cut; hidden states are those of both strands."""
    changes = MODELS[name] | {"strands": "one"}
    if changes.get("tied_strands"):
        return
    both, one = predictor_of(MODELS[name]), predictor_of(changes)
    regions = [Region("sequence", 7, 4_000), Region("sequence", 4_400, len(CODES))]
    genome = OneSequence(CODES)
    pieces = list(predict_strands(both, genome, regions, batch_bases=6_000))
    forward = np.concatenate([piece.plus for piece in pieces], axis=1)
    alone = predicted(one, CODES, (7, 4_000), (4_400, len(CODES)))
    assert np.allclose(alone, forward, atol=1e-6)
    hidden = [
        np.concatenate([p.values for p in predict_regions(of, genome, regions, "hidden")], axis=1)
        for of in (both, one)
    ]
    assert np.array_equal(hidden[0], hidden[1])


def test_one_strand_makes_half_the_windows() -> None:
    both, one = predictor_of({}), predictor_of({"strands": "one"})
    genome, regions = OneSequence(CODES), [Region("sequence", 0, len(CODES))]
    found = [
        list(windows_of(genome, regions, of.settings, of.context, strands=of.strands))
        for of in (both, one)
    ]
    assert len(found[0]) == 2 * len(found[1])
    assert {window.strand for window in found[1]} == {"+"}


def test_models_that_read_both_strands_refuse_one() -> None:
    with pytest.raises(ConfigError, match=r"^strands one: tied_strands read both"):
        parse_settings(ModelSettings, {"tied_strands": True, "strands": "one"})
    tied = predictor_of(MODELS["tied"])
    bundle = Bundle(tied._model, tied.settings, tied.task, tied.context)
    with pytest.raises(ConfigError, match=r"^strands one: the model has tied strands and reads"):
        Predictor(bundle, "cpu", "fp32", strands="one")
