"""Steps of training per CPU second by two revisions, in turn: demo, model in the box, Transformer.

    python benchmarks/training_revisions.py BEFORE AFTER GENOME.fa.gz ANNOTATION.gff3.gz
        [--steps 60] [--rounds 2] [--shapes NAME ...]

BEFORE and AFTER are checkouts, each with its environment in ``.venv``.  One thread, in fp32, of the
processor's own seconds; a training of two steps is taken off a longer one, so that start and store
do not count; the fastest round of each revision counts.  ``whole`` is derived: minutes of one core
of all steps of the recipe, by steps per second, without validation and random changes of sequence.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = {
    "BiLSTM of the demo": ("config/config.yaml", 0),
    "Transformer of the demo": ("config/config.yaml", 1),
    "model in the box": ("config/examples/bacteria/config.yaml", 0),
}
"""Where settings are, and which of the models there they are of."""
TRAIN = """
import json, sys, tempfile, time
from pathlib import Path
import torch
import genoseq as gs
torch.set_num_threads(1)
genome, annotation, folder, settings, steps = sys.argv[1:]
store, settings = Path(folder) / "store", json.loads(settings)
if not store.exists():
    gs.tokenize(genome, annotation, out=store)
spent = []
for count in (2, 2, 2 + int(steps)):  # what is done once is not counted
    settings["training"]["steps"] = count
    with tempfile.TemporaryDirectory() as new:  # a training there would be gone on with
        begin = time.process_time()
        gs.fit([store], settings, Path(new) / "model")
        spent.append(time.process_time() - begin)
print(spent[2] - spent[1])
"""


def settings_of(name: str) -> tuple[dict[str, Any], int]:
    """Settings of a network for :data:`TRAIN`, and the steps of its recipe."""
    path, number = SETTINGS[name]
    found = [*yaml.safe_load((ROOT / path).read_text())["models"].values()][number]
    training = found["training"]
    kept = {key: training[key] for key in ("window", "batch", "learning_rate") if key in training}
    kept |= {"validate_every": 100_000, "seed": 1, "precision": "fp32"}
    return {"model": found["model"], "training": kept}, training["steps"]


def seconds(
    checkout: Path, files: tuple[Path, Path], folder: Path, settings: object, steps: int
) -> float:
    """CPU seconds of so many steps."""
    folder.mkdir(exist_ok=True)
    words = [checkout / ".venv/bin/python", "-c", TRAIN, *files, folder]
    command = [*map(str, words), json.dumps(settings), str(steps)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=checkout)
    return float(run.stdout.splitlines()[-1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("before", "after", "genome", "annotation"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--shapes", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    asked = parser.parse_args()
    files = asked.genome.resolve(), asked.annotation.resolve()
    checkouts = asked.before.resolve(), asked.after.resolve()
    print("| network | steps | per CPU second, before | after | ratio | whole, before | after |")
    print("|---" * 7 + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.shapes:
            settings, whole = settings_of(name)
            least = [float("inf")] * 2
            for _ in range(asked.rounds):
                for number, checkout in enumerate(checkouts):
                    own = Path(folder, str(number))
                    took = seconds(checkout, files, own, settings, asked.steps)
                    least[number] = min(least[number], took)
            rates = [asked.steps / took for took in least]
            minutes = [whole / rate / 60 for rate in rates]
            print(
                f"| {name} | {whole:,} | {rates[0]:.2f} | {rates[1]:.2f} | "
                f"{rates[1] / rates[0]:.2f} | {minutes[0]:.1f} | {minutes[1]:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
