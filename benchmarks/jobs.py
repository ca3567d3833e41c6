"""What ``--jobs`` gains: seconds, CPU seconds and memory of scoring by 1, 2, 4, 8 processes.

    python benchmarks/jobs.py GENOME.fa.gz OUT [--jobs 2 4 8] [--turns 3] [--verb score]

Whole commands, in turns, of which the fastest counts, beside one job of one thread of torch and of
two; memory is the largest sum of what processes take, shared pages divided among them (Pss).  With
more jobs than processors the rows say what the writing process bears, not what more processors
would gain.

A machine that is busy with other things makes seconds worthless, and its CPU seconds stay.  So the
table ends with what is not shared, the CPU seconds of the same command for a contig of 1 kb (the
start of Python and torch, the model), and with how many times as fast as one the jobs could be:
the first row's CPU seconds, by the start and the row's other CPU seconds divided by jobs.
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
    parser.add_argument("--jobs", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--verb", choices=["score", "genes"], default="score")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    (small := asked.out / "small.fa").write_text(">small\n" + "ACGTTGCATC" * 100 + "\n")
    ways = {"1, a thread": (1, asked.genome, ["--jobs", "1", "--threads", "1"]),
            "1, 2 threads": (1, asked.genome, ["--jobs", "1", "--threads", "2"])}  # fmt: skip
    ways |= {str(jobs): (jobs, asked.genome, ["--jobs", str(jobs)]) for jobs in asked.jobs}
    ways["1 kb, a thread"] = (1, small, ["--jobs", "1", "--threads", "1"])
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in ways}
    genoseq = str(Path(sys.executable).parent / "genoseq")
    for _ in range(asked.turns):
        for way, (_, genome, options) in ways.items():
            out = asked.out / way.replace(" ", "-")
            words = [genoseq, asked.verb, str(genome), "-o", str(out), *options]
            found[way].append(measured(words))
    wall = {way: min(row[0] for row in rows) for way, rows in found.items()}
    cpu = {way: min(row[1] for row in rows) for way, rows in found.items()}
    first, start = next(iter(ways)), cpu["1 kb, a thread"]
    load = Path("/proc/loadavg").read_text().split()[0]
    print(f"{asked.verb}, {len(os.sched_getaffinity(0))} processors, load {load}")
    print("| jobs | seconds | times as fast | CPU seconds | peak MB | could be |")
    print("|---" * 6 + "|")
    for way, (jobs, genome, _) in ways.items():
        could = cpu[first] / (start + (cpu[way] - start) / jobs)
        told = f"{could:.2f}" if genome == asked.genome else ""
        print(
            f"| {way} | {wall[way]:.1f} | {wall[first] / wall[way]:.2f} | {cpu[way]:.1f} | "
            f"{max(row[2] for row in found[way]):.0f} | {told} |"
        )


if __name__ == "__main__":
    main()
