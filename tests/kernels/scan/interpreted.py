"""Run by test_triton_kernels in a process of its own, with TRITON_INTERPRET=1: differences of
states and gradients from those of plain PyTorch, in float64, as JSON."""

from __future__ import annotations

import json
import sys

import torch
from kernels.attention import bfloat16_interpreter
from kernels.scan.cases import CASES, inputs_of, results


def main() -> None:
    """Two numbers of each case, on standard output."""
    torch.set_num_threads(1)
    bfloat16_interpreter.install()  # which scans whole rows at once
    found = {}
    for name, case in CASES.items():
        inputs = inputs_of(case)
        ours = results(inputs, "triton", torch.float64)
        plain = results(inputs, "reference", torch.float64)
        found[name] = [float((a - b).abs().max()) for a, b in zip(ours, plain, strict=True)]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
