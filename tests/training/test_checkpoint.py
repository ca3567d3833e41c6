"""Tests of genoseq.training.checkpoint."""

from pathlib import Path
from typing import Any

import pytest
import torch

from genoseq.errors import ConfigError
from genoseq.models.weights import read_sealed, weights_bytes
from genoseq.training.checkpoint import Progress, StateFolder, open_state, parse_progress
from genoseq.training.earlier import KEPT

PRINT = {"model settings": {"width": 3}, "data": ["abc"]}
TENSORS = {"model.w": torch.arange(6.0).reshape(2, 3), "losses": torch.zeros(0)}


def test_state_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    progress = Progress(step=7, elapsed=1.25, best_metrics={"f1": 0.1 + 0.2, "mcc": None})
    with open_state(tmp_path / "state", PRINT) as state:
        assert state.load() == (Progress(), {}, "starting")
        state.save(progress, TENSORS)
    with open_state(tmp_path / "state", PRINT) as state:
        saved, tensors, news = state.load()
    assert news == "resuming after step 7"
    assert saved == progress
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)


def _saved_with(state: StateFolder) -> str:
    saved, tensors, news = state.load()
    assert (saved, tensors) == (Progress(), {})
    return news


def test_state_of_other_settings_is_not_resumed(tmp_path: Path) -> None:
    with open_state(tmp_path, PRINT) as state:
        state.save(Progress(step=7), TENSORS)
    with open_state(tmp_path, PRINT | {"data": ["abd"]}) as state:
        news = _saved_with(state)
    assert news == f"starting afresh: data changed since {tmp_path}/last.safetensors was saved"


@pytest.mark.parametrize("keep", [0, 20, 200])
def test_damaged_state_is_not_resumed(tmp_path: Path, keep: int) -> None:
    with open_state(tmp_path, PRINT) as state:
        state.save(Progress(step=7), TENSORS)
        state.last.write_bytes(state.last.read_bytes()[:keep])
        assert _saved_with(state).startswith(f"starting afresh: {state.last} cannot be read (")


def test_state_without_its_best_weights_is_not_resumed(tmp_path: Path) -> None:
    with open_state(tmp_path, PRINT) as state:
        state.save_best(5, TENSORS)
        state.save(Progress(step=7, best_step=5, best_loss=0.5), TENSORS)
        assert state.load()[0].step == 7
        (tmp_path / "best-00000005.safetensors").unlink()
        assert "best-00000005.safetensors is missing" in _saved_with(state)


def test_best_weights_that_the_state_does_not_name_are_removed(tmp_path: Path) -> None:
    with open_state(tmp_path, PRINT) as state:
        for step in (5, 10):
            state.save_best(step, TENSORS)
        state.save(Progress(step=10, best_step=10, best_loss=0.5), TENSORS)
        assert [path.name for path in tmp_path.glob("best-*")] == ["best-00000010.safetensors"]
        assert torch.equal(state.load_best(10)["model.w"], TENSORS["model.w"])


def test_open_state_refuses_a_second_training(tmp_path: Path) -> None:
    message = r"is in use by another training \(process \d+ on .+\): wait for it, stop it, or name"
    with (
        open_state(tmp_path, PRINT),
        pytest.raises(ConfigError, match=message),
        open_state(tmp_path, PRINT),
    ):
        pass
    with open_state(tmp_path, PRINT):
        pass


def test_open_state_removes_half_written_files(tmp_path: Path) -> None:
    (tmp_path / ".partial-x-last.safetensors").write_bytes(b"half")
    with open_state(tmp_path, PRINT):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize(
    ("losses", "better", "waited"),
    [([3.0], [True], 0), ([3.0, 3.0], [True, False], 1), ([3.0, 4.0, 2.0], [True, False, True], 0)],
)
def test_judge_counts_validations_since_the_best(
    losses: list[float], better: list[bool], waited: int
) -> None:
    progress = Progress()
    found = []
    for loss in losses:
        progress.step += 10
        found.append(progress.judge(loss, {"loss": loss}))
    assert found == better
    assert progress.waited == waited
    assert progress.validated == progress.step
    assert progress.best_metrics == {"loss": min(losses)}


