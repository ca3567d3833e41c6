"""How far back an answer may lie: RNN, GRU, LSTM and Transformers at growing distance.

    python benchmarks/dependency.py OUT [--seeds 1 2] [--steps 300] [--distances 8 32 64 128 512]

Random bases, in which one base stands between two N, and d bp behind it the question stands, NN:
the answer is that base, one of four, so that chance is 25%.  All else is noise, and the answer is
two bits whatever the distance.  The pair lies anywhere in windows of d + SLACK bp.  Models are the
house's own, of one width: single bases, a stem that makes a step of STRIDE bases, an encoder, a
linear head; all learn from the same windows in the same order, with the same optimizer and rate,
and all are trained anew for each distance, unless it is beyond the model's reach.

OUT gets ``runs.jsonl``, a line for each training (what is there is not run again), ``costs.json``
and ``dependency.png``; the table goes to stdout.  A gradient is that of the right answer's logit
with respect to the embedding of the base that holds it: its norm, mean over test windows.  Costs
are measured by turns in one process with one thread, memory in a process for each model.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from dependency_report import plot, print_tables
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from genoseq.config.encoders import EncoderSettings, RecurrentSettings, TransformerSettings
from genoseq.config.schema import ModelSettings, StemSettings, TokenizerSettings
from genoseq.genome.schemes import BACKGROUND, ClassScheme, State
from genoseq.genome.sequences import Codes, N
from genoseq.models.allocator import keep_freed_memory
from genoseq.models.build import SequenceModel, build_model
from genoseq.tasks.per_base import PerBase
from genoseq.tokenizers.kmer import KmerTokenizer
from genoseq.training.optimizer import build_adamw, learning_rate

SCHEME = ClassScheme((State(BACKGROUND), State("C"), State("G"), State("T")))
"""The four answers; a scheme calls its first state so, here it is A."""
STRIDE, SLACK, WIDTH = 8, 64, 64
BATCH, TESTED = 32, 512
"""Windows of a training step, and of the test."""
RATE, WARMUP, DECAY, CLIP = 3e-3, 0.1, 0.01, 1.0
COST_BASES, COST_BATCH, REPEATS = (2_048, 16_384), 8, 5
"""bp of the windows whose cost is measured, how many of the first length are a batch, calls."""


def recurrent(family: str) -> EncoderSettings:
    return RecurrentSettings(family=family, width=WIDTH, bidirectional=False)


def transformer(window: int | None, registers: int = 0) -> EncoderSettings:
    return TransformerSettings(layers=2, width=WIDTH, heads=2, window=window, registers=registers)


ENCODERS: dict[str, EncoderSettings] = {
    "RNN": recurrent("rnn"),
    "GRU": recurrent("gru"),
    "LSTM": recurrent("lstm"),
    "Transformer, window": transformer(16),
    "Transformer, window + registers": transformer(16, 4),
    "Transformer, full": transformer(None),
}


def model_of(name: str, seed: int) -> SequenceModel:
    """An untrained model."""
    torch.manual_seed(seed)
    settings = ModelSettings(
        tokenizer=TokenizerSettings(k=1),
        embedding=16,
        stem=StemSettings(stride=STRIDE, kernel=2 * STRIDE, width=WIDTH),
        encoder=ENCODERS[name],
        dropout=0.0,
    )
    return build_model(settings, PerBase(SCHEME))


class Windows:
    """Some windows: ids (B, L), where the base and the question are (B,), and the answer (B,)."""

    def __init__(self, rng: np.random.Generator, distance: int, count: int) -> None:
        length = distance + SLACK
        codes: Codes = rng.integers(0, 4, (count, length)).astype(np.uint8)
        # On the grid of steps: what is learned is the distance, not where in a step a base may lie.
        rows, base = np.arange(count), 1 + STRIDE * rng.integers(0, SLACK // STRIDE, count)
        self.answer = torch.from_numpy(codes[rows, base].astype(np.int64))
        self.base, self.question = base, base + distance
        for where in (base - 1, base + 1, self.question, self.question + 1):
            codes[rows, where] = N
        codes[rows, base] = self.answer.numpy()
        self.ids = torch.from_numpy(KmerTokenizer(1, 1).encode_rows(codes).astype(np.int64))

    def logits(self, model: SequenceModel) -> Tensor:
        """What a model answers, (B, 4)."""
        return model(self.ids)[torch.arange(len(self.ids)), torch.from_numpy(self.question)]


def train(model: SequenceModel, distance: int, steps: int, seed: int) -> float:
    """CPU seconds of a training."""
    optimizer, rng = build_adamw(model.train(), DECAY), np.random.default_rng(seed)
    start = time.process_time()
    for step in range(steps):
        windows = Windows(rng, distance, BATCH)
        loss = cross_entropy(windows.logits(model), windows.answer)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate((step + 1) / steps, RATE, WARMUP)
        optimizer.step()
    return time.process_time() - start


@torch.no_grad()
def accuracy(model: SequenceModel, distance: int) -> float:
    """Share of the test windows that are answered right."""
    rng, right = np.random.default_rng(99), 0
    for _ in range(TESTED // BATCH):
        windows = Windows(rng, distance, BATCH)
        right += int((windows.logits(model.eval()).argmax(1) == windows.answer).sum())
    return right / TESTED


def gradient(model: SequenceModel, distance: int) -> float:
    """Norm of the right logit's gradient at the base that holds the answer."""
    windows, seen = Windows(np.random.default_rng(98), distance, BATCH), []

    def keep(_module: nn.Module, _ids: Any, vectors: Tensor) -> Tensor:
        seen.append(vectors.requires_grad_() if vectors.is_leaf else vectors)
        seen[-1].retain_grad()
        return vectors

    hook = model.embedding.register_forward_hook(keep)
    rows = torch.arange(BATCH)
    windows.logits(model.eval())[rows, windows.answer].sum().backward()
    hook.remove()
    # The stem pads the ids in front, by the same number of bases for all.
    assert seen[0].grad is not None
    shift = (seen[0].shape[1] - windows.ids.shape[1]) // 2
    return float(seen[0].grad[rows, torch.from_numpy(windows.base) + shift].norm(dim=1).mean())


