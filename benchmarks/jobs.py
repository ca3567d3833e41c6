"""What ``--jobs`` gains: seconds, CPU seconds and memory of scoring by 1, 2, 4, 8 processes.

    python benchmarks/jobs.py GENOME.fa.gz OUT [--jobs 1 2 4 8] [--turns 3] [--verb score]

Whole commands, in turns, of which the fastest counts; memory is the largest sum of what processes
take, shared pages divided among them (Pss).  With more jobs than processors the rows say what the
writing process bears, not what more processors would gain.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

EVERY = 0.2
"""Seconds between two looks at the memory."""


def family(pid: int) -> list[int]:
    """A process and its children."""
    with suppress(OSError):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, found)]
    return [pid]


def memory(pids: list[int]) -> float:
    """MB that processes take together."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def measured(words: list[str]) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak MB of a command that must succeed."""
    before, start, peak = os.times(), time.monotonic(), 0.0
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, memory(family(process.pid)))
        time.sleep(EVERY)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
    after, wall = os.times(), time.monotonic() - start
    cpu = after.children_user - before.children_user + after.children_system
    return wall, cpu - before.children_system, peak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--verb", choices=["score", "genes"], default="score")
    asked = parser.parse_args()
    found: dict[int, list[tuple[float, float, float]]] = {jobs: [] for jobs in asked.jobs}
    genoseq = str(Path(sys.executable).parent / "genoseq")
    for _ in range(asked.turns):
        for jobs, rows in found.items():
            words = [genoseq, asked.verb, str(asked.genome), "-o", str(asked.out / str(jobs))]
            rows.append(measured([*words, "--jobs", str(jobs)]))
    first = min(found[asked.jobs[0]])[0]
    print(f"{asked.verb}, {len(os.sched_getaffinity(0))} processors")
    print("| jobs | seconds | times as fast | CPU seconds | peak MB |\n|---|---|---|---|---|")
    for jobs, rows in found.items():
        wall, cpu, peak = min(rows)
        print(f"| {jobs} | {wall:.1f} | {first / wall:.2f} | {cpu:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
