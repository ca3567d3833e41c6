"""Run by test_triton_kernels in a process of its own: the kernels compiled for GPUs, as JSON."""

from __future__ import annotations

import json
import sys

import torch

from genoseq.kernels.attention.compiled import TARGETS, compiling
from genoseq.kernels.scan import triton_kernels


def main() -> None:
    """What each kernel uses on each architecture, on standard output."""
    torch.set_num_threads(1)
    given, states = torch.empty(513, 3, 2, 2, 64), torch.empty(513, 3, 2, 64)
    lengths = torch.empty(3, dtype=torch.int64)
    report = {}
    for name in ("sm_80", "sm_90", "sm_100", "gfx942"):
        with compiling(TARGETS[name]) as found:
            triton_kernels.forward(given, lengths, None)
            triton_kernels.backward(states, given, states, lengths, None)
        report[name] = {
            each.kernel: {
                "registers": each.registers, "spills": each.spills, "shared": each.shared,
                "shared_limit": each.target.shared_limit, "atomics": each.instructions["atomics"],
            }
            for each in found
        }  # fmt: skip
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
