"""What a network computes and holds, told from its settings: against networks and measurements."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from genoseq.config.base import AskedPrecision, parse_settings
from genoseq.config.labels import LabelSettings
from genoseq.config.schema import RunSettings
from genoseq.genome.schemes import cds_phase_scheme, signal_scheme
from genoseq.labels.classes import build_scheme
from genoseq.models.build import build_model
from genoseq.plan.constants import FLOOR
from genoseq.plan.costs import (
    evaluating_memory,
    predicting_memory,
    predicting_seconds,
    request,
    state_count,
    training_memory,
    training_seconds,
    work_of,
)
from genoseq.tasks.per_base import PerBase

STATES = len(cds_phase_scheme())


def settings(encoder: dict[str, Any], **others: Any) -> RunSettings:
    return parse_settings(RunSettings, {"model": {"encoder": encoder, **others}})


@pytest.mark.parametrize(
    "found",
    [
        settings({}),
        settings({"family": "gru", "layers": 3, "bidirectional": False}),
        settings({"family": "rnn", "width": 200}, stem=None, tokenizer={"k": 4, "stride": 2}),
        settings({"family": "transformer"}),
        settings({"family": "transformer", "width": 64, "heads": 4, "key_value_heads": 1}),
        settings({"family": "transformer", "feed_forward": "gelu", "layers": 2, "expansion": 3}),
    ],
)
def test_work_counts_the_weights_but_for_biases_and_norms(found: RunSettings) -> None:
    model = build_model(found.model, PerBase(cds_phase_scheme()))
    true = sum(weight.numel() for weight in model.parameters())
    assert work_of(found, STATES, 1536).weights == pytest.approx(true, rel=0.04)


def test_work_of_the_default_network_by_hand() -> None:
    found = work_of(RunSettings(), STATES, 1536)
    stem, lstm, head = 9 * 32 * 96, 2 * 4 * 64 * (96 + 64), 128 * 3 * 7
    assert found.multiply_adds == pytest.approx((stem + lstm + head) / 3)


def test_work_of_attention_grows_with_what_is_seen() -> None:
    def per_base(window: int | None, length: int) -> float:
        encoder = {"family": "transformer", "window": window}
        return work_of(settings(encoder), STATES, length).multiply_adds

    assert per_base(64, 1536) == per_base(64, 9216) > per_base(8, 9216)
    assert per_base(None, 9216) - per_base(None, 4608) == pytest.approx(2 * 96 * 4 * 4608 / 9)


def run(encoder: dict[str, Any], training: dict[str, Any] | None = None) -> RunSettings:
    data = {"model": {"encoder": encoder}, "training": training or {}}
    return parse_settings(RunSettings, data)


def transformer(layers: int, width: int, heads: int, **others: Any) -> RunSettings:
    sizes = {"layers": layers, "width": width, "heads": heads}
    return run({"family": "transformer", **sizes, **others})


# MB, by benchmarks/constants.py memory, with auto (bf16 but for GRU) and fp32.
@pytest.mark.parametrize(
    ("found", "bf16", "fp32"),
    [
        (run({}), 335, 386),
        (run({"layers": 4, "width": 256}), 608, 951),
        (run({"layers": 4, "width": 1024}), 1985, 3053),
        (run({"family": "gru", "layers": 2, "width": 512}), 1164, 1164),
        (transformer(4, 96, 3), 597, 675),
        (transformer(4, 96, 3, window=None), 556, 740),
        (transformer(4, 512, 8, feed_forward="gelu", expansion=4), 1363, 1790),
        (transformer(4, 1024, 16), 2058, 2534),
        (transformer(24, 1024, 16), 3539, None),
    ],
)
def test_predicting_memory_is_near_what_was_measured(
    found: RunSettings, bf16: float, fp32: float | None
) -> None:
    fastest: AskedPrecision = "bf16" if found.model.encoder.gains_from_bf16() else "fp32"
    assert predicting_memory(found, 7, fastest) == pytest.approx(bf16, rel=0.2)
    assert predicting_memory(found, 7) == predicting_memory(found, 7, "fp32")
    if fp32 is not None:
        assert predicting_memory(found, 7, "fp32") == pytest.approx(fp32, rel=0.2)


def test_predicting_memory_counts_token_vectors_that_no_table_replaces() -> None:
    data = {"encoder": {"family": "transformer"}, "tokenizer": {"k": 8}, "embedding": 512}
    found = parse_settings(RunSettings, {"model": data})
    assert predicting_memory(found, 7, "bf16") == pytest.approx(1113, rel=0.25)


def test_predicting_memory_grows_with_a_window_longer_than_a_batch() -> None:
    long = transformer(4, 96, 3, window=None).model
    trained = {"window": 400_000}
    found = parse_settings(RunSettings, {"model": long.model_dump(), "training": trained})
    short = parse_settings(RunSettings, {"model": long.model_dump()})
    assert predicting_memory(found, 7) > 2 * predicting_memory(short, 7)


def test_evaluating_memory_grows_with_classes() -> None:
    """102 and 247 MB beside the predictions of 2 and 8 classes were measured."""
    run = RunSettings()
    for states, measured in ((3, 102), (9, 247)):
        beside = evaluating_memory(run, states) - predicting_memory(run, states)
        assert measured <= beside <= 1.5 * measured


def test_negative_binomial_has_two_outputs_for_a_signal() -> None:
    runs = [
        parse_settings(RunSettings, {"training": {"loss": loss}})
        for loss in ("poisson", "negative-binomial")
    ]
    one, two = (work_of(run, 40, 1536) for run in runs)
    assert two.outputs == 2 * one.outputs
    assert training_memory(runs[1], 400) > training_memory(runs[0], 400)
    scheme = signal_scheme([(f"s{number}", ".") for number in range(40)])
    for run, work in zip(runs, (one, two), strict=True):
        model = build_model(run.model, PerBase(scheme, run.training.loss))
        true = sum(weight.numel() for weight in model.parameters())
        assert work.weights == pytest.approx(true, rel=0.04)


# MB of three steps on one core, with a validation.
@pytest.mark.parametrize(
    ("found", "batch", "measured"),
    [
        (run({}), 16, 586),
        (run({"layers": 4, "width": 256}), 16, 1682),
        (run({"layers": 4, "width": 1024}), 2, 4484),
        (transformer(4, 96, 3), 16, 773),
        (transformer(6, 384, 6), 8, 1388),
        (transformer(4, 1024, 16), 4, 2879),
    ],
)
def test_training_memory_is_near_what_was_measured(
    found: RunSettings, batch: int, measured: float
) -> None:
    data = {"model": found.model.model_dump(), "training": {"batch": batch}}
    assert 0.9 < training_memory(parse_settings(RunSettings, data), 7) / measured < 1.4


def test_training_seconds_are_the_steps_that_were_measured() -> None:
    found = training_seconds(RunSettings(), 7)
    assert found is not None
    assert found / 3_000 == pytest.approx(0.17, rel=0.05)
    short = parse_settings(RunSettings, {"training": {"max_minutes": 1}})
    assert training_seconds(short, 7) == 60
    tied = parse_settings(RunSettings, {"model": {"tied_strands": True}})
    assert training_seconds(tied, 7) == pytest.approx(2 * found, rel=0.05)


def test_one_strand_costs_half_and_a_teacher_two_more_passes() -> None:
    run, one = RunSettings(), parse_settings(RunSettings, {"model": {"strands": "one"}})
    assert predicting_seconds(one, 7) == predicting_seconds(run, 7) / 2
    training = {"training": {"teacher": "bacteria"}}
    taught = training_seconds(parse_settings(RunSettings, training), 7)
    seen = run.training.steps * run.training.batch * run.training.window
    assert taught - training_seconds(run, 7) == pytest.approx(seen * predicting_seconds(run, 7))


def test_request_is_half_as_much_again_and_grows_with_attempts() -> None:
    assert request(300, 1) == FLOOR
    assert [request(8_740, attempt) for attempt in (1, 2)] == [13_200, 26_400]


@pytest.mark.parametrize(
    ("labels", "signals"),
    [
        ({}, 0),
        ({"scheme": "stranded", "classes": ["CDS", "exon"]}, 0),
        ({"scheme": "unstranded", "classes": ["CDS", "exon"]}, 3),
        ({"scheme": "signal"}, 3),
    ],
)
def test_state_count_is_that_of_the_scheme(labels: dict[str, Any], signals: int) -> None:
    settings = parse_settings(LabelSettings, labels)
    scheme = build_scheme(settings, [(str(number), ".") for number in range(signals)])
    assert state_count(settings, signals) == len(scheme)


def test_costs_load_neither_torch_nor_numpy() -> None:
    code = "import sys, genoseq.plan.costs; sys.exit(bool({'torch', 'numpy'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
