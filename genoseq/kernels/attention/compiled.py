"""Ahead-of-time compilation of the kernels, and what it tells, without a GPU.

`compiling` gives Triton a driver that compiles for a named architecture and launches nothing;
whatever is launched inside is compiled as on a GPU of that kind: the same kernels, constants,
integer types, alignment hints and configurations.  `compile_attention` launches inside it what
the operator launches.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from triton import knobs
from triton.backends.compiler import GPUTarget
from triton.backends.driver import DriverBase
from triton.runtime import driver

from genoseq.errors import BackendError
from genoseq.kernels.attention import launch
from genoseq.kernels.mask import Mask
from genoseq.kernels.rotary import Rotary

TOKENS = 4099
"""Of the launches to compile: odd, so that no alignment is granted that real lengths lack."""

OTHER_KEYS = 5003
"""Keys of launches in which they are of other tokens than the queries."""


@dataclass(frozen=True)
class Target:
    """One architecture, and the bytes of shared memory that one block may use on it.

    Limits: CUDA C++ Programming Guide, technical specifications per compute capability
    (163, 99, 227 KB); AMD CDNA 3 ISA, local data share (64 KB).
    """

    name: str
    gpu: GPUTarget
    shared_limit: int


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("sm_80", GPUTarget("cuda", 80, 32), 163 << 10),
        Target("sm_89", GPUTarget("cuda", 89, 32), 99 << 10),
        Target("sm_90", GPUTarget("cuda", 90, 32), 227 << 10),
        Target("sm_100", GPUTarget("cuda", 100, 32), 227 << 10),
        Target("sm_120", GPUTarget("cuda", 120, 32), 99 << 10),
        Target("gfx942", GPUTarget("hip", "gfx942", 64), 64 << 10),
    )
}

# Instructions of the machine code by what they show. NVIDIA: CUDA Binary Utilities, instruction
# set reference; AMD: CDNA 3 ISA.
SASS = {
    "mma": r"[HD]MMA",
    "wgmma": r"HGMMA",
    "tcgen05": r"UTC\w*MMA",
    "cp_async": r"LDGSTS",
    "tma": r"UTMALDG|UBLKCP",
    "atomics": r"ATOMG?|REDG?|UTMAREDG",
    "local_stores": r"STL",
    "local_loads": r"LDL",
}
GCN = {
    "mfma": r"v_mfma\w*",
    "cp_async": r"global_load_lds_\w+|(?:buffer|global)_load_\w*(?=.*\blds\b)",
    "atomics": r"(?:global|buffer|flat)_atomic\w*",
    "local_stores": r"scratch_store\w*",
    "local_loads": r"scratch_load\w*",
}


@dataclass(frozen=True)
class Compiled:
    """What one compiled kernel uses.

    Registers are 32 bits wide and counted per thread; on AMD they are the vector registers, of
    which `accumulators` lie in the second file. Spills are bytes per thread on NVIDIA, registers
    on AMD. `instructions` counts them in the machine code, not executions.
    """

    target: Target
    kernel: str
    constants: Mapping[str, Any]
    warps: int
    stages: int
    registers: int
    accumulators: int
    spill_stores: int
    spill_loads: int
    stack: int
    shared: int
    instructions: Mapping[str, int]

    @property
    def spills(self) -> bool:
        """Whether registers were too few and anything went to memory, by either measure."""
        local = self.instructions["local_stores"] + self.instructions["local_loads"]
        return bool(self.spill_stores or self.spill_loads or local)


class _Compiler(DriverBase):  # type: ignore[misc]
    """A Triton driver for a GPU that is not there: kernels are compiled, launches do nothing.

    Nothing here calls its methods: Triton does, or they are abstract in ``DriverBase`` and have to
    be there.  ``get_active_torch_device`` and ``get_benchmarker`` are asked by what runs kernels
    alone, and say so.
    """

    _numbers = itertools.count()

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target.gpu
        # Triton keeps compiled kernels per device: a new number makes it compile again.
        self._number = next(self._numbers)
        self.utils = SimpleNamespace(
            # Shared memory beyond the limit is for the report to show, not an error here.
            get_device_properties=lambda _device: {"max_shared_mem": 1 << 30},
            load_binary=lambda *_: (None, None, 0, 0, 1 << 10),
        )

    @classmethod
    def is_active(cls) -> bool:
        return True

    def map_python_to_cpp_type(self, ty: str) -> str:
        return ty

    def get_current_target(self) -> GPUTarget:
        return self._target

    def get_current_device(self) -> int:
        return self._number

    def get_current_stream(self, _device: int) -> int:
        return 0

    def get_active_torch_device(self) -> Any:
        raise NotImplementedError("nothing runs on a compile-only driver")

    def get_benchmarker(self) -> Any:
        raise NotImplementedError("nothing runs on a compile-only driver")

    def launcher_cls(self, _source: Any, _metadata: Any) -> Callable[..., None]:
        return lambda *_: None


@contextlib.contextmanager
def compiling(target: Target) -> Iterator[list[Compiled]]:
    """Compile what is launched inside for `target`; the list fills in the order of compilation.

    Tensors may be on the CPU: only their types, strides and alignment are read. One kernel
    launched twice with the same constants and types appears once.

    Raises
    ------
    BackendError
        Under ``TRITON_INTERPRET=1``, where nothing is compiled, or if ptxas had to serialise
        matrix instructions.
    """
    if knobs.runtime.interpret:
        raise BackendError("TRITON_INTERPRET is set: the interpreter compiles nothing; unset it")
    found: list[Compiled] = []
    log = io.StringIO()

    def collect(
        *, src: Any, metadata: dict[str, Any], metadata_group: dict[str, str], **_: Any
    ) -> None:
        files = {Path(path).suffix[1:]: Path(path) for path in metadata_group.values()}
        constants = {src.fn.arg_names[key[0]]: value for key, value in src.constants.items()}
        read = _read_amd if target.gpu.backend == "hip" else _read_nvidia
        found.append(read(target, src.fn.__name__, constants, metadata, files, log.getvalue()))
        log.seek(0)
        log.truncate()

    previous = driver._active  # reset_active would ask for a GPU
    with (
        tempfile.TemporaryDirectory() as cache,
        knobs.cache.scope(),
        knobs.compilation.scope(),
        knobs.nvidia.scope(),
        contextlib.redirect_stdout(log),
    ):
        knobs.cache.dir = cache
        knobs.compilation.listener = collect
        knobs.nvidia.dump_ptxas_log = True
        driver.set_active(_Compiler(target))
        try:
            yield found
        finally:
            driver.set_active(previous)


def _read_nvidia(
    target: Target,
    kernel: str,
    constants: Mapping[str, Any],
    metadata: Mapping[str, Any],
    files: Mapping[str, Path],
    log: str,
) -> Compiled:
    """Read registers and spills from the log of ptxas, instructions from the disassembly."""
    sass = subprocess.run(
        [knobs.nvidia.cuobjdump.path, "-sass", files["cubin"]],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    used = re.search(r"Used (\d+) registers", log)
    spilled = re.search(
        r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", log
    )
    if used is None or spilled is None or "serialized" in log:
        raise BackendError(f"ptxas says of {kernel} for {target.name}: {log.strip()}")
    stack, stores, loads = (int(text) for text in spilled.groups())
    return Compiled(
        target, kernel, constants, metadata["num_warps"], metadata["num_stages"], int(used[1]), 0,
        stores, loads, stack, metadata["shared"], _count(SASS, sass),
    )  # fmt: skip


def _read_amd(
    target: Target,
    kernel: str,
    constants: Mapping[str, Any],
    metadata: Mapping[str, Any],
    files: Mapping[str, Path],
    _log: str,
) -> Compiled:
    """Read everything from the assembly, whose metadata hold the registers."""
    text = files["amdgcn"].read_text()

    def number(key: str) -> int:
        match = re.search(rf"\.{key}:\s+(\d+)", text)
        if match is None:
            raise BackendError(f"no {key} in the assembly of {kernel} for {target.name}")
        return int(match[1])

    spilled = number("vgpr_spill_count")
    return Compiled(
        target, kernel, constants, metadata["num_warps"], metadata["num_stages"],
        number("vgpr_count"), number("agpr_count"), spilled, spilled,
        number("private_segment_fixed_size"), metadata["shared"], _count(GCN, text),
    )  # fmt: skip


def _count(patterns: Mapping[str, str], text: str) -> dict[str, int]:
    """Count instructions by name; kinds that the architecture does not have count 0."""
    kinds = SASS.keys() | GCN.keys()
    return {
        kind: len(re.findall(rf"(?<![\w.])(?:{patterns[kind]})\b", text)) if kind in patterns else 0
        for kind in kinds
    }


def compile_attention(
    target: Target,
    width: int,
    mask: Mask,
    *,
    dtype: torch.dtype = torch.bfloat16,
    turned: bool = True,
    group: int = 1,
    other_keys: bool = False,
) -> list[Compiled]:
    """Compile what forward and backward passes launch: forward, delta, dq and dkv.

    Parameters
    ----------
    target
        The architecture.
    width
        Head width D.
    mask
        Which keys a query sees.
    dtype
        Of queries, keys and values.
    turned
        With rotary embedding, whose inverse the gradient kernels apply.
    group
        Query heads per key head.
    other_keys
        Keys are of other tokens than the queries, documents of their own: not with `turned`.
    """
    heads = 2
    q, out, d_out = (torch.empty(TOKENS, heads * group, width, dtype=dtype) for _ in range(3))
    keys = OTHER_KEYS if other_keys else TOKENS
    k, v = (torch.empty(keys, heads, width, dtype=dtype) for _ in range(2))
    lse = torch.empty(heads * group, TOKENS)
    cu_seqlens = torch.tensor([0, 1000, TOKENS], dtype=torch.int32)
    cu_seqlens_k = torch.tensor([0, 3000, OTHER_KEYS], dtype=torch.int32) if other_keys else None
    table = torch.empty(TOKENS, width // 2)
    rotary = Rotary(table, table) if turned else None
    with compiling(target) as found:
        launch.forward(q, k, v, cu_seqlens, mask, width**-0.5, cu_seqlens_k=cu_seqlens_k)
        launch.backward(
            d_out, lse, q, k, v, out, lse, cu_seqlens, mask, width**-0.5, rotary,
            cu_seqlens_k=cu_seqlens_k,
        )  # fmt: skip
    return [compiled for compiled in found if compiled.kernel.startswith("attention_")]
