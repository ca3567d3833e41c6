"""Run the checks of the attention operator on a device, a line for each; status 1 if one fails.

    PYTHONPATH=.:tests python -m kernels.device --device cuda

Compiling takes most of the time, so several processes share the checks.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from itertools import product

import torch
from kernels.device.checks import CHECKS, DTYPES, Finding, Subject


def checked(name: str, subject: Subject) -> Finding:
    """A check's finding; an error is one too."""
    try:
        return CHECKS[name](subject)
    except Exception as error:  # the other checks run all the same
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        return Finding(False, f"{type(error).__name__}: {said}")


def share(command: list[str], jobs: int) -> int:
    """Run the command as `jobs` processes, each with a part of the checks; how many failed."""
    running = [
        subprocess.Popen([*command, "--part", str(part), "--jobs", str(jobs)])
        for part in range(jobs)
    ]
    return sum(process.wait() != 0 for process in running)


def parse() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=DTYPES)
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS), metavar="CHECK")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--part", type=int, help="of the checks, 0 to jobs - 1: this one alone")
    return parser.parse_args()


def main() -> None:
    """Print the findings."""
    asked = parse()
    if asked.device == "cuda" and not torch.cuda.is_available():
        sys.exit("not measured: no CUDA device")
    if asked.jobs > 1 and asked.part is None:
        jobs = min(asked.jobs, os.cpu_count() or 1)
        sys.exit(bool(share([sys.executable, "-m", "kernels.device", *sys.argv[1:]], jobs)))
    torch.set_num_threads(1)
    chosen = list(product(asked.only, asked.dtypes))[asked.part or 0 :: asked.jobs]
    failed = 0
    for name, dtype in chosen:
        finding = checked(name, Subject(asked.device, getattr(torch, dtype)))
        failed += not finding.holds
        state = "ok" if finding.holds else "FAILED"
        line = f"{dtype:<9} {name:<44}{state:<7} {finding.words}".rstrip()
        sys.stdout.write(line + "\n")  # in one piece, among those of other processes
        sys.stdout.flush()
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
