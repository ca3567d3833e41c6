"""What people see of long jobs under Snakemake: lines on its own stderr, and plain logs."""

from __future__ import annotations

import copy
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from small_run import (
    CONFIG,
    SHEET,
    SNAKEFILE,
    TINY,
    TRAINING,
    command_line,
    write_config,
    write_genome,
)

_LINE = re.compile(
    r"^train results/models/(\w+): \d+%, step [\d,]+ of [\d,]+, [\d.e+]+ steps/s, loss \d\.\d{5}"
    r"(, \d+ (s|min) left)?$",
    re.MULTILINE,
)
_PATIENCE = 120.0


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for path in found for word in path.read_text().split()]


def test_trainings_tell_how_far_they_are_and_end_by_signals_of_their_own(tmp_path: Path) -> None:
    write_genome(tmp_path)
    config = copy.deepcopy(CONFIG)
    long = {**TRAINING, "steps": 1_000_000, "validate_every": 1_000_000, "max_minutes": 2}
    config["models"] = {name: {"model": TINY, "training": long} for name in ("one", "two")}
    write_config(tmp_path, config)
    (tmp_path / "config/genomes.tsv").write_text(SHEET)
    screen = tmp_path / "screen"
    targets = ("results/models/one", "results/models/two")
    with (
        screen.open("w") as file,
        subprocess.Popen(
            command_line(tmp_path, "--keep-going", *targets, snakefile=SNAKEFILE),
            stdout=subprocess.DEVNULL,
            stderr=file,
            start_new_session=True,
        ) as running,
    ):
        try:
            until = time.monotonic() + _PATIENCE
            while {line[1] for line in _LINE.finditer(screen.read_text())} < {"one", "two"}:
                assert running.poll() is None, screen.read_text()
                assert time.monotonic() < until, screen.read_text()
                time.sleep(0.1)
            trainings = _children(running.pid)
            assert len(trainings) == 2  # no shell or pipe between them and Snakemake
            for pid in trainings:
                os.kill(pid, signal.SIGTERM)
            running.wait(_PATIENCE)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
    said = screen.read_text()
    assert running.returncode == 1
    assert said.count("genoseq: SIGTERM received: state after step ") == 2, said
    assert said.count("returned non-zero exit status 143") == 2, said
    for name in ("one", "two"):
        log = (tmp_path / f"results/logs/train/{name}.log").read_text()
        assert "genoseq: SIGTERM received" in log
        assert not _LINE.search(log)
        assert not re.search(r"[\r\x1b]", log)
