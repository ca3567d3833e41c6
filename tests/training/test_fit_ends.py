"""Tests of genoseq.training.fit: where trainings end, and what goes on from there."""

import logging
import os
import signal
from pathlib import Path

import pytest
from small_fit import SMALL, TRANSFORMER, fit_in_context, rows_of, run_settings, weights_of

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.errors import TrainingInterruptedError
from genoseq.store.store import Store

pytestmark = pytest.mark.usefixtures("one_thread")


_DAMAGE = {"indels": 0.1, "shortest": 60, "longest": 300}


@pytest.mark.parametrize(
    ("at", "every", "augment"),
    [(50, 40, None), (50, 50, None), (100, 50, None), (50, 40, _DAMAGE)],
)
def test_interrupted_run_ends_with_the_same_weights(
    store: Store, tmp_path: Path, at: int, every: int, augment: dict[str, float] | None
) -> None:
    settings = run_settings(steps=100, validate_every=every, patience=3, augment=augment)
    fit_in_context([store], settings, tmp_path / "whole")

    def interrupt(fraction: float, _: str) -> None:
        if fraction == at / 100:
            os.kill(os.getpid(), signal.SIGTERM)

    message = rf"^SIGTERM received: state after step {at} saved in .*broken.state; the same command"
    with pytest.raises(TrainingInterruptedError, match=message) as caught:
        fit_in_context([store], settings, tmp_path / "broken", report=interrupt)
    assert caught.value.signal == signal.SIGTERM
    assert not (tmp_path / "broken").exists()
    fit_in_context([store], settings, tmp_path / "broken")
    assert weights_of(tmp_path / "broken") == weights_of(tmp_path / "whole")
    assert rows_of(tmp_path / "broken.state") == rows_of(tmp_path / "whole.state")


def test_weights_that_have_not_seen_all_of_the_damage_are_not_kept(
    store: Store, tmp_path: Path
) -> None:
    # Damage as heavy as this makes every later validation worse than those before it.
    heavy = {"indels": 0.5, "substitutions": 0.5, "begin": 0.4, "full": 0.6, "shortest": None}
    settings = run_settings(steps=100, validate_every=20, learning_rate=0.02, augment=heavy)
    bundle = fit_in_context([store], settings, tmp_path / "model")
    losses = {
        int(row["step"]): float(row["valid_loss"])
        for row in rows_of(tmp_path / "model.state")
        if row["valid_loss"]
    }
    assert list(losses) == [20, 40, 60, 80, 100]
    judged = {step: loss for step, loss in losses.items() if step >= 60}
    assert bundle.provenance["steps"] == min(judged, key=lambda step: judged[step])


def test_interrupted_run_of_a_transformer_ends_with_the_same_weights(
    store: Store, tmp_path: Path
) -> None:
    model = {"encoder": TRANSFORMER | {"registers": 2, "checkpoint": True}, "tied_strands": True}
    training = {"steps": 60, "window": 90, "batch": 2, "validate_every": 40}
    settings = parse_settings(
        RunSettings, {"model": SMALL | model, "training": training | {"validation_windows": 4}}
    )
    fit_in_context([store], settings, tmp_path / "whole")

    def interrupt(fraction: float, _: str) -> None:
        if fraction == 50 / 60:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingInterruptedError):
        fit_in_context([store], settings, tmp_path / "broken", report=interrupt)
    fit_in_context([store], settings, tmp_path / "broken")
    assert weights_of(tmp_path / "broken") == weights_of(tmp_path / "whole")
    assert rows_of(tmp_path / "broken.state") == rows_of(tmp_path / "whole.state")


def test_state_is_saved_shortly_before_the_limit_of_a_job(store: Store, tmp_path: Path) -> None:
    settings = run_settings(steps=1_000_000, validate_every=1_000_000, checkpoint_minutes=60.0)
    last = tmp_path / "model.state/last.safetensors"
    seen = []

    def stop_some_rows_later(_fraction: float, _said: str) -> None:
        if last.exists():
            seen.append(last.stat().st_mtime_ns)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingInterruptedError):
        fit_in_context(
            [store], settings, tmp_path / "model", report=stop_some_rows_later, limit_minutes=0.01
        )
    assert len(set(seen)) == 1  # one state, and not at each step from then on


def test_finished_run_is_not_trained_again(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = run_settings()
    fit_in_context([store], settings, tmp_path / "model")
    before = weights_of(tmp_path / "model")
    saved = (tmp_path / "model.state" / "last.safetensors").stat().st_mtime_ns
    with caplog.at_level(logging.INFO, "genoseq"):
        fit_in_context([store], settings, tmp_path / "model")
    assert "resuming after step 60" in caplog.text
    assert weights_of(tmp_path / "model") == before
    assert (tmp_path / "model.state" / "last.safetensors").stat().st_mtime_ns == saved


def test_other_settings_start_afresh_and_say_so(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fit_in_context([store], run_settings(steps=20), tmp_path / "model")
    with caplog.at_level(logging.INFO, "genoseq"):
        fit_in_context([store], run_settings(steps=20, checkpoint_minutes=1.0), tmp_path / "model")
        assert "resuming after step 20" in caplog.text
        fit_in_context([store], run_settings(steps=20, learning_rate=0.01), tmp_path / "model")
    assert "starting afresh: training settings changed since" in caplog.text
    fit_in_context([store], run_settings(steps=20, learning_rate=0.01), tmp_path / "other")
    assert weights_of(tmp_path / "model") == weights_of(tmp_path / "other")


def test_a_mistake_in_the_settings_costs_nothing_of_a_training(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fit_in_context([store], run_settings(), tmp_path / "m")
    first, curve = weights_of(tmp_path / "m"), rows_of(tmp_path / "m.state")
    fit_in_context([store], run_settings(clip=0.5, steps=20), tmp_path / "m")
    assert weights_of(tmp_path / "m") != first
    with caplog.at_level(logging.INFO, "genoseq.training"):
        fit_in_context([store], run_settings(), tmp_path / "m")
    assert "resuming after step 60, by the state that these settings had before" in caplog.text
    assert weights_of(tmp_path / "m") == first
    assert rows_of(tmp_path / "m.state") == curve


def test_a_bundle_that_cannot_be_written_is_told_before_the_first_step(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    said: list[str] = []
    with pytest.raises(OSError, match="file"):
        fit_in_context(
            [store],
            run_settings(),
            tmp_path / "file" / "m",
            state=tmp_path / "state",
            report=lambda _, words: said.append(words),
        )
    assert not said
    assert not (tmp_path / "state" / "last.safetensors").exists()


def test_early_stopping_after_patience(store: Store, tmp_path: Path) -> None:
    # Steps too small for float32 to move a weight: no validation after the first is better.
    settings = run_settings(learning_rate=1e-30, validate_every=5, patience=2, steps=1000)
    bundle = fit_in_context([store], settings, tmp_path / "model")
    assert bundle.provenance["steps"] == 5
    assert rows_of(tmp_path / "model.state")[-1]["step"] == "15"


def test_time_budget_ends_the_run_with_a_bundle(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = run_settings(steps=1_000_000, validate_every=1_000_000, max_minutes=0.02)
    with caplog.at_level(logging.INFO, "genoseq"):
        bundle = fit_in_context([store], settings, tmp_path / "model")
    assert "trained: time budget used up" in caplog.text
    assert 0 < bundle.provenance["steps"] < 1_000_000
    last = rows_of(tmp_path / "model.state")[-1]
    assert last["valid_loss"]
