"""Which backend runs where, and the reasons given."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from genoseq.errors import BackendError
from genoseq.kernels.dispatch import choose


@pytest.fixture
def nvidia(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))


@pytest.mark.usefixtures("nvidia")
def test_auto_takes_triton_on_a_recent_gpu() -> None:
    assert choose("cuda", torch.bfloat16, 64) == (
        "triton",
        "GPU of compute capability 9.0, at least 8.0",
    )


@pytest.mark.usefixtures("nvidia")
@pytest.mark.parametrize(
    ("dtype", "width", "reason"),
    [
        (torch.bfloat16, 48, "head width 48 is none of 32, 64, 128"),
        (torch.float64, 64, "float64 is none of float16, bfloat16, float32"),
    ],
)
def test_auto_says_why_a_gpu_takes_the_reference(
    dtype: torch.dtype, width: int, reason: str
) -> None:
    assert choose("cuda", dtype, width) == ("reference", reason)
    with pytest.raises(BackendError, match=reason):
        choose("cuda", dtype, width, "triton")


def test_an_old_gpu_takes_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    assert choose("cuda", torch.float16, 64) == (
        "reference",
        "GPU of compute capability 7.5, below 8.0",
    )


@pytest.mark.parametrize(
    ("name", "backend"), [("gfx942:sramecc+:xnack-", "triton"), ("gfx90a", "reference")]
)
def test_an_amd_gpu_must_be_an_mi300(
    monkeypatch: pytest.MonkeyPatch, name: str, backend: str
) -> None:
    monkeypatch.setattr(torch.version, "hip", "6.4")
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda _: SimpleNamespace(gcnArchName=name)
    )
    choice = choose("cuda", torch.bfloat16, 128)
    assert choice.backend == backend
    assert name.split(":")[0] in choice.reason


def test_a_cpu_takes_the_reference_and_refuses_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    assert choose("cpu", torch.float32, 64).backend == "reference"
    with pytest.raises(BackendError, match="a CPU has no Triton compiler"):
        choose("cpu", torch.float32, 64, "triton")


def test_the_interpreter_runs_where_triton_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert choose("cpu", torch.float64, 64).backend == "reference"
    assert choose("cpu", torch.float64, 64, "triton").backend == "triton"
    with pytest.raises(BackendError, match="multiplies bfloat16 wrongly"):
        choose("cpu", torch.bfloat16, 64, "triton")


@pytest.mark.usefixtures("nvidia")
def test_without_the_package_triton_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genoseq.kernels.dispatch.find_spec", lambda _: None)
    with pytest.raises(BackendError, match="not installed"):
        choose("cuda", torch.bfloat16, 64, "triton")


def test_another_word_is_refused() -> None:
    with pytest.raises(ValueError, match="use auto, triton or reference"):
        choose("cpu", torch.float32, 64, "cuda")  # type: ignore[arg-type]
