"""A genome's regions computed by several processes, told in order: the same pieces as by one.

The processes are forks: they share what is open and loaded, also the sequence, and each computes
with one thread of torch.  A part of the regions is a task; whoever is done takes the next, and a
few may be done before the one that is told next.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from threading import Condition, Thread
from typing import Any, Generic, TypeVar

from genoseq.config.context import BATCH_BASES, batch_rows
from genoseq.errors import BackendError
from genoseq.genome.regions import Region
from genoseq.genome.shards import CONTIG_WORK
from genoseq.genome.windows import Tiling

Told = TypeVar("Told")
Part = TypeVar("Part")

LEAST, MOST = 1 << 17, 1 << 20
"""Bases of a part: with fewer, processes wait for one another and compute the windows on both sides
of many cuts; with more, they hold much."""
_SHARES = 2
"""A part is one of so many of what each process has left, so that the last are short, and all
processes end at about the same time."""
_AHEAD = 2
"""Parts for each process that may be done before they are told."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def parts_of(
    regions: Iterable[Region],
    tiling: Callable[[str], Tiling],
    jobs: int,
    batch_bases: int = BATCH_BASES,
    strands: int = 2,
) -> list[list[Region]]:
    """Regions in parts, long ones first, in order, each part's cut between two windows.

    Parameters
    ----------
    regions
        Merged and in the genome's order.
    tiling
        The forward windows of a contig, by its name.
    jobs
        Processes that will share them.
    batch_bases, strands
        Of a batch, and how many are read: a part is cut where its batches are full.

    Returns
    -------
    Parts of :data:`LEAST` to :data:`MOST` bases and up to a batch more, fewer at the end; none is
    empty.
    """
    regions = list(regions)
    work = sum(len(region) + CONTIG_WORK for region in regions)

    def size() -> int:
        return min(max(work // (_SHARES * jobs), LEAST), MOST)

    parts: list[list[Region]] = [[]]
    left, rows = size(), 0
    for region in regions:
        work, left, start = work - CONTIG_WORK, left - CONTIG_WORK, region.start
        tiled = tiling(region.chrom)
        batch = batch_rows(batch_bases, tiled.row)
        for window in tiled.windows(region.start, region.end):
            kept = window.keep_end - window.keep_start
            work, left, rows = work - kept, left - kept, rows + strands
            # On the reverse strand the cut goes through a window.
            if left <= 0 and -(rows + strands - 1) % batch < strands:
                parts[-1].append(Region(region.chrom, start, window.keep_end))
                parts.append([])
                start, left, rows = window.keep_end, size(), 0
        if start < region.end:
            parts[-1].append(Region(region.chrom, start, region.end))
    return [part for part in parts if part]


def in_jobs(
    work: Callable[[Part], Iterable[Told]], parts: Sequence[Part], jobs: int
) -> Iterator[Told]:
    """What ``work`` makes of each part, in order.

    Parameters
    ----------
    work
        Called in other processes; what it yields goes through a pipe.
    parts
        Of regions see :func:`parts_of`.
    jobs
        Processes, of one thread each.

    Raises
    ------
    BackendError
        If a process died, as where memory is short.
    GenoseqError
        Whatever ``work`` raised.
    """
    with _workers(work, parts, min(jobs, len(parts))) as connections:
        board: _Board[Told] = _Board(len(parts), _AHEAD * len(connections))
        for connection in connections:
            Thread(target=_serve, args=(board, connection), daemon=True).start()
        try:
            for number in range(len(parts)):
                yield from board.take(number)
        finally:
            board.close()


@dataclass
class _Board(Generic[Told]):
    """Which parts are given out, done and told; shared by the threads that serve processes."""

    count: int
    ahead: int
    given: int = 0
    told: int = 0
    done: dict[int, list[Told] | BaseException] = field(default_factory=dict)
    closed: bool = False
    changed: Condition = field(default_factory=Condition)

    def next(self) -> int | None:
        """Number of a part to compute, as soon as it is not too far ahead; None: no more."""
        with self.changed:
            self.changed.wait_for(lambda: self._over() or self.given < self.told + self.ahead)
            if self._over():
                return None
            self.given += 1
            return self.given - 1

    def _over(self) -> bool:
        return self.closed or self.given == self.count

    def put(self, number: int, answer: list[Told] | BaseException) -> None:
        """What a part came to."""
        with self.changed:
            self.done[number] = answer
            self.changed.notify_all()

    def take(self, number: int) -> list[Told]:
        """What a part came to, once it is there; raises what its process raised."""
        with self.changed:
            self.changed.wait_for(lambda: number in self.done)
            answer = self.done.pop(number)
            self.told = number + 1
            self.changed.notify_all()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        """Give out nothing more."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()


def _serve(board: _Board[Any], connection: Connection) -> None:
    """Give a process one part after another."""
    while (number := board.next()) is not None:
        try:
            connection.send(number)
            answer = connection.recv()
        except (EOFError, OSError):
            answer = BackendError(
                "a process of --jobs died before its part was done, most often because memory is "
                "short: ask for fewer jobs"
            )
        board.put(number, answer)
    with suppress(OSError):
        connection.send(None)


@contextmanager
def _workers(
    work: Callable[[Any], Iterable[Any]], parts: Sequence[Any], jobs: int
) -> Iterator[list[Connection]]:
    """Connections to processes that live as long as the block."""
    context = multiprocessing.get_context("fork")
    ours: list[Connection] = []
    processes = []
    try:
        for _ in range(jobs):
            here, there = context.Pipe()
            ours.append(here)
            given = (work, parts, there, tuple(ours))
            process = context.Process(target=_work, args=given, daemon=True)
            process.start()
            processes.append(process)
            there.close()
        yield ours
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        for connection in ours:
            connection.close()


def _work(
    work: Callable[[Any], Iterable[Any]],
    parts: Sequence[Any],
    connection: Connection,
    others: Sequence[Connection],
) -> None:
    """What a process does: parts by number, until there are no more or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    for other in others:
        other.close()
    gc.freeze()  # what is shared stays so: a search for garbage would write to each object, a copy
    import torch

    torch.set_num_threads(1)  # no more: the threads of the parent are not in its fork
    with suppress(EOFError, OSError):
        while (number := connection.recv()) is not None:
            connection.send(_answer(work, parts[number]))


def _answer(work: Callable[[Part], Iterable[Told]], part: Part) -> list[Told] | BaseException:
    try:
        return list(work(part))
    except Exception as error:
        with suppress(Exception):
            return copy(error)  # what can be copied goes through a pipe
        return RuntimeError(traceback.format_exc())


def _die_with_parent() -> None:
    """Ask Linux for SIGKILL when the parent is gone; elsewhere a process ends with its part."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
