"""Time and memory of attention on a CPU: window attention is linear in the length, to a million
tokens, and cross-attention takes memory that is.

    python benchmarks/attention_memory.py [--only attention cross layer ...] [--repeats 3]

attention
    ``genoseq.kernels.attention`` of 4 heads x 32, a window of 128 tokens a side and 16 global
    tokens, without and with its backward pass.  Time and memory needed may grow LARGEST_RATIO-fold
    where the length grows fourfold.
dense
    The same by PyTorch's ``scaled_dot_product_attention`` with the mask as a matrix, made before:
    neither time nor memory (tokens**2 bytes) counts it.  It has no limit: for comparison.
cross
    One head x 32, as many queries as keys, which are of other tokens: every query sees every key.
    Memory is held to the limit above; time grows as the pairs do, and is told for each of them.
layer
    The Transformer encoder with one layer, width 128, forward, on 1,048,576 tokens.
training
    One step (forward, loss, backward, AdamW) of an encoder of six such layers on a window of 65,536
    bases, a token each, with and without activation checkpointing.

Every case is run in processes of its own, on one thread.  The first gives the time, the best of
the repeats in CPU seconds, and the memory held, the peak of the whole process; freed memory stays
with it, as under the command line.  LARGEST_MEMORY is its limit for a layer, and for training with
checkpointing.  The second gives the memory needed: there glibc hands every block back at once, so
that the peak is what lives at the same time; less what the process held before, with its inputs.
Times of window attention are the best of ROUNDS such processes, which go from length to length, so
that a machine that is busy for a while slows them all; cross-attention is run once.  The exit
status is 1 if a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.config.encoders import TransformerSettings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import BACKGROUND, ClassScheme, State
from genoseq.kernels.mask import Mask
from genoseq.kernels.operator import attention
from genoseq.models.allocator import keep_freed_memory
from genoseq.models.build import build_model
from genoseq.models.device import Precision, autocast
from genoseq.models.transformer import Transformer
from genoseq.tasks.losses import cross_entropy, mean
from genoseq.tasks.per_base import PerBase
from genoseq.training.optimizer import build_adamw

HEADS, HEAD_WIDTH = 4, 32
MASK = Mask(window=128, global_tokens=16)
LENGTHS = (16_384, 65_536, 262_144)
CROSS_LENGTHS = (4_096, 16_384, 65_536)
LAYER_TOKENS, TRAINING_BASES, TRAINING_LAYERS = 1_048_576, 65_536, 6
LARGEST_RATIO = 4.4
LARGEST_MEMORY = 8.0
"""GB, 10**9 bytes."""
ROUNDS = 3
GIVE_BACK = str(1 << 16)
"""Bytes: larger blocks get a mapping of their own, which goes when they are freed."""
DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}
KINDS = ("attention", "dense", "cross", "layer", "training")


class Case(NamedTuple):
    """What one process measures."""

    kind: str
    precision: Precision
    length: int
    backward: bool = False
    checkpoint: bool = False

    @property
    def title(self) -> str:
        """First column of the table."""
        if self.kind == "training":
            return f"training step, checkpointing {'on' if self.checkpoint else 'off'}"
        if self.kind == "layer":
            return "encoder layer, forward"
        names = {"dense": "SDPA, dense mask", "cross": "cross-attention"}
        name = names.get(self.kind, "window attention")
        return f"{name}, forward{' + backward' if self.backward else ''}"


class Measured(NamedTuple):
    """CPU seconds, and GB."""

    seconds: float
    needed: float
    held: float


def groups(kinds: list[str]) -> list[list[Case]]:
    """All cases; those of a group differ in length, shortest first."""
    modes: list[tuple[Precision, bool]] = [(p, b) for p in DTYPES for b in (False, True)]
    made = [[Case("attention", p, length, b) for length in LENGTHS] for p, b in modes]
    made += [[Case("dense", p, LENGTHS[0], b)] for p, b in modes]
    made += [[Case("cross", "fp32", n, b) for n in CROSS_LENGTHS] for b in (False, True)]
    made += [[Case("layer", p, LAYER_TOKENS)] for p in DTYPES]
    made += [
        [Case("training", p, TRAINING_BASES, True, on)] for p in DTYPES for on in (True, False)
    ]
    return [group for group in made if group[0].kind in kinds]


def peak() -> float:
    """GB that this process held at most until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """(T, H, D) to (T, H, D), by our operator's CPU path."""
    return attention(
        q, k, v, window=MASK.window, global_tokens=MASK.global_tokens, backend="reference"
    ).out