def _flipped(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("at", [-1, -30, 90, 200])
def test_a_changed_byte_of_a_state_is_found(tmp_path: Path, at: int) -> None:
    with open_state(tmp_path, PRINT) as state:
        state.save(Progress(step=7), TENSORS)
        _flipped(state.last, at)
        assert _saved_with(state).startswith(f"starting afresh: {state.last} cannot be read (")


def test_a_changed_byte_of_the_best_weights_is_found(tmp_path: Path) -> None:
    with open_state(tmp_path, PRINT) as state:
        state.save_best(5, TENSORS)
        state.save(Progress(step=7, best_step=5, best_loss=0.5), TENSORS)
        _flipped(tmp_path / "best-00000005.safetensors", -1)
        news = _saved_with(state)
        assert "best-00000005.safetensors cannot be read (its checksum is not the one" in news
        with pytest.raises(ConfigError, match="its checksum is not the one that it holds"):
            state.load_best(5)


def test_a_state_of_an_earlier_release_has_no_checksum_and_is_resumed(tmp_path: Path) -> None:
    with open_state(tmp_path, PRINT) as state:
        state.save(Progress(step=7), TENSORS)
        tensors, metadata = read_sealed(state.last)
        state.last.write_bytes(weights_bytes(tensors, {"genoseq": metadata["genoseq"]}))
        assert state.load()[0].step == 7


@pytest.mark.parametrize(
    "progress",
    [
        {"step": "7"},
        {"step": -1},
        {"step": True},
        {"step": 10**30},
        {"elapsed": -1.0},
        {"best_step": 0.5},
        {"colour": 1},
    ],
)
def test_progress_that_cannot_be_is_refused(progress: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        parse_progress(progress)


def test_a_mistake_in_the_settings_costs_nothing_of_the_state(tmp_path: Path) -> None:
    curve = tmp_path / "metrics.csv"
    others = PRINT | {"data": ["abd"]}
    with open_state(tmp_path, PRINT, curve=curve) as state:
        state.save_best(5, TENSORS)
        state.save(Progress(step=7, best_step=5, best_loss=0.5), TENSORS)
        curve.write_text("step\n5\n")
    with open_state(tmp_path, others, curve=curve) as state:
        assert "starting afresh: data changed since" in _saved_with(state)
        state.save_best(5, {"model.w": torch.ones(1)})
        state.save(Progress(step=5, best_step=5, best_loss=0.1), {"model.w": torch.ones(1)})
        curve.write_text("step\n9\n")
    with open_state(tmp_path, PRINT, curve=curve) as state:
        saved, tensors, news = state.load()
        assert news == "resuming after step 7, by the state that these settings had before"
        assert (saved.step, saved.best_loss) == (7, 0.5)
        assert torch.equal(tensors["model.w"], TENSORS["model.w"])
        assert torch.equal(state.load_best(5)["model.w"], TENSORS["model.w"])
        assert curve.read_text() == "step\n5\n"
    with open_state(tmp_path, others, curve=curve) as state:
        assert state.load()[0].best_loss == 0.1
        assert curve.read_text() == "step\n9\n"


def test_a_mistake_that_ends_before_its_first_state_is_as_none(tmp_path: Path) -> None:
    with open_state(tmp_path, PRINT) as state:
        state.save(Progress(step=7), TENSORS)
    with open_state(tmp_path, PRINT | {"data": []}) as state:
        _saved_with(state)
    with open_state(tmp_path, PRINT) as state:
        assert state.load()[0].step == 7


def test_states_of_few_other_settings_are_kept(tmp_path: Path) -> None:
    for number in range(6):
        with open_state(tmp_path, PRINT | {"data": [number]}) as state:
            state.load()
            state.save(Progress(step=number), TENSORS)
    assert len(list(tmp_path.glob("earlier-*"))) == KEPT
    with open_state(tmp_path, PRINT | {"data": [4]}) as state:
        assert state.load()[0].step == 4