def run(name: str, distance: int, steps: int, seed: int) -> dict[str, Any]:
    """One training, from its gradient before to its accuracy after."""
    model = model_of(name, seed)
    before = gradient(model, distance)
    reach = model.settings.reach
    out_of_reach = reach is not None and reach < distance - STRIDE  # it sees nothing of the answer
    seconds = 0.0 if out_of_reach else train(model, distance, steps, seed)
    return {
        "model": name,
        "distance": distance,
        "steps": steps,
        "seed": seed,
        "accuracy": accuracy(model, distance),
        "gradient_before": before,
        "gradient_after": gradient(model, distance),
        "cpu_seconds": seconds,
    }


def ids_of(bases: int) -> Tensor:
    """Windows of a length, COST_BATCH times the first length in all."""
    rows = max(1, COST_BATCH * COST_BASES[0] // bases)
    return torch.from_numpy(np.random.default_rng(1).integers(5, 9, (rows, bases)))


def predict(model: SequenceModel, ids: Tensor) -> None:
    with torch.inference_mode():
        model.eval()(ids)


def learn(model: SequenceModel, ids: Tensor) -> None:
    model.zero_grad()
    model.train()(ids).square().mean().backward()


def costs() -> dict[str, dict[str, float]]:
    """CPU microseconds per base of each model, MB, and weights of the encoder."""
    models = {name: model_of(name, 1) for name in ENCODERS}
    works: dict[str, Callable[[SequenceModel, Tensor], None]] = {"predict": predict, "train": learn}
    # Before this process computes: its children would find memory that it has taken already.
    room = {name: {f"{work} MB": memory(name, work) for work in works} for name in models}
    taken: dict[tuple[str, str], list[float]] = {}
    for work, function in works.items():
        for bases in COST_BASES:
            ids = ids_of(bases)
            for repeat in range(REPEATS + 1):
                for name, model in models.items():
                    start = time.process_time()
                    function(model, ids)
                    if repeat:
                        spent = (time.process_time() - start) / ids.numel() * 1e6
                        taken.setdefault((name, f"{work} {bases}"), []).append(spent)
    found: dict[str, dict[str, float]] = {}
    for name, model in models.items():
        weights = sum(each.numel() for each in model.encoder.parameters())
        found[name] = {"weights": float(weights)}
        for (of, what), times in taken.items():
            if of == name:
                found[name][what] = float(np.median(times))
        found[name] |= room[name]
    return found


def memory(name: str, work: str) -> float:
    """MB that a process takes on top of what it has, for the longer windows."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(peak_memory, (name, work))


def peak_memory(name: str, work: str) -> float:
    """As :func:`memory`, in this process."""
    model, ids = model_of(name, 1), ids_of(COST_BASES[1])
    function = predict if work == "predict" else learn
    function(model, ids[:1, : COST_BASES[0] // 8])  # what a first call loads
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    function(model, ids)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3


def main() -> None:
    """Run what is missing, print the tables, draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--distances", type=int, nargs="+", default=[8, 32, 64, 128, 512, 1_024])
    parser.add_argument("--models", nargs="+", choices=list(ENCODERS), default=list(ENCODERS))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    asked.out.mkdir(parents=True, exist_ok=True)
    if not (asked.out / "costs.json").exists():
        (asked.out / "costs.json").write_text(json.dumps(costs(), indent=1) + "\n")
    path = asked.out / "runs.jsonl"
    runs = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    keys = ("model", "distance", "steps", "seed")
    there = {tuple(each[key] for key in keys) for each in runs}
    for seed in asked.seeds:
        for distance in asked.distances:
            for name in asked.models:
                if (name, distance, asked.steps, seed) in there:
                    continue
                runs.append(run(name, distance, asked.steps, seed))
                with path.open("a") as file:
                    file.write(json.dumps(runs[-1]) + "\n")
    measured = json.loads((asked.out / "costs.json").read_text())
    print_tables(runs, measured)
    plot(runs, asked.out / "dependency.png")


if __name__ == "__main__":
    main()