def attend_across(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same of keys that are other tokens."""
    ends = torch.tensor([0, len(k)], dtype=torch.int32)
    return attention(q, k, v, cu_seqlens_k=ends, backend="reference").out


def attend_densely(q: Tensor, k: Tensor, v: Tensor, seen: Tensor) -> Tensor:
    """The same by PyTorch, of a mask (T, T)."""
    q, k, v = (tensor.transpose(0, 1)[None] for tensor in (q, k, v))
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)[0].transpose(0, 1)


def dense_mask(length: int) -> Tensor:
    """Which keys a query sees, bool (T, T), made without larger temporaries."""
    seen, places = torch.empty(length, length, dtype=torch.bool), torch.arange(length)
    for rows in torch.split(places, 256):
        seen[rows[0] : rows[-1] + 1] = MASK.visible(rows[:, None], places[None])
    return seen


def operator_call(case: Case, length: int) -> Callable[[], object]:
    """A call of attention on inputs of `length` tokens, made here."""
    heads, dtype = 1 if case.kind == "cross" else HEADS, DTYPES[case.precision]
    shape = (length, heads, HEAD_WIDTH)
    q, k, v, d_out = (torch.empty(shape, dtype=dtype).normal_() for _ in range(4))
    call: Callable[[Tensor, Tensor, Tensor], Tensor] = attend
    if case.kind == "cross":
        call = attend_across
    if case.kind == "dense":
        call = partial(attend_densely, seen=dense_mask(length))
    if not case.backward:
        return lambda: call(q, k, v)
    inputs = [tensor.requires_grad_() for tensor in (q, k, v)]
    return lambda: torch.autograd.grad(call(q, k, v), inputs, d_out)


def encoder(layers: int, *, checkpoint: bool = False) -> TransformerSettings:
    """Of the attention that is measured."""
    return TransformerSettings(
        layers=layers,
        width=HEADS * HEAD_WIDTH,
        heads=HEADS,
        window=MASK.window,
        registers=MASK.global_tokens,
        checkpoint=checkpoint,
    )


def layer_call(case: Case, length: int) -> Callable[[], object]:
    """One layer's forward pass, of vectors made here."""
    model = Transformer(HEADS * HEAD_WIDTH, encoder(1)).eval()
    vectors = torch.randn(1, length, HEADS * HEAD_WIDTH)

    def call() -> None:
        with torch.inference_mode(), autocast(case.precision):
            model(vectors)

    return call


def training_call(case: Case, length: int) -> Callable[[], object]:
    """A training step of a model of one token a base, on random bases."""
    scheme = ClassScheme((State(BACKGROUND), State("marked")))
    settings = ModelSettings(
        stem=None, encoder=encoder(TRAINING_LAYERS, checkpoint=case.checkpoint)
    )
    model = build_model(settings, PerBase(scheme)).train()
    optimizer = build_adamw(model, 0.01, 1e-3)
    ids = torch.randint(0, model.embedding.num_embeddings, (1, length))
    labels = torch.randint(0, 2, (1, length))

    def call() -> None:
        with autocast(case.precision):
            logits = model(ids)
        optimizer.zero_grad()
        mean(*cross_entropy(logits, labels)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return call


def measure(case: Case, repeats: int) -> Measured:
    """Run the case here, in a process that has done nothing before."""
    torch.set_num_threads(1)
    make = {"layer": layer_call, "training": training_call}.get(case.kind, operator_call)
    make(case, 1024)()
    call = make(case, case.length)
    before, times = peak(), []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return Measured(min(times), peak() - before, peak())


def run_alone(case: Case, repeats: int, **variables: str) -> Measured:
    """Run the case in a process of its own."""
    words = [sys.executable, __file__, "--repeats", str(repeats), "--case", json.dumps(case)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", **variables}
    process = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        sys.exit(f"{case} failed with status {process.returncode}")
    return Measured(*json.loads(process.stdout))


def measure_alone(group: list[Case], repeats: int) -> list[Measured]:
    """Time and memory held of one process, memory needed of another, for each case."""
    once = group[0].kind == "cross"
    found = [run_alone(case, 1 if once else repeats) for case in group]
    for _ in range(ROUNDS - 1 if len(group) > 1 and not once else 0):
        again = [run_alone(case, repeats) for case in group]
        found = [min(pair) for pair in zip(found, again, strict=True)]
    freed = [run_alone(case, 1, MALLOC_MMAP_THRESHOLD_=GIVE_BACK) for case in group]
    return [f._replace(needed=g.needed) for f, g in zip(found, freed, strict=True)]


def judged(value: float, limit: float) -> str:
    """A figure beside its limit."""
    return f"{value:.2f} {'<=' if value <= limit else '> !'} {limit:g}"


def row(case: Case, found: Measured, shorter: Measured | None) -> tuple[str, bool]:
    """A line of the table, and whether the case is within its limits."""
    time_growth, growth, held, kept = "", "", f"{found.held:.2f}", True
    if case.checkpoint or case.kind == "layer":
        held, kept = judged(found.held, LARGEST_MEMORY), found.held <= LARGEST_MEMORY
    if shorter is not None:
        ratios = found.seconds / shorter.seconds, found.needed / shorter.needed
        limits = torch.inf if case.kind == "cross" else LARGEST_RATIO, LARGEST_RATIO
        time_growth, growth = map(judged, ratios, limits)
        kept = all(ratio <= limit for ratio, limit in zip(ratios, limits, strict=True))
    line = f"{case.title:37}{case.precision:>5}{case.length:>11,}{found.seconds:>8.2f}"
    line = f"{line}{time_growth:>14}{found.needed:>9.3f}{growth:>13}{held:>12}"
    if case.kind == "cross":
        line += f"  {found.seconds / case.length**2 * 1e9:.1f} ns per pair"
    return line, kept


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case is not None:
        if "MALLOC_MMAP_THRESHOLD_" not in os.environ:
            keep_freed_memory()
        print(json.dumps(measure(Case(*json.loads(asked.case)), asked.repeats)))
        return
    print(
        f"1 thread; growth: from the length above\n{'':37}{'':>5}{'tokens':>11}{'CPU s':>8}"
        f"{'growth':>14}{'GB need':>9}{'growth':>13}{'GB held':>12}",
        flush=True,
    )
    within = True
    for group in groups(asked.only):
        shorter = None
        for case, found in zip(group, measure_alone(group, asked.repeats), strict=True):
            line, kept = row(case, found, shorter)
            print(line, flush=True)
            within, shorter = within and kept, found
    sys.exit(not within)


if __name__ == "__main__":
    main()
