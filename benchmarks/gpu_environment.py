"""What benchmarks/gpu.sh measures on: processor or GPU, driver, versions, git revision; no dates.

python benchmarks/gpu_environment.py
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

REPOSITORY = Path(__file__).parents[1]


def answer(*command: str) -> str:
    """What a command prints, or ``unknown``."""
    if shutil.which(command[0]) is None:
        return "unknown"
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def revision() -> str:
    """Git revision, and whether files differ from it."""
    found = answer("git", "rev-parse", "--short=12", "HEAD")
    changed = answer("git", "status", "--porcelain", "--untracked-files=no")
    return found if found == "unknown" or not changed else f"{found} with changes"


def installed(package: str) -> str:
    """Version of a package, or that there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def gpu() -> str:
    """Name, memory and compute capability of the GPU."""
    if not torch.cuda.is_available():
        return "none that torch sees"
    found = torch.cuda.get_device_properties(0)
    memory = f"{found.total_memory / 2**30:.0f} GiB"
    return f"{found.name}, {memory}, compute capability {found.major}.{found.minor}"


def main() -> None:
    """Print the table."""
    query = ("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0")
    cudnn = torch.backends.cudnn.version() if torch.cuda.is_available() else None
    rows = {
        "GPU": gpu(),
        "driver": answer(*query),
        "CUDA of torch": torch.version.cuda or torch.version.hip or "none",
        "cuDNN": cudnn or "none",
        "CPU cores": torch.get_num_threads(),
        "Python": platform.python_version(),
        "torch": torch.__version__,
        "triton": installed("triton"),
        "flash-attn": installed("flash-attn"),
        "genoseq": revision(),
    }
    for name, found in rows.items():
        print(f"{name:<15}{found}")


if __name__ == "__main__":
    main()
