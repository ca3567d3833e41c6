"""Tests of genoseq.training.teacher: a network that learns what another tells of both strands."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_fit import SMALL, fit_in_context, run_settings, weights_of

from genoseq.config.training import TrainingSettings
from genoseq.data.dataset import ValidationWindows
from genoseq.errors import ConfigError
from genoseq.genome.schemes import independent_scheme, stranded_scheme
from genoseq.genome.sequences import N, reverse_complement_codes
from genoseq.inference.predict import Predictor
from genoseq.inference.sequence import predict
from genoseq.models.bundle import bundle_identity, load_bundle
from genoseq.store.store import Store
from genoseq.tasks.per_base import PerBase
from genoseq.training.teacher import Teacher

pytestmark = pytest.mark.usefixtures("one_thread")

ONE: dict[str, Any] = {"model": {"strands": "one"}}


@pytest.fixture(scope="module")
def trained(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    fit_in_context([store], run_settings(steps=120, learning_rate=0.02), folder)
    return folder


def taught_by(teacher: Path | str, **training: Any) -> dict[str, Any]:
    usual = {"steps": 20, "window": 300, "batch": 4, "validate_every": 20, "precision": "fp32"}
    return ONE | {"training": usual | {"teacher": str(teacher)} | training}


def teacher_of(folder: Path) -> Teacher:
    settings = TrainingSettings(teacher=str(folder))
    made = Teacher.of(settings, load_bundle(folder).task, torch.device("cpu"))
    assert made is not None
    return made


def test_teacher_tells_what_scoring_by_both_strands_does(trained: Path) -> None:
    codes = np.random.default_rng(1).integers(0, 5, (3, 301), np.uint8)
    told = teacher_of(trained).told(torch.from_numpy(codes)).numpy()
    predictor = Predictor(load_bundle(trained), "cpu", "fp32")
    padded = np.pad(codes, ((0, 0), (0, 2)), constant_values=N)
    plus = predictor(padded)[:, :, :301]
    turned = np.stack([reverse_complement_codes(row) for row in padded])
    minus = np.stack([predictor.mirrored(one) for one in predictor(turned).transpose(1, 0, 2)])
    expected = (plus.transpose(1, 2, 0) + minus.transpose(0, 2, 1)[:, :301]) / 2
    assert np.allclose(told, expected, atol=2e-6)
    assert np.allclose(told.sum(2), 1, atol=1e-5)


def test_network_comes_nearer_to_both_strands_of_its_teacher(
    store: Store, trained: Path, tmp_path: Path
) -> None:
    settings = taught_by(trained, steps=150, learning_rate=0.01)
    made = fit_in_context([store], settings, tmp_path / "made", init=trained)
    assert made.settings.strands == "one"
    name, length = next(iter(store.lengths.items()))
    codes = store.codes(name, 0, min(length, 6_000))
    both = predict(trained, codes)
    before = Predictor(load_bundle(trained), "cpu", strands="one")
    # Bits lost by telling one distribution in place of the other, of the mean base.
    lost = [_lost(both, predict(one, codes)) for one in (before, made)]
    assert lost[1] < 0.7 * lost[0]


def _lost(told: Any, by: Any) -> float:
    rest = [np.concatenate([p, 1 - p.sum(1, keepdims=True)], 1).clip(1e-6) for p in (told, by)]
    return float(np.nanmean((rest[0] * np.log2(rest[0] / rest[1])).sum(1)))


def test_training_with_a_teacher_resumes_to_the_same_weights_and_notes_it(
    store: Store, trained: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = taught_by(trained, teacher_share=0.5)
    made = fit_in_context([store], settings, tmp_path / "made", init=trained)
    fit_in_context([store], settings, tmp_path / "again", init=trained)
    assert weights_of(tmp_path / "made") == weights_of(tmp_path / "again")
    identity = bundle_identity(trained)
    assert made.provenance["teacher"] == {"model": identity, "strands": "both"}
    assert made.provenance["settings"]["teacher"] == str(trained)
    with caplog.at_level("INFO", "genoseq"):
        fit_in_context([store], settings, tmp_path / "made", init=trained)
        assert "resuming after step 20" in caplog.text
    whole = fit_in_context([store], taught_by(trained), tmp_path / "whole", init=trained)
    assert "teacher_share" not in load_bundle(trained).provenance["settings"]
    assert whole.provenance["settings"]["teacher_share"] == 1
    assert weights_of(tmp_path / "whole") != weights_of(tmp_path / "made")


def test_another_teacher_in_the_same_folder_starts_afresh(
    store: Store, trained: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    teacher = tmp_path / "teacher"
    fit_in_context([store], run_settings(steps=2), teacher)
    settings = taught_by(teacher, steps=2)
    fit_in_context([store], settings, tmp_path / "made", init=trained)
    fit_in_context([store], run_settings(steps=3), teacher)
    with caplog.at_level("INFO", "genoseq"):
        fit_in_context([store], settings, tmp_path / "made", init=trained)
    assert "starting afresh: teacher changed since" in caplog.text


def test_bases_that_are_not_known_teach_nothing(trained: Path) -> None:
    task = load_bundle(trained).task
    assert isinstance(task, PerBase)
    rng = torch.Generator().manual_seed(2)
    outputs, told = (torch.randn(2, 9, task.outputs, generator=rng) for _ in range(2))
    told, known = told.softmax(2), torch.rand(2, 9, generator=rng) < 0.5
    total, weight = task.taught(outputs, told, known)
    by_hand = -(told * outputs.log_softmax(2)).sum(2)[known]
    assert torch.allclose(total, by_hand.sum())
    assert int(weight) == int(known.sum())
    both = task.taught(outputs, told, torch.zeros_like(known))
    assert not float(both[0])


def test_teacher_of_independent_classes_is_their_binary_cross_entropy() -> None:
    task = PerBase(independent_scheme(["a", "b"], stranded=True))
    outputs, told = torch.randn(1, 5, 4), torch.rand(1, 5, 4)
    total, weight = task.taught(outputs, told, torch.ones(1, 5, dtype=torch.bool))
    p = outputs.sigmoid()
    assert torch.allclose(total, -(told * p.log() + (1 - told) * (1 - p).log()).sum(), atol=1e-4)
    assert int(weight) == 5


def test_what_cannot_teach_is_refused(store: Store, trained: Path, tmp_path: Path) -> None:
    other = fit_in_context([relabelled(store, tmp_path / "other")], run_settings(steps=1),
                           tmp_path / "coding")  # fmt: skip
    assert other.task.outputs == 3
    with pytest.raises(ConfigError, match=r"^training\.teacher .*coding: it tells other classes"):
        fit_in_context([store], taught_by(tmp_path / "coding"), tmp_path / "made", init=trained)
    with pytest.raises(ConfigError, match="teacher_share: is for a teacher"):
        run_settings(teacher_share=0.5)
    for settings in ({"class_weights": "balanced"}, {"loss": "focal"}, {"loss": "mse"}):
        with pytest.raises(ConfigError, match="teacher: its probabilities are those of the genome"):
            run_settings(teacher="bacteria", **settings)


def relabelled(store: Store, path: Path) -> Store:
    """The same bases, with coding sequence of either strand as one class each."""
    from genoseq.store.write import write_store

    table = np.array([0, 1, 1, 1, 2, 2, 2], np.uint8)
    pieces = [
        (region.region, region.split, table[store.region_labels(number)])
        for number, region in enumerate(store.regions)
    ]
    contigs = [(name, [store.codes(name, 0, n)]) for name, n in store.lengths.items()]
    return write_store(path, "other", stranded_scheme(["coding"]), contigs, pieces, {})


def test_network_to_go_on_from_may_read_other_strands(
    store: Store, trained: Path, tmp_path: Path
) -> None:
    settings = {"model": SMALL | {"strands": "one"}, "training": taught_by(trained)["training"]}
    made = fit_in_context([store], settings, tmp_path / "made", init=trained)
    short = {"training": {"steps": 1, "window": 300, "batch": 4}}
    assert fit_in_context([store], short, tmp_path / "next", init=made).settings.strands == "one"
    back = short | {"model": {"strands": "both"}}
    assert fit_in_context([store], back, tmp_path / "back", init=made).settings.strands == "both"


def test_validation_is_of_the_loss_that_is_learned(
    store: Store, trained: Path, tmp_path: Path
) -> None:
    made = fit_in_context([store], taught_by(trained, steps=2), tmp_path / "made", init=trained)
    mixed = fit_in_context(
        [store], taught_by(trained, steps=2, teacher_share=0.25, learning_rate=1e-9),
        tmp_path / "mixed", init=trained,
    )  # fmt: skip
    windows = ValidationWindows([store], made.settings.tokenizer, "valid", 300, 4, 256)
    by_labels, by_teacher = torch.zeros(2), torch.zeros(2)
    teacher, model = teacher_of(trained), load_bundle(trained).model
    with torch.no_grad():
        for batch in (windows[number] for number in range(len(windows))):
            outputs = model(batch.ids)
            by_labels += torch.stack(made.task.loss(outputs, made.task.targets(batch)))
            by_teacher += torch.stack(teacher.sums(made.task, outputs, batch.codes))
    expected = 0.75 * by_labels[0] / by_labels[1] + 0.25 * by_teacher[0] / by_teacher[1]
    assert mixed.metrics["valid"]["loss"] == pytest.approx(float(expected), rel=1e-4)
    assert made.metrics["valid"]["bases"] == int(by_labels[1])
