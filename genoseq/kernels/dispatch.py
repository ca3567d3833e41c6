"""Which attention kernel runs on a device, and why, in one line."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Literal, NamedTuple

import torch

from genoseq.errors import BackendError

Backend = Literal["triton", "reference"]
Asked = Literal["auto", "triton", "reference"]

WIDTHS = (32, 64, 128)
"""Head widths that the Triton kernels are built for."""

_AMPERE = (8, 0)
"""First compute capability with bf16 matrix units and asynchronous copies, which the tiles need."""

_MI300 = "gfx942"
_GPU_TYPES = (torch.float16, torch.bfloat16, torch.float32)
_INTERPRETED_TYPES = (torch.float16, torch.float32, torch.float64)


class Choice(NamedTuple):
    """The kernel to run, and why, in one line."""

    backend: Backend
    reason: str


def choose(
    device: str | torch.device, dtype: torch.dtype, head_width: int, asked: Asked = "auto"
) -> Choice:
    """The attention kernel for tensors of this kind.

    Parameters
    ----------
    device, dtype, head_width
        Those of the queries.
    asked
        ``auto`` takes Triton on an NVIDIA GPU of compute capability 8.0 or more and on an AMD
        MI300 (gfx942) for head widths 32, 64 and 128 in fp16, bf16 or fp32, and the PyTorch
        reference anywhere else.  ``triton`` and ``reference`` are obeyed.  On CPU tensors
        ``triton`` runs only in Triton's interpreter (TRITON_INTERPRET=1), never by ``auto``.

    Returns
    -------
    The choice and its reason, as ``genoseq doctor`` prints it.

    Raises
    ------
    BackendError
        If ``triton`` was asked for where it cannot run; the message says why.
    ValueError
        If `asked` is another word.
    """
    if asked not in ("auto", "triton", "reference"):
        raise ValueError(f"attention backend {asked!r}: use auto, triton or reference")
    if asked == "reference":
        return Choice("reference", "asked for")
    device = torch.device(device)
    able, reason = _triton_runs(device, dtype, head_width)
    if asked == "triton" and not able:
        raise BackendError(
            f"attention backend 'triton' cannot run here: {reason}; use 'auto' or 'reference'"
        )
    if asked == "triton":
        return Choice("triton", f"asked for; {reason}")
    if able and device.type == "cpu":
        return Choice("reference", "the interpreter runs only where 'triton' is asked for")
    return Choice("triton" if able else "reference", reason)


def interpreting() -> bool:
    """Whether Triton was told to interpret its kernels, which it learns when it is imported."""
    return os.environ.get("TRITON_INTERPRET", "0").lower() in ("1", "true", "yes", "on", "y")


def _triton_runs(device: torch.device, dtype: torch.dtype, head_width: int) -> tuple[bool, str]:
    if find_spec("triton") is None:
        return False, "the package triton is not installed"
    if head_width not in WIDTHS:
        return False, f"head width {head_width} is none of {', '.join(map(str, WIDTHS))}"
    name = str(dtype).removeprefix("torch.")
    if device.type == "cpu":
        return _interpreter_runs(dtype, name)
    if device.type != "cuda":
        return False, f"device {device.type} is neither an NVIDIA nor an AMD GPU"
    able, reason = _gpu_runs(device)
    if able and dtype not in _GPU_TYPES:
        return False, f"{name} is none of float16, bfloat16, float32"
    return able, reason


def _interpreter_runs(dtype: torch.dtype, name: str) -> tuple[bool, str]:
    if not interpreting():
        return False, "a CPU has no Triton compiler (TRITON_INTERPRET=1 interprets, for tests)"
    if dtype == torch.bfloat16:
        return False, "Triton's interpreter multiplies bfloat16 wrongly"
    if dtype not in _INTERPRETED_TYPES:
        return False, f"{name} is none of float16, float32, float64"
    return True, "Triton's interpreter, TRITON_INTERPRET=1"


def _gpu_runs(device: torch.device) -> tuple[bool, str]:
    if torch.version.hip is not None:
        name = torch.cuda.get_device_properties(device).gcnArchName.split(":")[0]
        words = "is" if name == _MI300 else "is not"
        return name == _MI300, f"AMD GPU {name} {words} {_MI300}"
    major, minor = torch.cuda.get_device_capability(device)
    able = (major, minor) >= _AMPERE
    words = "at least" if able else "below"
    return able, f"GPU of compute capability {major}.{minor}, {words} 8.0"
