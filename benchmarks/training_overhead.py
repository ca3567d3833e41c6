"""What `genoseq train` costs beside a bare PyTorch loop on the same tensors.

Both train the default network with the same loss, AdamW, clipping and number format, on the same
batches, in turns within one process.  A step's time is that between two requests for a batch, so
setting up a run counts for neither.  Processor time is what to trust on a busy machine.  The third
row also reads its batches out of a store and makes their tokens.  All keep freed memory, as
genoseq's commands do; with ``--trim`` none does, and page faults decide who is slower.

    python benchmarks/training_overhead.py --steps 40 --repeats 5
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.data.batch import Batch
from genoseq.data.dataset import TrainingWindows
from genoseq.genome.regions import Region
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.models.allocator import keep_freed_memory
from genoseq.models.build import build_model
from genoseq.models.device import autocast, choose_precision
from genoseq.store.store import Store
from genoseq.store.write import write_store
from genoseq.tasks.losses import mean
from genoseq.tasks.per_base import PerBase
from genoseq.training.checkpoint import open_state
from genoseq.training.loop import Training
from genoseq.training.optimizer import build_adamw

SCHEME = cds_phase_scheme()
TASK = PerBase(SCHEME)
WARM_UP = 5  # steps: the first calls choose and build kernels


class Timed(Dataset[Batch]):
    """Batches of another data set, and when each was asked for."""

    def __init__(self, source: Callable[[int], Batch]) -> None:
        self.source = source
        self.asked: list[tuple[float, float]] = []

    def __getitem__(self, step: int) -> Batch:
        self.asked.append((time.perf_counter(), time.process_time()))
        return self.source(step)

    def steps(self) -> list[tuple[float, float]]:
        """Milliseconds of each step after the warm-up, by the wall and by the processor."""
        return [(wall, cpu) for wall, cpu in 1e3 * np.diff(self.asked, axis=0)[WARM_UP:]]


def bare(settings: RunSettings, batches: Timed) -> None:
    """The loop that everybody writes first."""
    training = settings.training
    torch.manual_seed(training.seed)
    model = build_model(settings.model, TASK).train()
    optimizer = build_adamw(model, training.weight_decay, training.learning_rate)
    precision = choose_precision("cpu", training.precision).precision
    for step in range(training.steps):
        batch = batches[step]
        with autocast(precision):
            logits = model(batch.ids)
        assert batch.labels is not None
        total, weight = TASK.loss(logits, batch.labels)
        loss = mean(total, weight)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), training.clip)
        optimizer.step()


def ours(settings: RunSettings, batches: Timed, folder: Path) -> None:
    """What `fit` runs, logs and a state included."""
    precision = choose_precision("cpu", settings.training.precision).precision
    with open_state(folder, {}) as state:
        torch.manual_seed(settings.training.seed)
        model, device = build_model(settings.model, TASK), torch.device("cpu")
        Training(settings, TASK, model, batches, None, state, folder, device, precision).go_on()


def random_store(path: Path, bases: int) -> Store:
    """A store of random letters and labels."""
    rng = np.random.default_rng(1)
    contigs = [("random", [rng.integers(0, 4, bases, np.uint8)])]
    labels = np.repeat(rng.integers(0, len(SCHEME), bases // 300 + 1, np.uint8), 300)[:bases]
    piece = (Region("random", 0, bases), "train", labels)
    return write_store(path, "random", SCHEME, contigs, [piece], {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--window", type=int, default=1536)
    parser.add_argument("--precision", choices=["auto", "bf16", "fp32"], default="auto")
    parser.add_argument("--trim", action="store_true", help="leave the C library's defaults")
    asked = parser.parse_args()
    if not asked.trim:
        keep_freed_memory()
    training = {name: getattr(asked, name) for name in ("steps", "batch", "window", "precision")}
    settings = parse_settings(RunSettings, {"training": training})
    torch.set_num_threads(1)
    logging.basicConfig(level=logging.WARNING)
    times: dict[str, list[tuple[float, float]]] = {
        "bare PyTorch loop": [],
        "genoseq": [],
        "genoseq, store": [],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = random_store(folder / "store", 1_000_000)
        tokenizer = settings.model.tokenizer
        windows = TrainingWindows([store], tokenizer, asked.window, settings.training)
        kept = [windows[step] for step in range(asked.steps)]
        for repeat in range(asked.repeats):
            for label, spent in times.items():
                batches = Timed(windows.__getitem__ if "store" in label else kept.__getitem__)
                if label.startswith("bare"):
                    bare(settings, batches)
                else:
                    ours(settings, batches, folder / f"{label}{repeat}")
                spent += batches.steps()
    choice = choose_precision("cpu", settings.training.precision)
    print(f"{choice.precision} ({choice.reason}), 1 thread, {asked.batch} x {asked.window} bases")
    print(f"{'':<20}{'wall ms a step':>16}{'overhead':>10}{'CPU ms a step':>16}{'overhead':>10}")
    first = np.median(times["bare PyTorch loop"], axis=0)
    for label, spent in times.items():
        wall, cpu = np.median(spent, axis=0)
        over = wall / first[0] - 1, cpu / first[1] - 1
        print(f"{label:<20}{wall:>16.2f}{over[0]:>10.1%}{cpu:>16.2f}{over[1]:>10.1%}")


if __name__ == "__main__":
    main()
