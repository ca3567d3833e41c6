"""Runs of the workflow through Slurm, in each of which something is killed at a random moment.

    python benchmarks/random_kills.py [--runs 20] [--at-once 2] [--seed 1] [--keep FOLDER]

Starts a local Slurm (root and the packages of .ci/packages).  A run without Slurm that is left in
peace gives the bytes to compare with.  Then, in turn: a job is cancelled by ``scancel``; a genoseq
process is killed by SIGKILL; Snakemake itself is, and its jobs are cancelled, the folder unlocked,
the same command given again and what is temporary removed, as workflows/README.md says.  Which job
and when is drawn at random; a run that is over before its moment comes is drawn again.  The last
line counts the runs that completed, and those whose results equal the undisturbed run's byte for
byte.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/workflow"))

from local_slurm import local_slurm, output
from slurm_run import active, checksums, clear_up, command, processes, slurm_jobs, start
from small_run import SHEET, TINY, TRAINING, write_config, write_genome

KINDS = ("scancel", "kill genoseq", "kill snakemake")
JOB_SECONDS = 12.0
"""The moment within a job is drawn from this many seconds; later than its end is the next job."""
CONFIG = {
    "split": {"block": 6_000, "gap": 200, "valid": 0.2, "test": 0.2},
    "models": {"one": {"model": TINY, "training": {**TRAINING, "steps": 300}}},
    "score": {"formats": ["bigwig", "bed", "tsv"], "shards": 2},
}


class Result(NamedTuple):
    """One run: what was killed in it, whether it completed, and which results differ."""

    kind: str
    killed: str | None
    completed: bool
    differing: list[str]
    jobs: int
    seconds: float


def prepare(folder: Path) -> Path:
    """The inputs of a run in a new folder."""
    folder.mkdir(parents=True)
    write_genome(folder)
    write_config(folder, CONFIG)
    (folder / "config/genomes.tsv").write_text(SHEET)
    return folder


def undisturbed(folder: Path) -> tuple[dict[str, str], int]:
    """Checksums of a run without Slurm, and how many jobs it has."""
    words = command(prepare(folder), "--cores", "2")
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    return checksums(folder), len(list((folder / "results/benchmarks").rglob("*.tsv")))


def disturb(folder: Path, kind: str, job: int, delay: float, snakemake: int) -> str | None:
    """Kill something ``delay`` seconds after the job of that number began; what was killed.

    If nothing of the kind runs at that moment, the next that does is taken; None if none did.
    """

    def alive() -> bool:
        return Path(f"/proc/{snakemake}/stat").exists() and not _zombie(snakemake)

    while alive() and len([j for j in slurm_jobs(folder) if j.state != "PENDING"]) < job:
        time.sleep(0.2)
    time.sleep(delay)
    while alive():
        running = [f"{j.rule} {j.wildcards}".strip() for j in active(folder)]
        if kind == "kill snakemake":
            os.kill(snakemake, signal.SIGKILL)
            return ", ".join(running) or "between jobs"
        if kind == "scancel" and (jobs := [j for j in active(folder) if j.state == "RUNNING"]):
            output("scancel", str(jobs[0].number))
            return f"{jobs[0].rule} {jobs[0].wildcards}".strip()
        if kind == "kill genoseq" and (found := processes(folder)):
            with suppress(ProcessLookupError):
                verb = Path(f"/proc/{found[0]}/cmdline").read_bytes().split(b"\0")[2].decode()
                os.kill(found[0], signal.SIGKILL)
                return verb
        time.sleep(0.05)
    return None


def _zombie(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def one_run(
    folder: Path, kind: str, expected: dict[str, str], jobs: int, draw: random.Random
) -> Result:
    """A run from start to end, disturbed at a moment that is drawn."""
    job, delay = draw.randint(1, jobs), draw.uniform(0, JOB_SECONDS)
    prepare(folder)
    began = time.monotonic()
    with start(folder) as snakemake:
        killed = disturb(folder, kind, job, delay, snakemake.pid)
        snakemake.wait(1800)
    status = snakemake.returncode
    if kind == "kill snakemake" and status == -signal.SIGKILL:
        clear_up(folder)
        with start(folder) as snakemake:
            status = snakemake.wait(1800)
        words = command(folder, "--delete-temp-output")
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
    found = checksums(folder)
    paths = sorted({*found, *expected})
    differing = [path for path in paths if found.get(path) != expected.get(path)]
    seconds = time.monotonic() - began
    return Result(kind, killed, status == 0, differing, len(slurm_jobs(folder)), seconds)


def main() -> None:
    """Print a line for each run, then the counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=2, help="runs side by side")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the runs, by default a temporary one")
    asked = parser.parse_args()
    folder = (asked.keep or Path(tempfile.mkdtemp(prefix="genoseq-kills-"))).resolve()
    expected, jobs = undisturbed(folder / "undisturbed")
    print(f"undisturbed: {jobs} jobs, {len(expected)} files\n")
    header = f"{'run':>3}  {'kind':16}{'killed':34}{'completed':11}{'equal':7}{'jobs':>4}{'s':>6}"
    print(header, flush=True)

    def run(number: int) -> Result:
        kind = KINDS[number % len(KINDS)]
        draw = random.Random(1_000_003 * asked.seed + number)
        place = folder / f"run{number + 1}"
        result = one_run(place, kind, expected, jobs, draw)
        while result.killed is None:
            shutil.rmtree(place)
            result = one_run(place, kind, expected, jobs, draw)
        completed, equal = ("yes" if good else "NO" for good in (result[2], not result.differing))
        row = f"{number + 1:3}  {kind:16}{result.killed[:32]:34}{completed:11}{equal:7}"
        print(f"{row}{result.jobs:4}{result.seconds:6.0f}", flush=True)
        for path in result.differing[:5]:
            print(f"     differs: {path}", flush=True)
        return result

    with local_slurm(), ThreadPoolExecutor(asked.at_once) as pool:
        results = list(pool.map(run, range(asked.runs)))
    completed = sum(result.completed for result in results)
    equal = sum(result.completed and not result.differing for result in results)
    print(f"\n{completed} of {asked.runs} completed, {equal} equal to the undisturbed run")
    if asked.keep is None and equal == asked.runs:
        shutil.rmtree(folder)
    if equal < asked.runs:
        sys.exit(f"the runs are in {folder}")


if __name__ == "__main__":
    main()
