"""Snakemake through the local Slurm: started, watched, disturbed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from local_slurm import output, wait_for
from small_run import SNAKEFILE

# The profile as people use it, but for its patience.
OPTIONS = (
    *("--workflow-profile", "slurm", "--latency-wait", "5"),
    *("--slurm-init-seconds-before-status-checks", "1", "--max-status-checks-per-second", "1"),
)
WATCHFUL = Path(__file__).parent / "watchful_snakemake.py"


class SlurmJob(NamedTuple):
    """A job that Snakemake submitted: its wildcards and memory as Snakemake and Slurm write them.

    Times are local ones to the second, as Slurm gives them.
    """

    number: int
    rule: str
    wildcards: str
    partition: str
    memory: str
    state: str
    start: str
    end: str


def command(folder: Path, *words: str) -> list[str]:
    """Snakemake's command line for a run in ``folder``."""
    return [sys.executable, "-m", "snakemake", *words_of(folder, *words)]


def words_of(folder: Path, *words: str) -> list[str]:
    """The words of that command line after the program."""
    return ["--snakefile", str(SNAKEFILE), "--directory", str(folder), *words]


@contextmanager
def start(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a run through Slurm, which writes what it says to ``said.log``.

    The block may wait for its end; if it does not, Snakemake is killed.
    """
    with (
        (folder / "said.log").open("ab") as said,
        subprocess.Popen(
            [sys.executable, str(WATCHFUL), *words_of(folder, *OPTIONS, *words)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=folder,
            start_new_session=True,
        ) as snakemake,
    ):
        try:
            yield snakemake
        finally:
            snakemake.kill()  # nothing if it is over


def run_ids(folder: Path) -> list[str]:
    """Names of the Slurm jobs of each run in a folder, the oldest run first."""
    text = (folder / "said.log").read_text()
    lines = (line.partition("SLURM run ID: ") for line in text.splitlines())
    return [name.strip() for _, found, name in lines if found]


def slurm_jobs(folder: Path) -> list[SlurmJob]:
    """All jobs of the runs in a folder, in the order of their submission."""
    ids = ",".join(run_ids(folder))
    if not ids:
        return []
    fields = "%A|%k|%P|%m|%T|%S|%e"
    said = output("squeue", "-h", "-t", "all", "-S", "i", "--name", ids, "-o", fields)
    jobs = []
    for line in said.splitlines():
        number, comment, *rest = line.split("|")
        rule, _, wildcards = comment.removeprefix("rule_").partition("_wildcards_")
        jobs.append(SlurmJob(int(number), rule, wildcards, *rest))
    return jobs


def processes(folder: Path, verb: str | None = None) -> list[int]:
    """Processes of ``genoseq VERB``, or of any verb, that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            names = [Path(os.fsdecode(word)).name for word in words[:3]]
            is_genoseq = names[0].startswith("python") and names[1:2] == ["genoseq"]
            if is_genoseq and verb in (None, *names[2:]) and (process / "cwd").readlink() == folder:
                found.append(int(process.name))
    return found


def freeze_training(folder: Path, model: str) -> int:
    """Stop the training of a model once it has done some steps; a signal of Slurm wakes it up.

    So it cannot be over before it is disturbed, however busy the machine is.
    """
    log = folder / f"results/logs/train/{model}.log"
    state = f"results/models/{model}.state".encode()

    def training() -> list[int]:
        found = processes(folder, "train")
        return [p for p in found if state in Path(f"/proc/{p}/cmdline").read_bytes().split(b"\0")]

    # The log is that of this attempt: it was emptied before the process was there.
    wait_for(lambda: training() and "train: " in log.read_text(), f"training of {model}", 600)
    process = training()[-1]
    os.kill(process, signal.SIGSTOP)
    return process


def clear_up(folder: Path) -> None:
    """What README.md of workflows/ says to do after Snakemake itself was killed."""
    output("scancel", "--name", run_ids(folder)[-1])
    wait_for(lambda: not active(folder), "the end of cancelled jobs", 60)
    unlock = command(folder, "--unlock")
    subprocess.run(unlock, cwd=folder, check=True, capture_output=True, timeout=120)


def active(folder: Path) -> list[SlurmJob]:
    """Jobs of the runs in a folder that are not over."""
    states = ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED")
    return [job for job in slurm_jobs(folder) if job.state in states]


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of each result by its path; logs, measurements and checkpoints are no results."""
    results = folder / "results"
    found = {}
    for path in sorted(results.rglob("*")):
        parts = path.relative_to(results).parts
        if path.is_file() and parts[0] not in ("logs", "benchmarks") and ".state" not in str(path):
            found["/".join(parts)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
