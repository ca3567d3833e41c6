"""The Triton kernels in Triton's interpreter, and compiled for GPUs that are not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kernels.scan.cases import CASES

_TESTS = Path(__file__).parents[2]
# Where Triton is a dependency and missing, these fail: a skip would hide it.
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="Triton is a dependency on Linux alone"
)


def report(module: str, **variables: str) -> dict[str, Any]:
    """What a script prints, in a process of its own: Triton learns of its interpreter when it is
    imported."""
    environment = {name: text for name, text in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-m", f"kernels.scan.{module}"],
        capture_output=True, text=True, check=False,
        env=environment | {"PYTHONPATH": str(_TESTS)} | variables,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_interpreted_kernels_equal_the_reference() -> None:
    found = report("interpreted", TRITON_INTERPRET="1")
    assert set(found) == set(CASES)
    for case, (states, gradients) in found.items():
        assert states < 1e-13, case
        assert gradients < 1e-12, case


def test_compiled_kernels_keep_to_registers_without_atomics() -> None:
    found = report("compiled")
    assert set(found) == {"sm_80", "sm_90", "sm_100", "gfx942"}
    for target, kernels in found.items():
        assert set(kernels) == {"scan_forward", "scan_backward"}, target
        for kernel, figures in kernels.items():
            assert not figures["spills"], (target, kernel)
            assert figures["atomics"] == 0, (target, kernel)
            assert 0 < figures["registers"] <= 255, (target, kernel)
            assert figures["shared"] <= figures["shared_limit"], (target, kernel)
