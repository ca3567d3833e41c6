"""Tests of genoseq.models.device."""

import pytest
import torch

from genoseq.errors import BackendError
from genoseq.models.device import (
    autocast,
    choose_device,
    choose_precision,
    gpu_has_bf16,
    processor_has_bf16,
)


@pytest.mark.parametrize(
    ("features", "fast", "reason"),
    [
        (["avx512_bf16"], True, "processor has avx512_bf16"),
        (["amx", "avx2"], True, "processor has amx"),
        (["amx", "avx512_bf16"], True, "processor has avx512_bf16 and amx"),
        (["avx2"], False, "processor has neither avx512_bf16 nor amx: bf16 would be emulated"),
    ],
)
def test_processor_has_bf16(features: list[str], fast: bool, reason: str) -> None:
    found = processor_has_bf16(features)
    assert found[0] is fast
    assert found[1].startswith(reason)


def test_gpu_has_bf16_from_capability_8() -> None:
    assert gpu_has_bf16(7, 5) == (False, "GPU of compute capability 7.5 lacks bf16")
    assert gpu_has_bf16(8, 0) == (True, "GPU of compute capability 8.0 has bf16")


def pretend(patch: pytest.MonkeyPatch, *features: str, onednn: bool = True) -> None:
    """A processor with these features, of which oneDNN uses bf16 or not."""
    patch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: "avx512_bf16" in features)
    patch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: "amx" in features)
    patch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: onednn)


@pytest.mark.parametrize("feature", ["avx512_bf16", "amx"])
def test_choose_precision_takes_bf16_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, feature: str
) -> None:
    pretend(monkeypatch, feature)
    assert choose_precision("cpu") == ("bf16", f"processor has {feature}")
    assert choose_precision("cpu", "bf16") == ("bf16", "asked for")
    assert choose_precision("cpu", "fp32") == ("fp32", "asked for")


@pytest.mark.parametrize(
    ("features", "onednn"),
    [((), False), ((), True), (("avx512_bf16", "amx"), False)],
    ids=["avx2", "emulated", "hidden by ONEDNN_MAX_CPU_ISA"],
)
def test_choose_precision_refuses_bf16_where_the_processor_lacks_it(
    monkeypatch: pytest.MonkeyPatch, features: tuple[str, ...], onednn: bool
) -> None:
    pretend(monkeypatch, *features, onednn=onednn)
    lacks = "processor has neither avx512_bf16 nor amx: bf16 would be emulated, and slower"
    assert choose_precision("cpu") == ("fp32", lacks)
    assert choose_precision("cpu", "fp32") == ("fp32", "asked for")
    with pytest.raises(BackendError) as refused:
        choose_precision("cpu", "bf16")
    assert str(refused.value) == f"precision bf16: {lacks}; use auto or fp32"


def test_choose_precision_obeys_on_a_gpu_that_emulates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: (7, 5))
    assert choose_precision("cuda").precision == "fp32"
    asked = choose_precision("cuda", "bf16")
    assert asked.precision == "bf16"
    assert asked.reason.startswith("asked for, though slow here: GPU of compute capability 7.5")


def test_choose_device_warns_where_a_granted_gpu_is_not_seen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device().type == "cpu"
    assert not caplog.messages
    monkeypatch.setenv("SLURM_JOB_GPUS", "3")
    assert choose_device().type == "cpu"
    assert caplog.messages[0].startswith("Slurm granted GPU 3, but torch")


def test_choose_device_gives_each_process_of_a_machine_the_next_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    asked = [choose_device(None, rank) for rank in (None, 0, 1, 2)]
    assert [str(device) for device in asked] == ["cuda", "cuda:0", "cuda:1", "cuda:0"]
    assert str(choose_device("cuda", 1)) == "cuda:1"
    assert str(choose_device("cuda:0", 1)) == "cuda:0"
    assert str(choose_device("cpu", 1)) == "cpu"


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
