"""Time, useful FLOP/s and peak memory of attention: ours beside PyTorch's and flash-attn.

    python benchmarks/attention.py [--csv attention.csv]
    python benchmarks/attention.py --window 64 1024 --lengths 4096 16384 65536 --seconds 60

One document, all heads alike.  On a GPU, bf16, 1k to 1M tokens, head widths 64 and 128:

    genoseq           window + global tokens, and full attention
    FlexAttention     the same, compiled, with its BlockMask
    flash-attn        the window alone: it has no global tokens; full attention; where installed
    SDPA flash, cuDNN full attention alone: they take no mask

On a CPU, where each case runs in a process of its own so that the peak is its own:

    genoseq           window + global tokens, plain PyTorch
    SDPA dense mask   the same, as an L x L mask
    FlexAttention     the same, compiled; forward only

Useful operations are 4 D for each pair of a query and a key that see each other, and head, forward;
the backward pass counts 2.5 times that (Dao 2023, arXiv:2307.08691, section 4.1).  Times are
medians after a warm-up, of the wall or, with --clock processor, of all threads' processor time,
which is what to trust on a busy machine with one thread.  Peak memory is torch's on a GPU, inputs
included, and the process's resident set on a CPU, what it uses of Python, torch and its compiler
included (150 to 450 MB).  ``OOM``: it did not fit the GPU, or, on a CPU, the address space that
--memory grants.
``no time``: the --seconds were over before this row began.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import resource
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import product
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from attention_peers import BUILD, ON_CPU, ON_GPU, Case

from genoseq.kernels.dispatch import choose
from genoseq.models.device import choose_precision


@dataclass(frozen=True)
class Figures:
    """What was measured; `problem` is why nothing was."""

    ms: float = 0.0
    peak_mb: float = 0.0
    problem: str = ""


def measure(case: Case) -> Figures:
    """Run a case in this process."""
    if case.name == "flash-attn" and find_spec("flash_attn") is None:
        return Figures(problem="not installed")
    if case.name == "FlexAttention" and case.device == "cpu" and case.direction != "forward":
        return Figures(problem="has none")
    try:
        return _measure(case)
    except (torch.OutOfMemoryError, MemoryError):
        return Figures(problem="OOM")
    except Exception as error:  # a peer that cannot do this case is a row, not the end
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        short = "allocate" in str(error) or "bad_alloc" in said
        return Figures(problem="OOM" if short else f"cannot: {said[:60]}")
    finally:
        if case.device == "cuda":
            torch.cuda.empty_cache()


def _measure(case: Case) -> Figures:
    torch.manual_seed(0)
    training = case.direction != "forward"
    shape, kind = (case.tokens, case.heads, case.width), getattr(torch, case.dtype)
    given = [torch.randn(shape, device=case.device, dtype=kind) for _ in range(3)]
    inputs = [tensor.requires_grad_(training) for tensor in given]
    gpu = case.device == "cuda"
    if gpu:
        torch.cuda.reset_peak_memory_stats()
    attend = BUILD[case.name](case)

    def call() -> float:
        start = _now(case)
        out = attend(*inputs)
        if training:
            torch.autograd.grad(out, inputs, torch.ones_like(out))
        del out
        return _now(case) - start

    call()
    spent: list[float] = []
    while len(spent) < 3 or (sum(spent) < 0.5 and len(spent) < 50):
        spent.append(call())
        if sum(spent) > 20:  # seconds: enough of a slow case
            break
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    peak = torch.cuda.max_memory_allocated() / 1e6 if gpu else resident
    return Figures(statistics.median(spent) * 1e3, peak)


def _now(case: Case) -> float:
    if case.device == "cuda":
        torch.cuda.synchronize()
    return time.process_time() if case.clock == "processor" else time.perf_counter()


def measure_apart(case: Case, threads: int, memory: float) -> Figures:
    """Run a case in a process of its own, of so many threads and GB of address space.

    It is a fork of this one, which has imported torch and computed nothing.
    """
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    child = fork.Process(target=measure_into, args=(theirs, case, threads, memory))
    child.start()
    theirs.close()
    try:
        return Figures(**json.loads(ours.recv_bytes()))
    except EOFError:
        child.join()
        return Figures(problem=f"ended with {child.exitcode}")


def measure_into(answer: Connection, case: Case, threads: int, memory: float) -> None:
    """The other side of `measure_apart`."""
    torch.set_num_threads(threads)
    granted = int(memory * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (granted, granted))
    answer.send_bytes(json.dumps(asdict(measure(case))).encode())


def row(case: Case, found: Figures) -> dict[str, str]:
    """A row of the table and of the CSV."""
    rate = case.operations() / found.ms / 1e9 if found.ms else 0.0
    return {
        "attention": case.name,
        "mask": case.mask,
        "window": "" if case.mask == "full" else str(case.window),
        "D": str(case.width),
        "tokens": str(case.tokens),
        "pass": case.direction,
        "ms": found.problem or f"{found.ms:.2f}",
        "TFLOP/s": "" if found.problem else f"{rate:.4g}",
        "peak MB": "" if found.problem else f"{found.peak_mb:.0f}",
    }


def parse() -> argparse.Namespace:
    """What was asked for; the defaults are the device's."""
    device = argparse.ArgumentParser(add_help=False)
    here = "cuda" if torch.cuda.is_available() else "cpu"
    device.add_argument("--device", choices=["cpu", "cuda"], default=here)
    gpu = device.parse_known_args()[0].device == "cuda"
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[device],
    )
    lengths = [2**n for n in ((10, 12, 14, 16, 18, 20) if gpu else (10, 12, 14, 16))]
    parser.add_argument("--lengths", type=int, nargs="+", default=lengths, help="tokens")
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128] if gpu else [64])
    parser.add_argument("--heads", type=int, default=16 if gpu else 4)
    window = 1024 if gpu else 128
    parser.add_argument("--window", type=int, nargs="+", default=[window], help="to each side")
    parser.add_argument("--globals", type=int, default=64 if gpu else 16, help="global tokens")
    kinds = ["bfloat16", "float16", "float32"]
    fast = gpu or choose_precision("cpu").precision == "bf16"
    parser.add_argument("--dtype", choices=kinds, default=kinds[0 if fast else 2])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU")
    parser.add_argument("--memory", type=float, default=8, help="CPU: GB of address space")
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall")
    parser.add_argument("--only", nargs="+", choices=BUILD, help="these alone")
    parser.add_argument("--seconds", type=float, help="begin no row after so many")
    parser.add_argument("--csv", type=Path)
    return parser.parse_args()


