"""Instruction sets whose kernels the tests compare with PyTorch."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from genoseq.kernels.cpu.library import Chosen, runnable

_SKIPPED = pytest.mark.skip(reason="no such kernels are compiled and run here")
_NONE = [pytest.param("", marks=_SKIPPED)]
COMPILED: list[Any] = runnable() or _NONE


def of_bf16() -> list[Any]:
    """Those that compute in bf16."""
    return [each for each in runnable() if torch.bfloat16 in chosen(each).dtypes] or _NONE


def of_int8() -> list[Any]:
    """Those that compute recurrent layers in int8."""
    return [each for each in runnable() if chosen(each).has_int8] or _NONE


def chosen(name: str) -> Chosen:
    """As if an environment variable had asked for them."""
    return Chosen(name, "asked for by a test")
