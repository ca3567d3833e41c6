"""Tests of genoseq.training.checkpoint."""

from pathlib import Path

import pytest
import torch

from genoseq.errors import ConfigError
from genoseq.training.checkpoint import Progress, StateFolder, open_state

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
