"""Which number format a device computes in: bf16 only where there are instructions for it.

Emulated on a processor without them it is slower than fp32, and oneDNN has no bf16 LSTM there at
all; with them it is faster, most of all for LSTMs.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, NamedTuple

import torch

from genoseq.errors import BackendError

Precision = Literal["bf16", "fp32"]
Computed = Literal["bf16", "fp32", "int8"]
"""Number format of predictions; int8: of recurrent layers on CPUs (genoseq/models/integers.py)."""

_log = logging.getLogger(__name__)

_GRANTED = ("SLURM_JOB_GPUS", "SLURM_STEP_GPUS")
"""Variables in which Slurm numbers the GPUs of a job and of a step."""
_AMPERE = 8
"""First major compute capability of NVIDIA GPUs whose matrix units take bf16."""


class PrecisionChoice(NamedTuple):
    """The format to compute in, and in one line why."""

    precision: Precision
    reason: str


def choose_precision(
    device: str | torch.device = "cpu", asked: Literal["auto", "bf16", "fp32"] = "auto"
) -> PrecisionChoice:
    """Precision for a device.

    Parameters
    ----------
    device
        ``cpu`` or ``cuda``.
    asked
        ``auto`` takes bf16 where the device computes in it.  ``bf16`` is refused on a processor
        that does not; a GPU that has to emulate it is obeyed.

    Returns
    -------
    The choice and its reason, as ``genoseq doctor`` prints it.

    Raises
    ------
    BackendError
        If bf16 is asked for on a processor without instructions for it.
    """
    kind = torch.device(device)
    fast, reason = _bf16_is_fast(kind)
    if asked == "auto":
        return PrecisionChoice("bf16" if fast else "fp32", reason)
    if asked == "fp32" or fast:
        return PrecisionChoice(asked, "asked for")
    if kind.type == "cpu":
        raise BackendError(f"precision bf16: {reason}; use auto or fp32")
    return PrecisionChoice(asked, f"asked for, though slow here: {reason}")


def computing(device: torch.device, precision: Computed) -> dict[str, str]:
    """What ``provenance.json`` notes of a computation: kind or GPU, and number format."""
    gpu = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if gpu else device.type,
        "precision": precision,
    }


def choose_device(asked: str | None = None, local_rank: int | None = None) -> torch.device:
    """The device to compute on: ``cuda`` where one is visible, unless another is asked for.

    Of several processes on one machine, numbered by ``local_rank``, each takes the next GPU that it
    sees, unless ``asked`` numbers one.  A job that was granted a GPU by Slurm and sees none is
    warned.

    Raises
    ------
    BackendError
        If the device is not ``cpu`` or ``cuda``, or no such GPU is visible.
    """
    if asked is None and not torch.cuda.is_available():
        if granted := next(filter(None, map(os.environ.get, _GRANTED)), None):
            _log.warning(
                "Slurm granted GPU %s, but torch %s sees none, so the CPU computes: is this a CUDA "
                "build of torch, and does nvidia-smi show the GPU?",
                granted,
                torch.__version__,
            )
        return torch.device("cpu")
    try:
        device = torch.device("cuda" if asked is None else asked)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise BackendError(f"device {asked!r}: use cpu, cuda, or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise BackendError(
            f"device {asked!r}: {torch.cuda.device_count()} CUDA GPUs are visible to torch "
            f"{torch.__version__}; use --device cpu, or install a CUDA build of torch"
        )
    if local_rank is not None and device == torch.device("cuda"):
        return torch.device("cuda", local_rank % torch.cuda.device_count())
    return device


def autocast(
    precision: Precision, device: str | torch.device = "cpu"
) -> AbstractContextManager[Any]:
    """Context in which torch computes matrix products in ``precision``; weights stay fp32."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(torch.device(device).type, torch.bfloat16)


def processor_has_bf16(features: Sequence[str]) -> tuple[bool, str]:
    """Whether a processor with these features computes in bf16, and the reason."""
    found = [name for name in ("avx512_bf16", "amx") if name in features]
    if found:
        return True, f"processor has {' and '.join(found)}"
    return False, "processor has neither avx512_bf16 nor amx: bf16 would be emulated, and slower"


def gpu_has_bf16(major: int, minor: int) -> tuple[bool, str]:
    """Whether a GPU of this compute capability computes in bf16, and the reason."""
    words = "has" if major >= _AMPERE else "lacks"
    return major >= _AMPERE, f"GPU of compute capability {major}.{minor} {words} bf16"


def _bf16_is_fast(device: torch.device) -> tuple[bool, str]:
    if device.type == "cuda":
        return gpu_has_bf16(*torch.cuda.get_device_capability(device))
    return processor_has_bf16(_processor_features())


def _processor_features() -> list[str]:
    """What this processor has of the features that compute in bf16, as far as torch uses them."""
    # oneDNN also answers yes where it emulates bf16, so its answer only ever takes away: it is no
    # where ONEDNN_MAX_CPU_ISA hides the features from it.
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return []
    asked = {
        "avx512_bf16": torch.cpu._is_avx512_bf16_supported,
        "amx": torch.cpu._is_amx_tile_supported,
    }
    return [name for name, has in asked.items() if has()]
