"""One training in one process, in several, and killed on the way: the loss at the end of each.

Every run is `genoseq train` with the same settings, so the same batches.  The first and the second
should differ by rounding; those killed twice (SIGKILL to one process, then SIGTERM to one) should
have the bytes of the run that was not, and where the number of processes changes at each kill, the
loss but for rounding again.  With dropout above 0 the number of processes matters more: each draws
what it drops of its own rows.

    python benchmarks/distributed.py
    python benchmarks/distributed.py --srun "srun --partition both --nodes 2"

The second takes a running Slurm (`python tests/workflow/local_slurm.py start`, whose nodes want
MASTER_ADDR=127.0.0.1); signals then go to all processes of a run.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from genoseq.genome.regions import Region
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.store.write import Contig, LabelledRegion, write_store

MODEL = {"embedding": 8, "stem": {"width": 16}, "encoder": {"width": 16}}
SIGNALS = (signal.SIGKILL, signal.SIGTERM)


class Runs:
    """Starts trainings in one folder."""

    def __init__(self, folder: Path, settings: dict[str, Any], srun: Sequence[str]) -> None:
        self.folder = folder
        self._settings = json.dumps(settings)
        self._srun = list(srun)
        self._steps: int = settings["training"]["steps"]

    def train(self, name: str, group_sizes: Sequence[int]) -> float:
        """Train with so many processes, killed after each of them but the last; seconds in all."""
        began = time.monotonic()
        for number, size in enumerate(group_sizes[:-1]):
            with (self.folder / f"{name}.log").open("a") as log:
                processes = self._start(name, size, log)
                self._wait(name, self._steps * (number + 1) // len(group_sizes), processes)
                self._send(SIGNALS[number % 2], name, processes)
                ends = [process.wait() for process in processes]
            if 0 in ends:
                sys.exit(f"{name}: was over before it was killed; ask for more --steps")
        with (self.folder / f"{name}.log").open("a") as log:
            ends = [process.wait() for process in self._start(name, group_sizes[-1], log)]
        if any(ends):
            sys.exit((self.folder / f"{name}.log").read_text())
        return time.monotonic() - began

    def _start(self, name: str, size: int, log: Any) -> list[subprocess.Popen[bytes]]:
        words = [sys.executable, "-m", "genoseq", "train", "store", "-o", name]
        words += ["--device", "cpu", "--settings", self._settings]

        def start(*command: str, **environment: str) -> subprocess.Popen[bytes]:
            variables = os.environ | environment
            return subprocess.Popen(command, stderr=log, cwd=self.folder, env=variables)

        if self._srun:
            tasks = ["--ntasks", f"{size}", *(["--nodes", "1"] if size == 1 else [])]
            return [start(*self._srun, *tasks, "--kill-on-bad-exit", "--job-name", name, *words)]
        if size == 1:
            return [start(*words)]
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = f"{taken.getsockname()[1]}"
        process_group = {"WORLD_SIZE": f"{size}", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        return [start(*words, **process_group, RANK=f"{r}", LOCAL_RANK=f"{r}") for r in range(size)]

    def _send(self, number: int, name: str, processes: list[subprocess.Popen[bytes]]) -> None:
        if self._srun:
            short = signal.Signals(number).name.removeprefix("SIG")
            subprocess.run(["scancel", "--signal", short, "--name", name], check=True)
        else:
            processes[-1].send_signal(number)

    def _wait(self, name: str, step: int, processes: list[subprocess.Popen[bytes]]) -> None:
        """Until a state at or after ``step`` was saved."""
        while self._saved_step(name) < step and all(p.poll() is None for p in processes):
            time.sleep(0.02)

    def _saved_step(self, name: str) -> int:
        try:
            with safe_open(self.folder / f"{name}.state/last.safetensors", "np") as file:
                step: int = json.loads(file.metadata()["genoseq"])["progress"]["step"]
                return step
        except (OSError, SafetensorError):
            return 0


def random_store(folder: Path) -> None:
    """Blocks of 300 bases, each of one label, whose letters lean towards one."""
    rng = np.random.default_rng(1)
    scheme = cds_phase_scheme()
    contigs: list[Contig] = []
    pieces: list[LabelledRegion] = []
    for split, bases in (("train", 300_000), ("valid", 60_000)):
        labels = np.repeat(rng.integers(0, len(scheme), bases // 300, np.uint8), 300)
        leaning = rng.random(bases) < 0.05 * labels
        codes = np.where(leaning, 1, rng.integers(0, 4, bases)).astype(np.uint8)
        contigs.append((split, [codes]))
        pieces.append((Region(split, 0, bases), split, labels))
    write_store(folder, "made", scheme, contigs, pieces, {})


def final_losses(state: Path) -> tuple[float, float]:
    """Losses of the last rows of training and of validation."""
    with (state / "logs/metrics.csv").open(newline="") as file:
        last = list(csv.DictReader(file))[-1]
    return float(last["train_loss"]), float(last["valid_loss"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--srun", default="", help="command that starts them; else all are here")
    asked = parser.parse_args()
    training = {"window": 384, "batch": 8, "steps": asked.steps, "validate_every": asked.steps}
    training |= {"precision": "fp32", "checkpoint_minutes": 1e-9}
    settings = {"model": MODEL | {"dropout": asked.dropout}, "training": training}
    n = asked.processes
    runs = {
        "one": ("1 process", [1]),
        "several": (f"{n} processes", [n]),
        "one_killed": ("1 process, killed twice", [1, 1, 1]),
        "several_killed": (f"{n} processes, killed twice", [n, n, n]),
        "changing": (f"{n}, then 1, then {n}", [n, 1, n]),
    }
    print(f"{'':<28}{'train loss':>12}{'valid loss':>12}{'s':>7}  {'weights, to 1 process':>22}")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        random_store(folder / "store")
        started = Runs(folder, settings, shlex.split(asked.srun))
        for name, (label, group_sizes) in runs.items():
            spent = started.train(name, group_sizes)
            train_loss, valid_loss = final_losses(folder / f"{name}.state")
            found, first = (load_file(folder / run / "model.safetensors") for run in (name, "one"))
            apart = max(float(np.abs(found[key] - first[key]).max()) for key in first)
            whole = folder / name.removesuffix("_killed") / "model.safetensors"
            same = whole.read_bytes() == (folder / name / "model.safetensors").read_bytes()
            note = f"{'same' if same else 'OTHER'} bytes" if "killed" in name else ""
            print(
                f"{label:<28}{train_loss:>12.7f}{valid_loss:>12.7f}{spent:>7.0f}"
                f"  {apart:>22.1e}  {note}",
                flush=True,
            )


if __name__ == "__main__":
    main()
