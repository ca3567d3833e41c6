"""Encoders in int8: all layers as their twin, and where they are refused."""

from __future__ import annotations

import hashlib

import pytest
import torch
from kernel_sets import of_int8

from genoseq.config.encoders import RecurrentSettings, TransformerSettings
from genoseq.errors import BackendError
from genoseq.kernels.cpu.library import VARIABLE
from genoseq.models.integers import (
    IntegerEncoder,
    calibration_codes,
    check_int8,
    difference_from_twin,
)
from genoseq.models.recurrent import RecurrentEncoder

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", of_int8())
@pytest.mark.parametrize("bidirectional", [True, False])
def test_layers_are_those_of_the_twin(
    monkeypatch: pytest.MonkeyPatch, name: str, bidirectional: bool
) -> None:
    monkeypatch.setenv(VARIABLE, name)
    made = RecurrentSettings(family="gru", width=12, layers=2, bidirectional=bidirectional)
    torch.manual_seed(0)
    encoder = RecurrentEncoder(7, made).eval()
    steps = torch.randn(30, 3, 7)
    whole = IntegerEncoder(encoder, steps)
    found = whole.time_first(steps)
    assert found.shape == (30, 3, whole.outputs)
    assert torch.equal(found, whole.by_torch(steps))
    assert torch.equal(whole(steps.transpose(0, 1)), found.transpose(0, 1))
    part = whole.time_first(steps, wanted=range(9, 20))
    assert torch.equal(part[9:20], found[9:20])
    with torch.inference_mode():
        assert (found - encoder.time_first(steps)).abs().max() < 0.05
    assert difference_from_twin() == 0


@pytest.mark.parametrize("far", [100.0, -100.0])
def test_one_input_in_ten_thousand_does_not_widen_the_steps_of_all(far: float) -> None:
    encoder = RecurrentEncoder(3, RecurrentSettings(width=8)).eval()
    steps = torch.linspace(-1, 1, 10_000)[:, None, None].repeat(1, 1, 3)

    def scales() -> torch.Tensor:
        return IntegerEncoder(encoder, steps)._layers[0][0].input_scale

    plain = scales()
    steps[17, 0, 1] = far
    torch.testing.assert_close(scales(), plain, rtol=0.001, atol=0)
    steps[18, 0, 1] = far
    assert scales()[1] < plain[1] / 40


def test_what_cannot_be_computed_in_int8_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "torch")
    with pytest.raises(BackendError, match=r"^precision int8: no kernels of it run here \(torch: "):
        check_int8(RecurrentSettings(), CPU)
    with pytest.raises(BackendError, match=r"^precision int8: only CPUs have kernels of it"):
        check_int8(RecurrentSettings(), torch.device("cuda"))
    with pytest.raises(BackendError, match=r"^precision int8: the encoder is a transformer: only"):
        check_int8(TransformerSettings(family="transformer"), CPU)


def test_calibration_reads_the_same_bases_for_ever() -> None:
    codes = calibration_codes(3)
    assert codes.shape == (1, 131_070)
    assert codes[0, :12].tolist() == [3, 1, 0, 3, 0, 1, 0, 3, 0, 3, 1, 3]
    counts = torch.bincount(torch.from_numpy(codes[0]).int(), minlength=4)
    assert counts.min() > 32_000
    assert hashlib.sha256(codes.tobytes()).hexdigest()[:16] == "2aa873ba53beb6b6"
