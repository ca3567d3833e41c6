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


HELD = """
import numpy as np
from genoseq.models.allocator import give_back_freed_memory, keep_freed_memory
def held(): return int(open("/proc/self/statm").read().split()[1]) * 4096
keep_freed_memory()
arrays = [np.ones(1 << 17) for _ in range(64)]
last = np.ones(1 << 17)
del arrays
before = held()
give_back_freed_memory()
print(before - held())
"""


def test_give_back_freed_memory_gives_back_what_lies_below_what_is_used() -> None:
    command = [sys.executable, "-c", HELD]
    given = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert given > 32 << 20
