"""The kernels in Triton's interpreter against dense attention, and what has to hold of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kernels.attention.cases import EXACT, RESULTS, ROUNDED, ROUNDED_TYPES

_TESTS = Path(__file__).parents[2]
_ALLOWED = {"out": 2, "lse": 2, "dq": 3, "dk": 3, "dv": 3}
"""Times plain PyTorch's own error: twice forward, three times for gradients."""


@pytest.fixture(scope="session")
def figures() -> dict[str, Any]:
    """What interpreted.py measures, in a process that asks for the interpreter before triton."""
    environment = os.environ | {"TRITON_INTERPRET": "1", "PYTHONPATH": str(_TESTS)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "kernels.attention.interpreted"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", EXACT)
def test_kernels_are_exact_in_float64(figures: dict[str, Any], case: str) -> None:
    assert set(figures["exact"][case]) == set(RESULTS)
    for result, error in figures["exact"][case].items():
        assert error <= 1e-12, result


@pytest.mark.parametrize("dtype", ROUNDED_TYPES)
@pytest.mark.parametrize("case", ROUNDED)
def test_kernels_round_little_more_than_pytorch(
    figures: dict[str, Any], case: str, dtype: str
) -> None:
    results = figures["rounded"][f"{case}, {dtype}"]
    assert set(results) == set(RESULTS)
    for result, figure in results.items():
        allowed = _ALLOWED[result] * figure["plain"] + 2 * figure["spacing"]
        assert figure["error"] <= allowed, result


@pytest.mark.parametrize(
    "name",
    [
        "packed documents, global tokens",
        "packed documents, causal",
        "nan in the second document",
        "scores times 900",
        "twice",
        "no gradient of the log-sum-exp",
        "64-bit offsets",
        "strides",
        "expanded gradient",
    ],
)
def test_kernels_hold_to(figures: dict[str, Any], name: str) -> None:
    assert figures["properties"][name] is True


@pytest.mark.parametrize(
    "name", ["values of one", "window of the document's length", "permuted keys"]
)
def test_kernels_come_near(figures: dict[str, Any], name: str) -> None:
    assert figures["properties"][name] <= 1e-13


@pytest.mark.parametrize(
    "name",
    [
        "packed documents",
        "nan in the second document",
        "nan where no key is seen",
        "64-bit offsets",
        "strides",
    ],
)
def test_kernels_with_other_keys_hold_to(figures: dict[str, Any], name: str) -> None:
    assert figures["other keys"][name] is True


def test_kernels_with_other_keys_take_no_queries_and_no_keys(figures: dict[str, Any]) -> None:
    assert figures["other keys"]["no queries, no keys"] == [True, True]


def test_kernels_give_last_queries_their_rows(figures: dict[str, Any]) -> None:
    assert figures["other keys"]["last queries are the last rows"] <= 1e-13


def test_kernels_with_any_other_keys_are_exact(figures: dict[str, Any]) -> None:
    errors = figures["other keys"]["at random"]
    assert len(errors) >= 15
    assert max(errors) <= 1e-12


def test_kernels_take_no_tokens(figures: dict[str, Any]) -> None:
    assert figures["properties"]["no tokens"] == [[0, 2, 16], [2, 0], *[[0, 2, 16]] * 3]


def test_tile_map_holds_every_block_once_and_long_ones_first(figures: dict[str, Any]) -> None:
    assert figures["properties"]["tile maps"] >= 50


def test_operator_by_triton_gives_what_the_reference_gives(figures: dict[str, Any]) -> None:
    assert len(figures["operator"]["errors"]) == 5
    assert max(figures["operator"]["errors"].values()) <= 1e-12


def test_operator_by_triton_passes_opcheck(figures: dict[str, Any]) -> None:
    assert [set(found.values()) for found in figures["operator"]["checks"]] == [{"SUCCESS"}] * 2
