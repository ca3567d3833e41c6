"""What the tests of seams do with a toy: the verbs, in this process and in killed ones."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from command import Started, start_command
from typer.testing import CliRunner

from genoseq.cli.app import app

Settings = Mapping[str, Any]

TRAINING = {
    **{"steps": 120, "window": 300, "batch": 4, "validate_every": 40, "precision": "fp32"},
    **{"checkpoint_minutes": 1e-9, "validation_windows": 4, "learning_rate": 0.02},
}
RARELY = ("--checkpoint-minutes", "5")
"""For trainings that nobody kills: to save a state takes as long as a step."""


def run(*words: str | Path) -> str:
    """Standard output of the command line in this process; errors are raised."""
    done = CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def train(store: Path, out: Path, settings: Settings) -> None:
    """Train in this process, undisturbed."""
    run(*_training(store, out, settings), *RARELY)


def _training(store: Path, out: Path, settings: Settings) -> list[str | Path]:
    return ["train", store, "-o", out, "--settings", json.dumps(settings)]


def killed_and_resumed(script: str, store: Path, out: Path, settings: Settings) -> str:
    """What the second of two trainings says, of which the first was killed.

    Both are processes of their own, by a test file that, run as a script, is the command line with
    its toy in it.
    """

    def start(*options: str) -> Started:
        words = [*map(str, _training(store, out, settings)), *options]
        return start_command("genoseq", words, script=script)

    training = start()
    last = Path(f"{out}.state/last.safetensors")
    while not last.exists() and training.poll() is None:
        time.sleep(0.01)
    training.send_signal(signal.SIGKILL)
    training.wait()
    assert not out.exists()
    done = start(*RARELY).wait()
    assert done.returncode == 0, done.stderr
    return done.stderr


def estimate_of_training(folder: Path, settings: Settings, chrom: str) -> str:
    """The row of ``config check`` for a model that learns from ``genome.fa`` of the folder."""
    sheet = "name\tfasta\tannotation\tsplit\ng\tgenome.fa\tx.bed\tblocks\n"
    (folder / "genomes.tsv").write_text(sheet)
    (folder / "x.bed").write_text(f"{chrom}\t0\t90\tCDS\t0\t+\n")
    split = {"block": 2_000, "gap": 0}
    config = {"genomes": "genomes.tsv", "models": {"toy": settings}, "split": split}
    (folder / "config.json").write_text(json.dumps(config))
    checked = run("config", "check", "config.json")
    (row,) = (line for line in checked.splitlines() if re.match(r"train +1 ", line))
    return row
