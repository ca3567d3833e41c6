"""Tests of genoseq.tasks.per_base."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from planted import store_of_contigs

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.data.batch import Batch
from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL, cds_phase_scheme, signal_scheme, stranded_scheme
from genoseq.genome.tracks import Channel
from genoseq.tasks.losses import mean
from genoseq.tasks.outputs import LOG_ODDS, state_log_odds
from genoseq.tasks.per_base import PerBase
from genoseq.tasks.registry import task_from_json

CLASSES = PerBase(cds_phase_scheme())
SIGNAL = PerBase(signal_scheme([("cover.age", ".")]))


STRANDED = signal_scheme([("a", "+"), ("a", "-"), ("b", ".")])
BINNED = PerBase(STRANDED, bin=4, signal_unit="mean coverage", factors=(2.0, 2.0, 1.5))


@pytest.mark.parametrize("task", [CLASSES, SIGNAL, PerBase(SIGNAL.scheme, "poisson"), BINNED])
def test_task_from_json_gives_back_what_was_written(task: PerBase) -> None:
    assert task_from_json(task.to_json()) == task


def test_counting_labels_takes_little_memory(tmp_path: Path) -> None:
    bases = 1 << 23
    labels = np.tile(np.arange(7, dtype=np.uint8), bases // 7 + 1)[:bases]
    row = ("c", "train", np.zeros(bases, np.uint8), labels)
    store = store_of_contigs(tmp_path / "s", CLASSES.scheme, [row])
    settings = parse_settings(RunSettings, {"training": {"class_weights": "balanced"}})
    tracemalloc.start()
    task = PerBase.of(settings, [store])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert task.weights == pytest.approx([1.0] * 7, abs=1e-5)
    assert peak < 3 * bases  # as int64 the labels would be eight times as many bytes


def test_figures_of_classes_leave_out_the_background() -> None:
    columns = CLASSES.figures(CLASSES.metrics().compute())
    assert list(columns)[:3] == ["macro_f1", "macro_auprc", "CDS.plus.precision"]
    assert len(columns) == 2 + 2 * 5
    assert all(value != value for value in columns.values())  # NaN: nothing was counted


def test_figures_of_signals() -> None:
    metrics = SIGNAL.metrics()
    values = torch.tensor([[1.0], [2.0], [4.0]])
    metrics.update(values, values)
    columns = SIGNAL.figures(metrics.compute())
    assert columns["cover.age.both.pearson"] == pytest.approx(1.0)
    assert columns["cover.age.both.mse"] == 0.0


def test_targets_are_unknown_where_a_base_is_n() -> None:
    codes = torch.tensor([[0, 4, 2]], dtype=torch.uint8)
    ids = torch.zeros(1, 3, dtype=torch.int64)
    labels = torch.tensor([[1, 2, 3]])
    ids_again, targets = CLASSES.prepare(Batch(ids, labels, codes), np.random.default_rng(1))
    assert ids_again is ids
    assert targets.tolist() == [[1, UNKNOWN_LABEL, 3]]
    signal = torch.ones(1, 3, 1)
    found = SIGNAL.targets(Batch(ids, signal, codes))[0, :, 0]
    assert found.isnan().tolist() == [False, True, False]
    assert signal.isfinite().all()


def test_output_adds_phases_up_unless_each_is_asked_for() -> None:
    states = np.arange(14, dtype=np.float32).reshape(7, 2)
    summed = CLASSES.output()
    assert [channel.label for channel in summed.channels] == ["CDS.plus", "CDS.minus"]
    assert summed.values(states).tolist() == [[12, 15], [30, 33]]
    assert summed.kind == "classes"
    phases = CLASSES.output(by_phase=True)
    assert phases.channels[:2] == (Channel("CDS", "+", 0), Channel("CDS", "+", 1))
    assert phases.channels[4].label == "CDS_phase1.minus"
    assert phases.values(states).tolist() == states[1:].tolist()
    stranded = PerBase(stranded_scheme(["exon"])).output(by_phase=True)
    assert [channel.label for channel in stranded.channels] == ["exon.plus", "exon.minus"]


def test_weights_decide_what_a_class_counts_in_the_loss() -> None:
    outputs = torch.zeros(1, 4, 7)
    labels = torch.tensor([[0, 1, 2, UNKNOWN_LABEL]])
    plain, weighted = CLASSES, PerBase(CLASSES.scheme, weights=(0.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0))
    assert float(plain.loss(outputs, labels)[1]) == 3
    total, weight = weighted.loss(outputs, labels)
    assert float(weight) == 3
    assert float(total) == pytest.approx(3 * np.log(7))


def test_of_refuses_class_weights_for_signals(tmp_path: Path) -> None:
    row = ("c", "train", np.zeros(60, np.uint8), np.ones((60, 1), np.float32))
    store = store_of_contigs(tmp_path / "s", SIGNAL.scheme, [row])
    settings = parse_settings(RunSettings, {"training": {"class_weights": "balanced"}})
    with pytest.raises(ConfigError, match="class_weights are for classes, these labels are sig"):
        PerBase.of(settings, [store])


def test_from_json_refuses_what_is_no_task() -> None:
    with pytest.raises(ConfigError, match=r"^task None is not known here; known: per-base"):
        task_from_json({})
    with pytest.raises(ConfigError, match=r"^not a per-base task: it has a scheme and a loss$"):
        task_from_json({"name": "per-base", "scheme": CLASSES.scheme.to_json()})


@pytest.mark.parametrize(
    ("scheme", "changed"),
    [
        ("classes", {}),
        ("classes", {"weights": (0.2, 2.0, 2.0, 2.0, 10.0, 10.0, 1.0)}),
        ("classes", {"loss_name": "focal", "weights": (1.0, 2.0, 3.0, 0.0, 0.0, 0.1, 0.0)}),
        ("signal", {"loss_name": "mse"}),
        ("signal", {"loss_name": "poisson"}),
    ],
)
@pytest.mark.parametrize("unknown", [0.0, 0.5, 1.0])
def test_loss_of_a_batch_is_the_weighted_mean_of_its_parts(
    scheme: str, changed: dict[str, Any], unknown: float
) -> None:
    rng = np.random.default_rng(3)
    made = cds_phase_scheme() if scheme == "classes" else signal_scheme([("a", "."), ("b", ".")])
    logits = torch.from_numpy(rng.normal(size=(5, 20, len(made))))
    hidden = torch.from_numpy(rng.random((5, 20)) < unknown)
    hidden[:2] |= unknown > 0  # one part without any known label
    if scheme == "classes":
        labels = torch.from_numpy(rng.integers(0, 7, (5, 20))).where(~hidden, UNKNOWN_LABEL)
    else:
        labels = torch.from_numpy(rng.random((5, 20, 2)).astype(np.float32))
        labels[hidden] = torch.nan
    task = PerBase(made, **changed)
    parts = [task.loss(logits[rows], labels[rows]) for rows in (slice(2), slice(2, 5))]
    total, weight = (sum(both) for both in zip(*parts, strict=True))
    whole, known = task.loss(logits, labels)
    assert float(weight) == pytest.approx(float(known))
    assert float(mean(total, weight)) == pytest.approx(float(mean(whole, known)), rel=1e-6)


def test_state_log_odds_are_those_of_logits_and_clipped() -> None:
    logits = np.array([[0.0, 3.0, -60.0, 9.0], [1.0, -3.0, 60.0, -4.0], [2.0, 0.5, 0.0, -5.0]])
    p = np.exp(logits) / np.exp(logits).sum(0)
    rest = np.stack([np.log(np.exp(np.delete(logits, i, 0)).sum(0)) for i in range(3)])
    found = state_log_odds(p.astype(np.float32))
    np.testing.assert_allclose(found, (logits - rest).clip(-16, 16), rtol=1e-5)
    assert found.max() == LOG_ODDS == -found.min()
    alone = np.concatenate(
        [state_log_odds(p.astype(np.float32)[:, i : i + 1]) for i in range(4)], 1
    )
    np.testing.assert_array_equal(found, alone)


def test_output_refuses_log_odds_that_are_not_there() -> None:
    signals = signal_scheme([("rna", ".")])
    with pytest.raises(ConfigError, match="log-odds are of classes, and this model predicts sig"):
        PerBase(signals).output("log-odds")
    with pytest.raises(ConfigError, match=r"log-odds are of every state, .*: not by phase"):
        CLASSES.output("log-odds", by_phase=True)


@pytest.mark.parametrize(
    "changed",
    [{"bin": 0}, {"bin": "2"}, {"unit": 3}, {"factors": [1.0]}, {"factors": [1.0, 0.0, 1.0]}],
)
def test_task_from_json_refuses_what_is_none(changed: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="not a per-base task"):
        task_from_json(BINNED.to_json() | changed)


def test_values_have_the_factors_whatever_the_dimension() -> None:
    outputs = torch.rand(2, 5, 3)
    values = BINNED.values(outputs)
    torch.testing.assert_close(values, outputs.expm1() * torch.tensor([2.0, 2.0, 1.5]))
    torch.testing.assert_close(BINNED.values(outputs.permute(2, 0, 1), 0), values.permute(2, 0, 1))


def test_finished_makes_the_sum_of_values_that_of_the_signal() -> None:
    rng = torch.Generator().manual_seed(1)
    signal = torch.rand(2, 40, 3, generator=rng) * 9
    signal[0, :9, 0] = torch.nan
    outputs = torch.rand(2, 40, 3, generator=rng)
    done = PerBase(STRANDED).finished([(outputs[:1], signal[:1]), (outputs[1:], signal[1:])])
    assert done.factors is not None
    assert done.factors[0] == done.factors[1]
    known = ~signal.isnan()
    for pair in ([0, 1], [2]):
        values = done.values(outputs)[..., pair][known[..., pair]].sum()
        torch.testing.assert_close(values, signal[..., pair].nansum())
    assert PerBase(STRANDED).finished([(outputs, -signal)]).factors is None
    poisson = PerBase(STRANDED, "poisson")
    assert poisson.finished(iter(())) is poisson


def test_bins_share_their_outputs_and_learn_means() -> None:
    head = BINNED.head(6, 8)
    outputs = head(torch.randn(2, 5, 6))
    assert outputs.shape == (2, 40, 3)
    torch.testing.assert_close(outputs[:, ::4], outputs[:, 3::4])
    signal = torch.arange(24, dtype=torch.float32).reshape(1, 8, 3)
    signal[0, :4, 0] = torch.nan
    signal[0, 4, 1] = torch.nan
    codes = torch.zeros(1, 8, dtype=torch.uint8)
    batch = Batch(torch.zeros(1, 8, dtype=torch.int64), signal, codes)
    _, targets = BINNED.prepare(batch, np.random.default_rng(0))
    assert targets[0, :, 2].tolist() == [6.5] * 4 + [18.5] * 4
    assert targets[0, :4, 0].isnan().all()
    assert targets[0, 4:, 1].tolist() == [19.0] * 4
    with pytest.raises(ConfigError, match="bin 4 does not divide the 6 bp of a model's step"):
        BINNED.head(6, 6)
    with pytest.raises(ConfigError, match="bin 4: is for signals, these labels are classes"):
        PerBase(CLASSES.scheme, bin=4)


def test_dispersions_lie_behind_the_signals_and_are_not_shown() -> None:
    task = PerBase(STRANDED, "negative-binomial")
    assert (task.outputs, task.shown) == (6, 3)
    assert task.mirror.tolist() == [1, 0, 2, 4, 3, 5]
    assert len(task.output().channels) == 3
    metrics = task.metrics()
    metrics.update(task.values(torch.randn(1, 9, 6)), torch.rand(1, 9, 3))
    assert len(task.figures(metrics.compute())) == 3 * 4
