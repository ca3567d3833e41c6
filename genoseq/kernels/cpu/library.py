"""Which compiled kernels this processor runs, and why, in one line."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch

from genoseq.errors import BackendError

_log = logging.getLogger(__name__)

VARIABLE = "GENOSEQ_CPU_KERNELS"
"""Environment variable that names one of :data:`SETS`, or ``torch``: none of them."""

_AVX2 = ("avx2", "fma3")
_AVX512 = ("avx512_f", "avx512_bw", "avx512_vl", "avx512_dq")
_BF16 = (*_AVX512, "avx512_vnni", "avx512_bf16")
SETS: Mapping[str, tuple[str, ...]] = {
    "amx": (*_BF16, "amx_tile", "amx_int8", "amx_bf16"),
    "avx512_bf16": _BF16,
    "avx512_vnni": (*_AVX512, "avx512_vnni"),
    "avx512": _AVX512,
    "avx2_vnni": (*_AVX2, "avx_vnni"),
    "avx2": _AVX2,
    "neon_i8mm": ("dot", "i8mm"),
    "neon_dotprod": ("dot",),
    "neon": (),
}
"""Instruction sets, the best first, and the features that torch calls them by, which it has from
the processor, or on arm64 from the system (Linux: HWCAP, macOS: sysctl).  setup.py has what each is
compiled with."""

POINTER, LONG, INT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
"""Types of the fields of what kernels are given."""
_SUFFIX = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.int8: "int8"}
_OF_BF16 = ("amx", "avx512_bf16")
_ASKING = ("amx",)
_ARM64, _X86 = ("aarch64", "arm64"), ("x86_64", "amd64")


class Chosen(NamedTuple):
    """The instruction set, ``torch`` where none is compiled and can run, and why, in one line."""

    name: str
    reason: str

    @property
    def dtypes(self) -> tuple[torch.dtype, ...]:
        """What its kernels compute in."""
        if self.name == "torch":
            return ()
        return (torch.float32, torch.bfloat16) if self.name in _OF_BF16 else (torch.float32,)

    @property
    def has_int8(self) -> bool:
        """Whether it also has recurrent layers in int8."""
        return self.name != "torch"


def choose() -> Chosen:
    """The kernels for this processor, or those that the environment variable names.

    Raises
    ------
    BackendError
        If it names none, or some that cannot run here.
    """
    asked = os.environ.get(VARIABLE) or "auto"
    if asked == "torch":
        return Chosen("torch", f"asked for by {VARIABLE}")
    if asked == "auto":
        return _best()
    if asked not in SETS:
        raise BackendError(f"{VARIABLE}={asked}: use auto, torch, {', '.join(SETS)}")
    lacking = _lacking(asked)
    if lacking:
        raise BackendError(f"{VARIABLE}={asked}: {lacking}; use auto or torch")
    return Chosen(asked, f"asked for by {VARIABLE}")


def runnable() -> list[str]:
    """Instruction sets that are compiled and run here, the best first."""
    return [name for name in SETS if not _lacking(name)]


def kernel(chosen: Chosen, name: str, dtype: torch.dtype) -> Callable[..., int]:
    """A kernel by its name, that computes in a number format."""
    found: Callable[..., int] = getattr(_load(chosen.name), f"genoseq_{name}_{_SUFFIX[dtype]}")
    return found


@cache
def _load(name: str) -> ctypes.CDLL:
    path = _path(name)
    assert path is not None, f"kernels of {name} are not compiled"
    return ctypes.CDLL(path)


@cache
def _best() -> Chosen:
    found = _compiled()
    _log.debug("kernels for CPUs: %s: %s", *found)
    return found


def _compiled() -> Chosen:
    able = [name for name in SETS if _processor_has(name)]
    if not able:
        return Chosen("torch", f"the processor has none of {', '.join(SETS)}")
    compiled = runnable()
    if not compiled:
        return Chosen(
            "torch",
            f"the kernels of {able[0]} were not compiled, or of other sources than these, which is "
            "slower: install a C++ compiler, then genoseq again",
        )
    return Chosen(compiled[0], "compiled, and the processor has it")


def _lacking(name: str) -> str:
    """Why an instruction set cannot be used here; nothing if it can."""
    if not _processor_has(name):
        return "the processor lacks it"
    if not _path(name):
        return "it was not compiled when genoseq was installed, or of other sources"
    return (
        "" if name not in _ASKING or _may_run(name) else "the system does not let programs use it"
    )


@cache
def _may_run(name: str) -> bool:
    """Whether the system lets this process use registers that it has to be asked for."""
    return bool(_load(name).genoseq_may_run())


def _processor_has(name: str) -> bool:
    found = torch.cpu.get_capabilities()
    machine = str(found.get("architecture", "")).lower()
    machines = _ARM64 if name.startswith("neon") else _X86
    return machine in machines and all(found.get(each) for each in SETS[name])


def _path(name: str) -> str | None:
    path = Path(__file__).with_name(f"{name}.kernels")
    return str(path) if path.is_file() and _is_current(path) else None


@cache
def _is_current(path: Path) -> bool:
    """Whether it was compiled from the sources beside it: a checkout has those of another day after
    an update, and would hand its kernels fields that they do not know.  A wheel has none."""
    sources = sorted([*path.parent.glob("*.cpp"), *path.parent.glob("*.h")])
    if not sources:
        return True
    told = getattr(ctypes.CDLL(str(path)), "genoseq_sources", None)
    if told is None:
        return False
    told.restype = ctypes.c_char_p
    found = hashlib.sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()
    return bool(told() == found.encode())
