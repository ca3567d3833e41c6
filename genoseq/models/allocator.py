"""How this process's C library treats freed memory."""

from __future__ import annotations

import ctypes

# glibc's malloc.h
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4


def keep_freed_memory() -> None:
    """Let the process keep the memory that it frees, for its next tensors.

    glibc hands large blocks back to the system as soon as they are freed, and each batch then asks
    for them again, page by page: up to 10,000 page faults a training step, a third of its time,
    more or less from run to run (``benchmarks/training_overhead.py --trim``).  It holds
    for the whole process, so only the command line calls it.  Other C libraries are left as they
    are.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_TRIM_THRESHOLD, -1)
        libc.mallopt(_M_MMAP_MAX, 0)


def give_back_freed_memory() -> None:
    """Hand freed memory back to the system, between two parts of a command that need other sizes.

    What one part freed lies in holes that the arrays of the next do not fit into, and the process
    grows by them (:func:`keep_freed_memory`).
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
