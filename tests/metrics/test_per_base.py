import itertools
import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.errors import BundleError
from genoseq.genome.schemes import UNKNOWN_LABEL, cds_phase_scheme, signal_scheme, unstranded_scheme
from genoseq.metrics.per_base import ClassMetrics, SignalMetrics, build_metrics
from genoseq.tasks.heads import activate, compress

torch.set_num_threads(1)
SCHEME = cds_phase_scheme()


@pytest.fixture(scope="module")
def peer():
    """What torchmetrics computes; it imports for a second, which no collection has to wait for."""
    from torchmetrics.functional import classification

    return classification


def _batch(bases=20_000, seed=0, skill=2.0):
    """Logits (2, L, 7) that know something of the labels (2, L), a fifth of them unknown."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 7, (2, bases // 2), generator=generator)
    logits = 2 * torch.randn(2, bases // 2, 7, generator=generator)
    logits.scatter_add_(2, labels[..., None], torch.full((2, bases // 2, 1), skill))
    labels[torch.rand(labels.shape, generator=generator) < 0.2] = UNKNOWN_LABEL
    return logits, labels


def _measure(logits, labels, scheme=SCHEME):
    metrics = ClassMetrics(scheme)
    metrics.update(logits.float().softmax(-1), labels)
    return metrics.compute()


def _column(level, name):
    return torch.tensor([row[name] for row in level["classes"]])


def test_states_equal_torchmetrics(peer):
    logits, labels = _batch()
    level = _measure(logits, labels)["states"]
    known = labels != UNKNOWN_LABEL
    p, y = logits[known].softmax(-1), labels[known]
    for name, function in [
        ("precision", peer.multiclass_precision),
        ("recall", peer.multiclass_recall),
        ("f1", peer.multiclass_f1_score),
    ]:
        torch.testing.assert_close(_column(level, name), function(p, y, 7, average=None))
    confusion = peer.multiclass_confusion_matrix(p, y, 7)
    assert level["confusion"] == confusion.tolist()
    assert _column(level, "support").tolist() == confusion.sum(1).tolist()
    for state in range(7):
        mcc = peer.binary_matthews_corrcoef(p.argmax(-1) == state, (y == state).long())
        assert level["classes"][state]["mcc"] == pytest.approx(float(mcc), abs=1e-5)


@pytest.mark.parametrize("skill", [0.0, 2.0, 12.0])
def test_auprc_is_near_the_exact_one(peer, skill):
    logits, labels = _batch(skill=skill)
    level = _measure(logits, labels)["states"]
    known = labels != UNKNOWN_LABEL
    p, y = logits[known].double().softmax(-1), labels[known]
    for state in range(7):
        exact = float(peer.binary_average_precision(p[:, state], (y == state).long()))
        assert level["classes"][state]["auprc"] == pytest.approx(exact, abs=2e-4)


def test_channels_add_up_the_phases(peer):
    logits, labels = _batch()
    level = _measure(logits, labels)["channels"]
    assert [(row["name"], row["strand"], row["phase"]) for row in level["classes"]] == [
        ("none", ".", None),
        ("CDS", "+", None),
        ("CDS", "-", None),
    ]
    known = labels != UNKNOWN_LABEL
    p = logits[known].softmax(-1)
    summed = torch.stack([p[:, 0], p[:, 1:4].sum(1), p[:, 4:].sum(1)], 1)
    y = (labels[known] + 2) // 3
    torch.testing.assert_close(
        _column(level, "f1"), peer.multiclass_f1_score(summed, y, 3, average=None)
    )
    assert level["confusion"] == peer.multiclass_confusion_matrix(summed, y, 3).tolist()
    exact = float(peer.binary_average_precision(summed[:, 1], (y == 1).long()))
    assert level["classes"][1]["auprc"] == pytest.approx(exact, abs=2e-4)


def test_macro_and_micro_f1_leave_the_background_out():
    logits, labels = _batch()
    level = _measure(logits, labels)["channels"]
    confusion = np.array(level["confusion"])
    right = confusion[1, 1] + confusion[2, 2]
    missed, wrong = confusion[1:].sum() - right, confusion[:, 1:].sum() - right
    assert level["micro_f1"] == pytest.approx(2 * right / (2 * right + missed + wrong))
    assert level["macro_f1"] == pytest.approx(float(_column(level, "f1")[1:].mean()))


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 400), max_size=4))
def test_batches_do_not_matter(cuts):
    logits, labels = _batch(800)
    whole = _measure(logits, labels)
    metrics = ClassMetrics(SCHEME)
    edges = [0, *sorted(cuts), 400]
    for start, end in itertools.pairwise(edges):
        metrics.update(logits[:, start:end].softmax(-1), labels[:, start:end])
    assert metrics.compute() == whole


def test_bf16_logits_are_counted():
    logits, labels = _batch(2000)
    half = logits.bfloat16()
    assert _measure(half, labels) == _measure(half.float(), labels)


def test_perfect_predictions_score_one():
    labels = torch.arange(7).repeat(3)[None]
    level = _measure(40.0 * torch.nn.functional.one_hot(labels, 7), labels)
    for name in ("states", "channels"):
        for row in level[name]["classes"]:
            assert [row[k] for k in ("precision", "recall", "f1", "mcc", "auprc")] == [1.0] * 5
        assert (level[name]["macro_f1"], level[name]["micro_f1"]) == (1.0, 1.0)


def test_what_is_not_defined_is_null():
    labels = torch.tensor([[0, 0, UNKNOWN_LABEL]])
    logits = torch.zeros(1, 3, 3)
    logits[..., 0] = 5.0
    found = _measure(logits, labels, unstranded_scheme(["exon", "intron"]))
    assert found["bases"] == 2
    exon = found["states"]["classes"][1]
    assert exon == {
        "name": "exon",
        "strand": ".",
        "phase": None,
        "support": 0,
        "precision": None,
        "recall": None,
        "f1": None,
        "mcc": None,
        "auprc": None,
        "prevalence": 0.0,
        "lift": None,
        "best_f1": None,
        "threshold": None,
        "top_k": None,
        "calibration_error": None,
    }
    assert (found["states"]["macro_f1"], found["states"]["micro_f1"]) == (None, None)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_figures_of_a_rare_class_are_over_all_thresholds():
    labels = torch.zeros(1, 1_000, dtype=torch.int64)
    labels[0, :4] = 1
    rare = torch.full((1, 1_000), 0.001)
    rare[0, [0, 1, 2, 500]] = torch.tensor([0.3, 0.2, 0.1, 0.15])  # never the likeliest class
    values = torch.stack([1 - rare, rare], dim=-1)
    metrics = ClassMetrics(unstranded_scheme(["site"]))
    metrics.update(values, labels)
    level = metrics.compute()["channels"]
    row = level["classes"][1]
    expected = (1 + 1 + 3 / 4 + 4 / 1_000) / 4  # precision at each gain in recall
    assert (row["f1"], row["precision"]) == (0, None)
    assert row["prevalence"] == 0.004
    assert row["auprc"] == pytest.approx(expected)
    assert row["lift"] == pytest.approx(expected / 0.004)
    assert row["best_f1"] == pytest.approx(2 * 3 / (4 + 4))
    assert row["top_k"] == 3 / 4
    assert 0.099 < row["threshold"] <= 0.1
    assert level["macro_auprc"] == row["auprc"]


def test_nothing_known_gives_nulls():
    found = _measure(torch.randn(1, 4, 7), torch.full((1, 4), UNKNOWN_LABEL))
    assert found["bases"] == 0
    json.dumps(found, allow_nan=False)


def test_outputs_that_are_not_finite_are_refused():
    logits = torch.zeros(1, 4, 7)
    logits[0, 2, 1] = math.nan
    with pytest.raises(BundleError, match="not finite: train again with a lower learning rate"):
        _measure(logits, torch.zeros(1, 4, dtype=torch.int64))


def test_curves_are_precision_and_recall_at_their_threshold():
    logits, labels = _batch()
    metrics = ClassMetrics(SCHEME)
    metrics.update(logits.float().softmax(-1), labels)
    known = labels != UNKNOWN_LABEL
    p, y = logits[known].softmax(-1)[:, 3], labels[known] == 3
    points = [x for x in metrics.curves() if (x.level, x.strand, x.phase) == ("states", "+", 2)]
    assert len(points) > 50
    assert (points[-1].threshold, points[-1].recall) == (0.0, 1.0)
    for point in points:
        called = p >= point.threshold
        assert point.recall == pytest.approx(float((called & y).sum() / y.sum()), abs=1e-3)
        assert point.precision == pytest.approx(float((called & y).sum() / called.sum()), abs=0.02)
    thresholds = [point.threshold for point in points]
    assert thresholds == sorted(thresholds, reverse=True)


def test_build_metrics_suits_the_scheme():
    signal = signal_scheme([("coverage", ".")])
    assert isinstance(build_metrics(SCHEME), ClassMetrics)
    assert isinstance(build_metrics(signal), SignalMetrics)


def test_signals_equal_numpy_on_both_scales():
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(2, 500, 2, generator=generator) * 50
    logits = compress(truth) + 0.5 * torch.randn(2, 500, 2, generator=generator)
    truth[0, :100, 1] = math.nan
    metrics = SignalMetrics(signal_scheme([("a", "+"), ("a", "-")]))
    for piece in range(5):
        part = slice(100 * piece, 100 * piece + 100)
        metrics.update(activate(logits[:, part], "expm1"), truth[:, part])
    found = metrics.compute()
    assert found["kind"] == "signal"
    assert [row["support"] for row in found["signals"]] == [1000, 900]
    assert metrics.curves() == []
    for index, row in enumerate(found["signals"]):
        known = ~truth[..., index].isnan()
        z, y = logits[..., index][known].double().numpy(), truth[..., index][known].double().numpy()
        x = np.sign(z) * np.expm1(np.abs(z))
        assert row["pearson"] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-5)
        assert row["pearson_log1p"] == pytest.approx(np.corrcoef(z, np.log1p(y))[0, 1], abs=1e-5)
        assert row["mse"] == pytest.approx(((x - y) ** 2).mean(), rel=1e-5)


def test_a_constant_signal_has_no_correlation():
    metrics = SignalMetrics(signal_scheme([("a", ".")]))
    metrics.update(torch.randn(1, 999, 1), torch.full((1, 999, 1), 0.1))
    (row,) = metrics.compute()["signals"]
    assert (row["pearson"], row["pearson_log1p"], row["spearman"]) == (None, None, None)
    empty = SignalMetrics(signal_scheme([("a", ".")])).compute()["signals"][0]
    assert (empty["support"], empty["mse"], empty["pearson"]) == (0, None, None)


def test_signals_that_are_not_finite_are_refused():
    metrics = SignalMetrics(signal_scheme([("a", ".")]))
    with pytest.raises(BundleError, match="not finite"):
        metrics.update(torch.full((1, 3, 1), math.inf), torch.zeros(1, 3, 1))


def test_calibration_of_channels_equals_torchmetrics(peer):
    logits, labels = _batch(skill=1.0)
    found = _measure(logits, labels)["channels"]["calibration"]
    known = labels != UNKNOWN_LABEL
    states = logits[known].softmax(-1).double()
    p = torch.stack([states[:, :1].sum(1), states[:, 1:4].sum(1), states[:, 4:].sum(1)], 1)
    y = (labels[known] + 2) // 3
    error = peer.multiclass_calibration_error(p, y, 3, n_bins=15, norm="l1")
    assert found["error"] == pytest.approx(float(error), abs=1e-4)
    assert 0.02 < found["error"] < 0.5
    assert sum(found["called"]["bases"]) == len(y)
    right = sum(b * s for b, s in zip(*_filled(found["called"], "bases", "share"), strict=True))
    assert right == pytest.approx(int((p.argmax(1) == y).sum()))
    row = found["classes"][1]
    assert (row["name"], row["strand"]) == ("CDS", "+")
    slots = (p[:, 1] * 15).long().clamp(max=14)
    for slot, (bases, mean, share) in enumerate(
        zip(row["bases"], row["probability"], row["share"], strict=True)
    ):
        own = slots == slot
        assert bases == pytest.approx(int(own.sum()), rel=0.02, abs=5)  # bins have edges
        if bases > 50:
            assert mean == pytest.approx(float(p[own, 1].mean()), abs=0.01)
            assert share == pytest.approx(float((y[own] == 1).double().mean()), abs=0.02)


def _filled(row, *names):
    kept = [i for i, bases in enumerate(row["bases"]) if bases]
    return [[row[name][i] for i in kept] for name in names]


def test_calibration_without_a_base_is_none():
    metrics = ClassMetrics(SCHEME)
    metrics.update(torch.full((1, 3, 7), 1 / 7), torch.full((1, 3), UNKNOWN_LABEL))
    found = metrics.compute()["channels"]["calibration"]
    assert found["error"] is None
    assert set(found["called"]["probability"]) == {None}
