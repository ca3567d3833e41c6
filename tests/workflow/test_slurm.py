"""The workflow through a real Slurm: the same bytes as without, whatever is done to its jobs.

One run is shared by most tests: it is disturbed in all the ways that Slurm and people have to end a
job, and has to come out as a local run that was left in peace.  The last test trains on two nodes.
All are in this file, because a machine has room for one local Slurm, and files run side by side.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

import pytest
from command import Genoseq, forked_path
from local_slurm import LINK, LocalSlurm, LocalSlurmError, local_slurm, output, wait_for
from slurm_run import (
    OPTIONS,
    SlurmJob,
    active,
    checksums,
    clear_up,
    command,
    freeze_training,
    processes,
    slurm_jobs,
    start,
)
from small_run import SHEET, TINY, TRAINING, write_config, write_genome

from genoseq.models.bundle import load_bundle
from genoseq.plan.init import init_run

# No checkpoint and no validation before the last step: what is resumed was saved for a signal.
LONG = {**TRAINING, "steps": 400, "validate_every": 400, "checkpoint_minutes": 60}
CONFIG = {
    "split": {"block": 6_000, "gap": 200, "valid": 0.2, "test": 0.2},
    "models": {"long": {"model": TINY, "training": LONG}},
    "score": {"formats": ["bigwig", "bed"], "shards": 2},
    "report": {"title": "A small run"},
}
GROUP = {**LONG, "steps": 300, "validate_every": 300}
GROUP_SETTINGS = {"model": {**TINY, "dropout": 0.0}, "training": {**GROUP, "precision": "fp32"}}
GROUP_CONFIG = {"split": CONFIG["split"], "models": {"long": GROUP_SETTINGS}}
# What the profile for Slurm shows, without GPUs: the second node's one is no real one.
TWO_NODES = (
    *("train:slurm_partition=both", "train:gpu=0", "train:nodes=2", "train:tasks=2"),
    *("train:mpi=srun", "train:launcher=srun --ntasks 2 --kill-on-bad-exit"),
)
STORE, MODEL = "results/stores/made", "results/models/long"
GENOSEQ = """\
#!/bin/sh
echo "$1 $SLURMD_NODENAME ${{CUDA_VISIBLE_DEVICES:-none}}" >> {seen}
exec {genoseq} "$@"
"""


class Outcome(NamedTuple):
    """A run through Slurm, and what was seen on the way."""

    folder: Path
    jobs: list[SlurmJob]
    resumed: list[int]
    seen: list[list[str]]


def small_run(folder: Path) -> Path:
    write_genome(folder)
    write_config(folder, CONFIG)
    header, made, _ = SHEET.splitlines()
    (folder / "config/genomes.tsv").write_text(f"{header}\n{made}\n")
    return folder


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Popen[str]]]:
    """A folder, and the workflow that runs in it without Slurm, beside whatever is tested."""
    folder = small_run(tmp_path_factory.mktemp("undisturbed"))
    with (
        (folder / "said.log").open("w") as said,
        Popen(
            command(folder, "--cores", "1"),
            cwd=folder,
            env={**os.environ, "PATH": forked_path()},
            text=True,
            stdout=said,
            stderr=said,
        ) as running,
    ):
        yield folder, running
        running.kill()  # nothing if it is over


@pytest.fixture(scope="module")
def undisturbed(local: tuple[Path, Popen[str]]) -> Path:
    """The folder in which the workflow has run without Slurm."""
    folder, running = local
    assert running.wait() == 0, (folder / "said.log").read_text()
    return folder


@pytest.fixture(scope="module")
def disturbed(
    slurm: LocalSlurm, local: tuple[Path, Popen[str]], tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    """A run through Slurm in which a training ends too early four times, and memory is short.

    Most of the time it waits for Slurm: the run without Slurm goes on beside it.
    """
    del slurm, local
    folder = small_run(tmp_path_factory.mktemp("disturbed"))
    scripts = folder / "bin"
    scripts.mkdir()
    # Goes before the one that belongs to this Python, and tells where it ran and what it saw.
    script, beside = scripts / "genoseq", Path(sys.executable).parent
    script.write_text(GENOSEQ.format(seen=folder / "seen.txt", genoseq=beside / "genoseq"))
    script.chmod(0o755)
    path = [str(scripts), str(beside), "/usr/bin", "/bin"]
    before = os.environ["PATH"]
    os.environ["PATH"] = os.pathsep.join(path)
    try:
        resumed = disturb(folder)
    finally:
        os.environ["PATH"] = before
    seen = [line.split() for line in (folder / "seen.txt").read_text().splitlines()]
    return Outcome(folder, slurm_jobs(folder), resumed, seen)


def disturb(folder: Path) -> list[int]:
    """Run the workflow; the step that the training resumed from after each of its ends."""
    # On the command line it takes the place of the profile's, partitions and all.
    options = (
        *("--set-resources", "evaluate:mem_mb=300*attempt", "evaluate:slurm_partition=gpu"),
        *("train:slurm_partition=gpu", "score:slurm_partition=gpu"),
    )
    steps: list[int] = []

    def note_resumed() -> None:
        log = (folder / "results/logs/train/long.log").read_text()
        steps.extend(int(number) for number in re.findall(r"resuming after step (\d+)", log))

    def disturb_training(*words: str) -> str:
        process = freeze_training(folder, "long")
        note_resumed()
        job = [job for job in active(folder) if job.rule == "train"][-1].number
        output(*(word.format(job=job) for word in words))
        wait_for(lambda: process not in processes(folder), f"{words[0]} to end the training", 90)
        return f"{job}"

    with start(folder, *options) as snakemake:
        freeze_training(folder, "long")
        snakemake.kill()
    clear_up(folder)
    with start(folder, *options) as snakemake:
        disturb_training("scancel", "{job}")
        # As at its time limit, which a profile gives in minutes; Slurm looks every 30 s.
        disturb_training("scontrol", "update", "JobId={job}", "EndTime=now+1")
        job = disturb_training("scontrol", "requeue", "{job}")
        waiting = ["squeue", "-h", "-t", "PENDING", "-j", job]
        wait_for(lambda: output(*waiting), "the requeued job", 60)
        output("scontrol", "update", f"JobId={job}", "StartTime=now")  # not after two minutes
        snakemake.wait(900)
    note_resumed()
    assert snakemake.returncode == 0, (folder / "said.log").read_text()
    return steps


def test_run_gives_the_bytes_of_a_local_run(disturbed: Outcome, undisturbed: Path) -> None:
    expected = checksums(undisturbed)
    assert checksums(disturbed.folder) == expected
    assert "models/long/model.safetensors" in expected
    assert "tracks/made/long/CDS.plus.bw" in expected


def test_training_goes_on_from_where_a_signal_found_it(disturbed: Outcome) -> None:
    kill, cancel, time_limit, requeue = disturbed.resumed
    assert 0 < kill < cancel < time_limit < requeue < LONG["steps"]
    states = [
        job.state for job in disturbed.jobs if job.wildcards == "long" and job.rule == "train"
    ]
    assert states == ["CANCELLED", "CANCELLED", "TIMEOUT", "COMPLETED"]


def test_memory_grows_until_a_job_has_enough(disturbed: Outcome) -> None:
    jobs = [job for job in disturbed.jobs if (job.rule, job.wildcards) == ("evaluate", "long")]
    assert len(jobs) > 1
    assert [job.memory for job in jobs] == [f"{300 * n}M" for n in range(1, len(jobs) + 1)]
    assert [job.state == "COMPLETED" for job in jobs] == [False] * (len(jobs) - 1) + [True]


def test_gpu_is_seen_by_rules_that_run_a_network_only(disturbed: Outcome) -> None:
    on_gpu = {"train", "evaluate", "score"}
    verbs = {verb for verb, _, _ in disturbed.seen}
    assert verbs >= {"extract", "tokenize", "train", "evaluate", "score", "tracks", "report"}
    for verb, node, device in disturbed.seen:
        assert (node, device) == (("n2", "0") if verb in on_gpu else ("n1", "none")), verb
    assert {job.partition for job in disturbed.jobs if job.rule not in on_gpu} == {"cpu"}


def test_default_profile_is_in_force_by_itself(disturbed: Outcome) -> None:
    words = command(disturbed.folder, "--dry-run")
    found = subprocess.run(words, capture_output=True, text=True, check=True, cwd=disturbed.folder)
    assert re.search(r"Using workflow specific profile \S*profiles/default ", found.stderr)
    assert "Nothing to be done" in found.stdout + found.stderr


def test_cluster_of_another_is_left_alone(slurm: LocalSlurm) -> None:
    with pytest.raises(LocalSlurmError, match="another process uses it"), local_slurm():
        pass
    assert LINK.readlink().parent == slurm.folder
    assert slurm.jobs() == {}


def test_folder_of_an_installed_package_runs_through_slurm(
    slurm: LocalSlurm, tmp_path: Path
) -> None:
    folder = tmp_path / "my"
    init_run(folder)
    write_genome(folder)
    with (folder / "config/genomes.tsv").open("a") as sheet:
        sheet.write("made\tmade genome.fa\tmade.gff3\t-\tblocks\n")
    words = [sys.executable, "-m", "genoseq", "run", str(folder), *OPTIONS, "results/shards/made"]
    found = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "specific profile profiles/slurm" in found.stderr
    assert (folder / "results/shards/made").is_dir()
    (name,) = re.findall(r"SLURM run ID: (\S+)", found.stdout + found.stderr)
    assert [*slurm.jobs("COMPLETED").values()].count(name) == 1


def train_losses(state: Path) -> list[float]:
    with (state / "logs/metrics.csv").open(newline="") as file:
        return [float(row["train_loss"]) for row in csv.DictReader(file)]


def test_training_on_two_nodes_is_that_of_one_process(
    slurm: LocalSlurm,
    undisturbed: Path,
    tmp_path: Path,
    genoseq: Genoseq,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del slurm
    folder = tmp_path / "run"
    shutil.copytree(undisturbed, folder)  # its store; the model is one of other settings
    shutil.rmtree(folder / "results/models")
    write_config(folder, GROUP_CONFIG)
    # Both nodes are this machine, and their names are known to Slurm alone.
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    log = folder / "results/logs/train/long.log"
    with start(folder, "--set-resources", *TWO_NODES, "--", MODEL) as snakemake:
        freeze_training(folder, "long")
        assert "starting, 2 processes share each batch" in log.read_text()
        output("scancel", f"{active(folder)[-1].number}")
        snakemake.wait(600)
    assert snakemake.returncode == 0, (folder / "said.log").read_text()
    assert [job.state for job in slurm_jobs(folder)] == ["CANCELLED", "COMPLETED"]
    found = re.search(r"resuming after step (\d+), 2 processes share each batch", log.read_text())
    assert found is not None
    assert 50 <= int(found[1]) < GROUP["steps"]
    assert load_bundle(folder / MODEL).provenance["processes"] == 2

    words = ["--settings", json.dumps(GROUP_SETTINGS), "-o", tmp_path / "alone"]
    done = genoseq("train", folder / STORE, *words)
    assert done.returncode == 0, done.stderr
    together = train_losses(folder / f"{MODEL}.state")
    assert together == pytest.approx(train_losses(tmp_path / "alone.state"), rel=1e-4)
    assert len(together) == GROUP["steps"] // 50
