"""What this machine has, and what genoseq will make of it: what ``genoseq doctor`` tells."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from genoseq.files.provenance import cpuinfo, processor

PACKAGES = (
    "genoseq",
    "torch",
    "numpy",
    "pyfaidx",
    "pysam",
    "snakemake",
    "snakemake-executor-plugin-slurm",
    "triton",
    "pyrodigal",
)
PROGRAMS = {
    "snakemake": "runs the workflow",
    "bedtools": "peer of the extraction benchmark and tests",
    "tabix": "reads predictions.tsv.gz by region",
    "chromium": "the browser test",
    "sbatch": "Slurm",
    "nvidia-smi": "GPU",
}
_HEAD_WIDTH = 64  # of the question which attention kernel runs: 32 and 128 have the same answer
JOB_MEMORY = 400_000_000
"""Bytes that a scoring process takes beside what it shares with the others, generously."""
_CGROUPS = tuple(
    (Path("/sys/fs/cgroup", limit), Path("/sys/fs/cgroup", used))
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    )
)
"""Limit and use of this container, as cgroups of version 2 and 1 tell them."""
CPU_FLAGS = (
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_tile",
    "amx_bf16",
    "amx_int8",
)


def describe_machine() -> Iterator[tuple[str, str]]:
    """Versions, processor, number format, device, attention and optional programs of this machine.

    Yields
    ------
    Pairs of what was looked at and what was found.
    """
    yield "python", f"{platform.python_version()} on {platform.platform()}"
    for name in PACKAGES:
        yield name, _version(name)
    yield from _computing()
    for name, purpose in PROGRAMS.items():
        yield name, _program(name) or f"not found; only needed for: {purpose}"


def _program(name: str) -> str | None:
    """Where a program is: that of this environment, as `genoseq run` has it, or of PATH."""
    own, found = str(Path(sys.executable).parent / name), shutil.which(name)
    if not os.access(own, os.X_OK):
        if find_spec(name) is None:
            return found
        own = f"{sys.executable} -m {name}"
    if found == own:
        return found
    return f"{own}; PATH has {f'another, {found}' if found else 'none'}"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _computing() -> Iterator[tuple[str, str]]:
    import torch

    from genoseq.inference.readers import difference_from_torch as of_head
    from genoseq.kernels.cpu import choose as choose_kernels
    from genoseq.kernels.dispatch import choose
    from genoseq.models.device import choose_device, choose_precision
    from genoseq.models.integers import difference_from_twin
    from genoseq.models.recurrent import difference_from_torch

    device = choose_device()
    chosen = choose_precision(device)
    kind = torch.bfloat16 if chosen.precision == "bf16" else torch.float32
    yield "processor", processor()
    yield "processor features", " ".join(f for f in CPU_FLAGS if f in _cpu_flags()) or "none known"
    yield "processors to use", f"{_processors()} of {os.cpu_count()}"
    yield "torch threads", str(torch.get_num_threads())
    yield "torch device", _device_name(str(device))
    yield "precision", f"{chosen.precision}: {chosen.reason}"
    kernels = choose_kernels()
    differ = ""
    if kernels.name != "torch":
        states, gradients = difference_from_torch()
        differ = f"; {states:.0e} from PyTorch, gradients {gradients:.0e}, a head {of_head():.0e}"
    if kernels.has_int8:
        differ += f"; int8 {difference_from_twin():.0e} from its twin"
    yield "recurrent cpu", f"{kernels.name}: {kernels.reason}{differ}"
    for name in dict.fromkeys(("cpu", device.type)):
        kernel = choose(name, kind, _HEAD_WIDTH)
        yield f"attention {name}", f"{kernel.backend}: {kernel.reason}"


def _device_name(device: str) -> str:
    import torch

    if device != "cuda":
        return f"{device}; torch {torch.__version__} sees no GPU"
    return f"cuda: {torch.cuda.get_device_name()}"


def _processors() -> int:
    """Processors that this process may use; containers and Slurm may grant fewer than there are."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


def jobs_here() -> int:
    """How many processes suit this machine: one for each processor, if they fit into its memory."""
    return max(1, min(_processors(), _free_memory() // JOB_MEMORY))


def _free_memory() -> int:
    """Bytes that this process and its children may still take; a container may grant fewer than
    there are."""
    found = [os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    with suppress(OSError, ValueError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    for limit, used in _CGROUPS:
        with suppress(OSError, ValueError):  # there is none, or it says max
            found.append(int(limit.read_text()) - int(used.read_text()))
    return max(0, min(found, default=0))


def _cpu_flags() -> set[str]:
    return set(cpuinfo("flags").split())
