"""Test of one training on two nodes of a Slurm cluster: rule train, srun, and a cancelled job."""

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest
from command import Genoseq
from local_slurm import LocalSlurm, output
from slurm_run import active, command, freeze_training, slurm_jobs, start
from small_run import SHEET, TINY, TRAINING, write_config, write_genome

from genoseq.models.bundle import load_bundle

# No checkpoint and no validation before the last step: what is resumed was saved for a signal.
LONG = {**TRAINING, "steps": 300, "validate_every": 300, "checkpoint_minutes": 60}
SETTINGS = {"model": {**TINY, "dropout": 0.0}, "training": {**LONG, "precision": "fp32"}}
CONFIG = {
    "split": {"block": 6_000, "gap": 200, "valid": 0.2, "test": 0.2},
    "models": {"long": SETTINGS},
}
# What the profile for Slurm shows, without GPUs: the second node's one is no real one.
TWO_NODES = (
    *("train:slurm_partition=both", "train:gpu=0", "train:nodes=2", "train:tasks=2"),
    *("train:mpi=srun", "train:launcher=srun --ntasks 2 --kill-on-bad-exit"),
)
STORE, MODEL = "results/stores/made", "results/models/long"


def train_losses(state: Path) -> list[float]:
    with (state / "logs/metrics.csv").open(newline="") as file:
        return [float(row["train_loss"]) for row in csv.DictReader(file)]


def test_training_on_two_nodes_is_that_of_one_process(
    slurm: LocalSlurm, tmp_path: Path, genoseq: Genoseq, monkeypatch: pytest.MonkeyPatch
) -> None:
    del slurm
    write_genome(tmp_path)
    write_config(tmp_path, CONFIG)
    header, made, _ = SHEET.splitlines()
    (tmp_path / "config/genomes.tsv").write_text(f"{header}\n{made}\n")
    words = command(tmp_path, "--cores", "1", STORE)
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    # Both nodes are this machine, and their names are known to Slurm alone.
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    log = tmp_path / "results/logs/train/long.log"
    with start(tmp_path, "--set-resources", *TWO_NODES, "--", MODEL) as snakemake:
        freeze_training(tmp_path, "long")
        assert "starting, 2 processes share each batch" in log.read_text()
        output("scancel", f"{active(tmp_path)[-1].number}")
        snakemake.wait(600)
    assert snakemake.returncode == 0, (tmp_path / "said.log").read_text()
    assert [job.state for job in slurm_jobs(tmp_path)] == ["CANCELLED", "COMPLETED"]
    found = re.search(r"resuming after step (\d+), 2 processes share each batch", log.read_text())
    assert found is not None
    assert 50 <= int(found[1]) < LONG["steps"]
    assert load_bundle(tmp_path / MODEL).provenance["processes"] == 2

    words = ["--settings", json.dumps(SETTINGS), "-o", tmp_path / "alone"]
    done = genoseq("train", tmp_path / STORE, *words)
    assert done.returncode == 0, done.stderr
    together = train_losses(tmp_path / f"{MODEL}.state")
    assert together == pytest.approx(train_losses(tmp_path / "alone.state"), rel=1e-4)
    assert len(together) == LONG["steps"] // 50
