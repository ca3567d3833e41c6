"""Run the attention kernels in Triton's interpreter and print figures about them as JSON.

The interpreter must be asked for before triton is imported (TRITON_INTERPRET=1) and its patches
stay for good, so test_launch.py runs this in a process of its own, once, and asserts on the
figures.
"""

from __future__ import annotations

import json
import sys

import torch
from kernels.attention import bfloat16_interpreter
from kernels.attention.calls import distance, given_for, run, run_dense
from kernels.attention.cases import EXACT, RESULTS, ROUNDED, ROUNDED_TYPES, Options
from kernels.attention.other_keys import checks_of_other_keys
from kernels.attention.properties import property_checks
from kernels.interpreted_operator import operator_figures


def exact(options: Options) -> dict[str, float]:
    """Largest error of each result, relative to its largest value, in float64."""
    given = given_for(options)
    pairs = zip(RESULTS, run(options, given), run_dense(options, given), strict=True)
    return {name: (distance(a, b) / b[b.isfinite()].abs().max()).item() for name, a, b in pairs}


def rounded(options: Options, dtype: torch.dtype) -> dict[str, dict[str, float]]:
    """Largest error of each result, that of plain PyTorch, and the spacing of its numbers."""
    given = given_for(options).to(dtype)
    expected = run_dense(options, given.to(torch.float64))
    figures = {}
    results = zip(RESULTS, run(options, given), run_dense(options, given), expected, strict=True)
    for name, ours, plain, truth in results:
        near = truth.to(ours.dtype)
        figures[name] = {
            "error": distance(ours, truth).item(),
            "plain": distance(plain, truth).item(),
            "spacing": (near + 0.3 - 0.3 - near).abs().max().item(),
        }
    return figures


def main() -> None:
    """All figures, one JSON object on standard output."""
    torch.set_num_threads(1)
    bfloat16_interpreter.install()
    figures = {
        "exact": {name: exact(options) for name, options in EXACT.items()},
        "rounded": {
            f"{name}, {dtype}": rounded(options, getattr(torch, dtype))
            for name, options in ROUNDED.items()
            for dtype in ROUNDED_TYPES
        },
        "properties": {name: check() for name, check in property_checks().items()},
        "other keys": {name: check() for name, check in checks_of_other_keys().items()},
        "operator": operator_figures(),
    }
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
