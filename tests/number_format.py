"""Tests of a number format: computed where the processor has it, refused where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from genoseq.errors import BackendError
from genoseq.models.device import choose_precision

REFUSED = "precision bf16: processor has neither avx512_bf16 nor amx"
"""How the refusal begins where a processor has no bf16 instructions."""


def has_bf16() -> bool:
    """Whether this machine's processor computes in bf16."""
    return choose_precision("cpu").precision == "bf16"


@contextmanager
def computed_or_refused(precision: str) -> Iterator[None]:
    """The block computes in ``precision``; bf16 has to be refused where there is none."""
    if precision != "bf16" or has_bf16():
        yield
        return
    with pytest.raises(BackendError, match=f"^{REFUSED}"):
        yield
