"""Tests of the small parts of a training: optimizer, losses, curve, signals, rows."""

import os
import signal
from pathlib import Path

import pytest
import torch
from small_fit import run_settings

from genoseq.config.schema import ModelSettings
from genoseq.errors import ConfigError
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.models.build import build_model
from genoseq.tasks.per_base import PerBase
from genoseq.training.checkpoint import open_state
from genoseq.training.curve import Curve
from genoseq.training.loop import Training
from genoseq.training.optimizer import build_adamw, moments, restore_moments
from genoseq.training.stop_signals import StopRequest, stop_requests


def test_build_adamw_spares_biases_and_embeddings() -> None:
    model = build_model(ModelSettings(), PerBase(cds_phase_scheme()))
    groups = build_adamw(model, 0.01).param_groups
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed = {names[id(parameter)] for parameter in groups[0]["params"]}
    spared = {names[id(parameter)] for parameter in groups[1]["params"]}
    assert groups[0]["weight_decay"] == 0.01
    assert groups[1]["weight_decay"] == 0.0
    assert decayed | spared == set(names.values())
    assert "embedding.weight" in spared
    assert all("bias" in name or name == "embedding.weight" for name in spared)


def test_restored_moments_give_the_same_next_step() -> None:
    torch.manual_seed(1)
    first = torch.nn.Linear(3, 2)
    second = torch.nn.Linear(3, 2)
    one, other = build_adamw(first, 0.1, 0.1), build_adamw(second, 0.1, 0.1)
    assert moments(one, first) == {}
    for model, optimizer in ((first, one), (second, other)):
        if model is second:
            second.load_state_dict(first.state_dict())
            saved = {name: value.clone() for name, value in moments(one, first).items()}
            restore_moments(other, second, saved | {"model.x": torch.zeros(1)})
        model(torch.ones(1, 3)).sum().backward()
        optimizer.step()
    first.zero_grad()
    copied = {name: value.clone() for name, value in second.state_dict().items()}
    first(torch.ones(1, 3)).sum().backward()
    one.step()
    assert all(torch.equal(copied[name], value) for name, value in first.state_dict().items())


def test_whole_losses_name_the_first_step_that_is_not_finite(tmp_path: Path) -> None:
    settings, task = run_settings(accumulate=2), PerBase(cds_phase_scheme())
    model = build_model(settings.model, task)
    with open_state(tmp_path, {}) as state:
        device = torch.device("cpu")
        training = Training(settings, task, model, [], None, state, tmp_path, device)
    # Those of steps 8, 9 and 10.
    losses = torch.tensor([1.0, 2.0, 3.0, float("nan"), float("inf"), 1.0])
    training.progress.step, training._losses = 10, list(losses)
    with pytest.raises(ConfigError, match=r"^the loss is nan at step 9: lower training.learning"):
        training._whole_losses()
    training.progress.step, training._losses = 2, list(losses[:3])
    assert training._whole_losses().tolist() == [1.0, 2.0, 3.0]
    training._losses = []
    assert training._whole_losses().shape == (0,)


def test_curve_keeps_the_rows_up_to_the_resumed_step(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    curve = Curve(tmp_path, 0)
    curve.add({"train_loss": 0.1 + 0.2}, 50)
    curve.add({"valid_loss": 0.5}, 50)
    curve.add({"train_loss": 1e-17}, 100)
    curve.save()
    curve.close()
    again = Curve(tmp_path, 50)
    again.add({"train_loss": 7.0}, 100)
    again.save()
    again.close()
    assert path.read_text() == (
        "step,train_loss,valid_loss\n50,0.30000000000000004,0.5\n100,7.0,\n"
    )
    nothing = Curve(tmp_path, 0)
    nothing.save()
    nothing.close()
    assert path.exists()  # nothing was logged yet


def test_stop_requests_note_a_signal_and_put_handlers_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_requests() as stop:
        assert stop.received is None
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.received == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before


def test_second_interrupt_from_the_keyboard_ends_at_once() -> None:
    with stop_requests():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_stop_request_starts_without_one() -> None:
    assert StopRequest().received is None
