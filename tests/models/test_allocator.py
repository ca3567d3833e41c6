"""Freed memory is used again without asking the system for it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import resource, sys
import numpy as np
from genoseq.models.allocator import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
def touch(): np.ones(1 << 24)
touch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10): touch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    """Page faults of ten arrays of 128 MB, one after the other."""
    command = [sys.executable, "-c", PROGRAM, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_keep_freed_memory_saves_page_faults() -> None:
    assert faults("keep") < faults("") / 10
