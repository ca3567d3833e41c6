"""Run by test_compiled in a process of its own: the kernels compiled for GPUs, as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import torch

from genoseq.kernels.attention.compiled import TARGETS, Compiled, compile_attention
from genoseq.kernels.mask import Mask

WINDOW = Mask(window=1024, global_tokens=64)


def figures(compiled: Compiled) -> dict[str, Any]:
    """What JSON can hold of it."""
    found = asdict(compiled)
    return {
        "instructions": found["instructions"],
        "registers": found["registers"],
        "shared": found["shared"],
        "shared_limit": compiled.target.shared_limit,
        "spills": compiled.spills,
        "spill_bytes": compiled.spill_stores + compiled.spill_loads,
    }


def main() -> None:
    """Every case as an object of kernels, on standard output."""
    torch.set_num_threads(1)
    cases: dict[str, tuple[str, Mask, int, bool]] = {
        "sm_80": ("sm_80", WINDOW, 1, False),
        "sm_90": ("sm_90", WINDOW, 1, False),
        "sm_90, causal, grouped": ("sm_90", Mask(causal=True), 4, False),
        "sm_100, grouped": ("sm_100", WINDOW, 4, False),
        "sm_90, other keys": ("sm_90", Mask(), 1, True),
    }
    report = {
        name: {
            compiled.kernel: figures(compiled)
            for compiled in compile_attention(
                TARGETS[target], 64, mask, group=group, turned=not other, other_keys=other
            )
        }
        for name, (target, mask, group, other) in cases.items()
    }
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
