"""What the attention kernels need on GPUs that are not there: registers, spills, shared memory.

    python benchmarks/attention_compile.py
    python benchmarks/attention_compile.py --targets sm_90 --widths 64 --masks window --csv FILE
    python benchmarks/attention_compile.py --masks cross last last-window

Compiles what the operator launches, with the blocks that are shipped
(genoseq/kernels/attention/configurations.py).  Nothing runs and no GPU is needed.

mask        cross: keys of other tokens, all of them; last, last-window: the queries are the last
            tokens of the keys' document, causal; these three are without rotary embedding
registers   per thread; on gfx942 vector registers, those for accumulation counted in
spills      bytes per thread, stores + loads as ptxas tells; on gfx942 vector registers
shared      KB of a block / the target's limit
matrix      tensor-core instructions in the machine code: mma (mma.sync), wgmma, tcgen05, mfma
async       asynchronous copies from global to shared memory: cp.async, tma
atomics     on global memory

The exit status is 1 if a kernel needs more shared memory than there is, or spills where none
should: 16-bit inputs, head width 64 or less.  Where others spill the table shows it.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import torch

from genoseq.kernels.attention.compiled import TARGETS, Compiled, compile_attention
from genoseq.kernels.mask import Mask

DEFAULT_TARGETS = ("sm_80", "sm_90", "sm_100", "gfx942")
MASKS = {
    "window": Mask(window=1024, global_tokens=64),
    "window-causal": Mask(window=1024, global_tokens=64, causal=True),
    "full": Mask(),
    "full-causal": Mask(causal=True),
    "cross": Mask(),
    "last": Mask(causal=True),
    "last-window": Mask(window=1024, global_tokens=64, causal=True),
}
OTHER_KEYS = ("cross", "last", "last-window")
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
MATRIX = ("mma", "wgmma", "tcgen05", "mfma")
COPIES = ("cp_async", "tma")
HEADER = (
    "target  dtype   D  mask           kernel   block    warps stages | registers  spills "
    "  shared  matrix        async         atomics"
)


def main() -> None:
    """Print the table, and write it as CSV if asked."""
    arguments = parse_arguments()
    torch.set_num_threads(1)
    rows: list[dict[str, object]] = []
    print(HEADER)
    sound = True
    for target, dtype, width, mask in combinations(arguments):
        other = mask in OTHER_KEYS
        for compiled in compile_attention(
            TARGETS[target],
            width,
            MASKS[mask],
            dtype=DTYPES[dtype],
            turned=not (arguments.unturned or other),
            other_keys=other,
        ):
            rows.append(fields(compiled, dtype, width, mask))
            print(line(compiled, rows[-1]), flush=True)
            forbidden = compiled.spills and width <= 64 and dtype != "fp32"
            sound &= not forbidden and compiled.shared <= compiled.target.shared_limit
    if arguments.csv:
        with arguments.csv.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    sys.exit(0 if sound else 1)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Ahead-of-time table of the attention kernels.")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=DEFAULT_TARGETS)
    parser.add_argument("--widths", nargs="+", type=int, default=(32, 64, 128), metavar="D")
    parser.add_argument("--masks", nargs="+", choices=MASKS, default=tuple(MASKS))
    parser.add_argument("--dtypes", nargs="+", choices=DTYPES, default=("bf16",))
    parser.add_argument("--unturned", action="store_true", help="without rotary embedding")
    parser.add_argument("--csv", type=Path)
    return parser.parse_args()


def combinations(arguments: argparse.Namespace) -> list[tuple[str, str, int, str]]:
    """Target, dtype, width and mask of each launch, in the order of the table."""
    return [
        (target, dtype, width, mask)
        for target in arguments.targets
        for dtype in arguments.dtypes
        for width in arguments.widths
        for mask in arguments.masks
    ]


def fields(compiled: Compiled, dtype: str, width: int, mask: str) -> dict[str, object]:
    """One row of the CSV."""
    return {
        "target": compiled.target.name,
        "dtype": dtype,
        "width": width,
        "mask": mask,
        "kernel": compiled.kernel.removeprefix("attention_"),
        "block": block(compiled),
        "warps": compiled.warps,
        "stages": compiled.stages,
        "registers": compiled.registers,
        "accumulators": compiled.accumulators,
        "spill_stores": compiled.spill_stores,
        "spill_loads": compiled.spill_loads,
        "stack": compiled.stack,
        "shared": compiled.shared,
        "shared_limit": compiled.target.shared_limit,
        **compiled.instructions,
    }


def block(compiled: Compiled) -> str:
    """Queries x keys of a step."""
    sizes = (compiled.constants.get(name) for name in ("BLOCK_Q", "BLOCK_K"))
    return "x".join(str(size) for size in sizes if size is not None)


def line(compiled: Compiled, row: dict[str, object]) -> str:
    """One line of the table."""
    shared = f"{compiled.shared / 1024:.0f}/{compiled.target.shared_limit >> 10}"
    spills = f"{compiled.spill_stores}+{compiled.spill_loads}"
    return (
        f"{row['target']:8}{row['dtype']:6}{row['width']:>4}  {row['mask']:15}{row['kernel']:9}"
        f"{row['block']:9}{compiled.warps:>5}{compiled.stages:>7} | {compiled.registers:>9}"
        f"{spills:>8}{shared:>9}  {counts(compiled, MATRIX):14}{counts(compiled, COPIES):14}"
        f"{compiled.instructions['atomics']:>7}"
    )


def counts(compiled: Compiled, kinds: tuple[str, ...]) -> str:
    """The instructions of these kinds that occur."""
    found = (f"{kind} {compiled.instructions[kind]}" for kind in kinds)
    return " ".join(text for text in found if not text.endswith(" 0")) or "-"


if __name__ == "__main__":
    main()