def chosen(asked: argparse.Namespace) -> Iterator[Case]:
    """The rows that were asked for."""
    peers = ON_GPU if asked.device == "cuda" else ON_CPU
    masked = [
        (name, mask, window)
        for mask, names in peers.items()
        for window in (asked.window[:1] if mask == "full" else asked.window)
        for name in names
        if not asked.only or name in asked.only
    ]
    passes = ("forward", "forward+backward")
    for width, tokens, (name, mask, window), direction in product(
        asked.widths, asked.lengths, masked, passes
    ):
        yield Case(
            name=name,
            mask=mask,
            width=width,
            tokens=tokens,
            direction=direction,
            heads=asked.heads,
            window=window,
            global_tokens=asked.globals,
            dtype=asked.dtype,
            device=asked.device,
            clock=asked.clock,
        )


def main() -> None:
    """Print the table, write the CSV."""
    start = time.perf_counter()
    asked = parse()
    gpu, kind = asked.device == "cuda", getattr(torch, asked.dtype)
    where = torch.cuda.get_device_name() if gpu else f"CPU, {asked.threads} threads"
    print(f"{where}, torch {torch.__version__}, {asked.dtype}, {asked.clock} time")
    windows = " and ".join(map(str, asked.window))
    print(f"{asked.heads} heads, window {windows} a side, {asked.globals} global tokens")
    for width in asked.widths:
        choice = choose(asked.device, kind, width)
        print(f"genoseq at head width {width}: {choice.backend} ({choice.reason})")
    table = []
    for case in chosen(asked):
        if asked.seconds is not None and time.perf_counter() - start > asked.seconds:
            found = Figures(problem="no time")
        elif gpu:
            found = measure(case)
        else:
            found = measure_apart(case, asked.threads, asked.memory)
        table.append(row(case, found))
        show(table[-1], header=len(table) == 1)
    if asked.csv and table:
        with asked.csv.open("w", newline="") as file:
            writer = csv.DictWriter(file, table[0].keys())
            writer.writeheader()
            writer.writerows(table)


def show(cells: dict[str, str], header: bool) -> None:
    """Print a row as it comes."""
    for words in (cells.keys(), cells.values()) if header else (cells.values(),):
        name, mask, window, width, tokens, direction, ms, rate, peak = words
        print(
            f"{name:<17}{mask:<15}{window:>6}{width:>4}{tokens:>9}  {direction:<18}"
            f"{ms:>12}{rate:>10}{peak:>9}",
            flush=True,
        )


if __name__ == "__main__":
    main()
