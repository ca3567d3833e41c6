"""Compiled kernels side by side: ctypes lets Python go on while one runs."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import torch


def shares(count: int, fewest: int) -> list[slice]:
    """What each of torch's threads does of ``count`` things, no fewer than ``fewest`` of them."""
    parts = max(1, min(torch.get_num_threads(), count // fewest))
    ends = [count * part // parts for part in range(parts + 1)]
    return [slice(*pair) for pair in pairwise(ends)]


def run_all(kernel: Callable[..., int], runs: Sequence[ctypes.Structure]) -> None:
    """Run a kernel on each of what it is given, side by side if torch has threads.

    Raises
    ------
    MemoryError
        If there is none left.
    """

    def do(run: ctypes.Structure) -> None:
        if kernel(ctypes.byref(run)):
            raise MemoryError("no memory for a kernel")

    threads = min(torch.get_num_threads(), len(runs))
    if threads == 1:
        for run in runs:
            do(run)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(do, run) for run in runs]:
            done.result()
