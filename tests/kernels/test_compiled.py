"""The kernels compiled for GPUs that are not there: head width 64, bf16, with rotary embedding
unless keys are of other tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_TESTS = Path(__file__).parents[1]
_CASES = ("sm_80", "sm_90", "sm_90, causal, grouped", "sm_100, grouped", "sm_90, other keys")
_WALKERS = ("attention_forward", "attention_dq", "attention_dkv")
_KERNELS = {"attention_delta", *_WALKERS}


@pytest.fixture(scope="module")
def report() -> dict[str, dict[str, dict[str, Any]]]:
    """What compiled_attention.py finds, in a process without the interpreter."""
    environment = {name: text for name, text in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "kernels.compiled_attention"],
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"PYTHONPATH": str(_TESTS)},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("case", _CASES)
def test_kernels_keep_to_registers_and_shared_memory(report: dict[str, Any], case: str) -> None:
    assert set(report[case]) == _KERNELS
    for kernel, figures in report[case].items():
        assert not figures["spills"], kernel
        assert figures["spill_bytes"] == 0, kernel
        assert 0 < figures["registers"] <= 255, kernel
        assert figures["shared"] <= figures["shared_limit"], kernel


@pytest.mark.parametrize("case", _CASES)
def test_kernels_have_no_atomics(report: dict[str, Any], case: str) -> None:
    assert [figures["instructions"]["atomics"] for figures in report[case].values()] == [0] * 4


@pytest.mark.parametrize(
    ("case", "units"),
    list(zip(_CASES, ("mma", "wgmma", "wgmma", "tcgen05", "wgmma"), strict=True)),
)
def test_kernels_use_the_matrix_units_of_their_chip(
    report: dict[str, Any], case: str, units: str
) -> None:
    for kernel in _WALKERS:
        assert report[case][kernel]["instructions"][units] > 0, kernel


@pytest.mark.parametrize("case", _CASES)
def test_kernels_copy_asynchronously(report: dict[str, Any], case: str) -> None:
    for kernel in _WALKERS:
        counts = report[case][kernel]["instructions"]
        assert counts["cp_async"] + counts["tma"] > 0, kernel
