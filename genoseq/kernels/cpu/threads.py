"""Compiled kernels side by side: ctypes lets Python go on while one runs."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import torch


def shares(count: int, fewest: int, among: int = 1) -> list[slice]:
    """What each of torch's threads does of ``count`` things, no fewer than ``fewest`` of them; as
    many counts as ``among`` are done at once, and share the threads."""
    threads = -(-torch.get_num_threads() // among)
    parts = max(1, min(threads, count // fewest))
    ends = [count * part // parts for part in range(parts + 1)]
    return [slice(*pair) for pair in pairwise(ends)]


def side_by_side(jobs: Sequence[Callable[[], object]]) -> None:
    """Do all jobs, at once if torch has threads."""
    threads = min(torch.get_num_threads(), len(jobs))
    if threads == 1:
        for job in jobs:
            job()
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()


def run_all(kernel: Callable[..., int], runs: Sequence[ctypes.Structure]) -> None:
    """Run a kernel on each of what it is given, side by side.

    Raises
    ------
    MemoryError
        If there is none left.
    """

    def do(run: ctypes.Structure) -> None:
        if kernel(ctypes.byref(run)):
            raise MemoryError("no memory for a kernel")

    side_by_side([partial(do, run) for run in runs])
