"""Tests of genoseq.models.precision."""

import pytest
import torch

from genoseq.errors import BackendError
from genoseq.models.precision import autocast, choose_device, choose_precision


@pytest.mark.parametrize(
    ("flags", "precision", "reason"),
    [
        ((True, False), "bf16", "processor has avx512_bf16"),
        ((False, True), "bf16", "processor has amx"),
        ((True, True), "bf16", "processor has avx512_bf16 and amx"),
        ((False, False), "fp32", "processor has neither avx512_bf16 nor amx: bf16 would be"),
    ],
)
def test_choose_precision_by_processor(
    monkeypatch: pytest.MonkeyPatch, flags: tuple[bool, bool], precision: str, reason: str
) -> None:
    names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    for name, flag in zip(names, flags, strict=True):
        monkeypatch.setattr(torch.cpu, name, lambda flag=flag: flag)
    choice = choose_precision("cpu")
    assert choice.precision == precision
    assert choice.reason.startswith(reason)
    assert choose_precision("cpu", "fp32") == ("fp32", "asked for")
    asked = choose_precision("cpu", "bf16")
    assert asked.precision == "bf16"
    assert ("though slow here" in asked.reason) == (precision == "fp32")


@pytest.mark.parametrize(("major", "precision"), [(7, "fp32"), (8, "bf16"), (9, "bf16")])
def test_choose_precision_by_gpu(
    monkeypatch: pytest.MonkeyPatch, major: int, precision: str
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: (major, 5))
    choice = choose_precision("cuda")
    assert choice.precision == precision
    assert f"compute capability {major}.5" in choice.reason


def test_choose_device_of_this_machine() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(BackendError, match=r"^device 'mps': use cpu, cuda, or cuda:N$"):
        choose_device("mps")


def test_autocast_computes_products_in_the_precision() -> None:
    weights = torch.ones(2, 2)
    with autocast("bf16"):
        assert (weights @ weights).dtype == torch.bfloat16
    with autocast("fp32"):
        assert (weights @ weights).dtype == torch.float32
