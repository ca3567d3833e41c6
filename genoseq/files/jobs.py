"""Parts of a work done by several processes, told in order: the same answers as by one.

The processes are forks: they share what is open and loaded, also the sequence, and each computes
with one thread.  Whoever is done gets the next part, and a few may be done before the one that is
told next.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from copy import copy
from itertools import chain, islice
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from genoseq.errors import BackendError

Told = TypeVar("Told")
Part = TypeVar("Part")
Asked = SimpleQueue[tuple[Any, Future[list[Any]]] | None]
"""Parts that wait for a process, each with what takes its answer; None: no more."""

_AHEAD = 2
"""Parts for each process that may be done before they are told."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def in_jobs(
    work: Callable[[Part], Iterable[Told]], parts: Iterable[Part], jobs: int
) -> Iterator[Told]:
    """What ``work`` makes of each part, in order.

    Parameters
    ----------
    work
        Called in other processes; what it yields goes through a pipe.
    parts
        Asked for one by one, a few ahead of what is told, and sent through a pipe.
    jobs
        Processes, of one thread each; with one, or a single part, all is done in this one.

    Raises
    ------
    BackendError
        If a process died, as where memory is short.
    GenoseqError
        Whatever ``work`` raised.
    """
    parts = iter(parts)
    first = list(islice(parts, jobs)) if jobs > 1 else []
    if len(first) < 2:
        for part in chain(first, parts):
            yield from work(part)
        return
    asked: Asked = SimpleQueue()
    answers: deque[Future[list[Told]]] = deque()
    with _workers(work, asked, len(first)):
        for part in chain(first, parts):
            answers.append(Future())
            asked.put((part, answers[-1]))
            if len(answers) > _AHEAD * len(first):
                yield from answers.popleft().result()
        while answers:
            yield from answers.popleft().result()


@contextmanager
def _workers(work: Callable[[Any], Iterable[Any]], asked: Asked, jobs: int) -> Iterator[None]:
    """Processes that live as long as the block, each served by a thread."""
    context = multiprocessing.get_context("fork")
    ours: list[Connection] = []
    processes = []
    threads: list[Thread] = []
    try:
        for _ in range(jobs):
            here, there = context.Pipe()
            ours.append(here)
            process = context.Process(target=_work, args=(work, there, tuple(ours)), daemon=True)
            process.start()
            processes.append(process)
            there.close()
        # After the last fork: what a thread holds is held forever in a fork.
        for here in ours:
            thread = Thread(target=_serve, args=(asked, here), daemon=True)
            thread.start()
            threads.append(thread)
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        for _ in threads:
            asked.put(None)
        for thread in threads:
            thread.join()
        for connection in ours:
            connection.close()


def _serve(asked: Asked, connection: Connection) -> None:
    """Give a process one part after another."""
    while (given := asked.get()) is not None:
        part, answer = given
        try:
            connection.send(part)
            found = connection.recv()
        except (EOFError, OSError):
            found = BackendError(
                "a process of --jobs died before its part was done, most often because memory is "
                "short: ask for fewer jobs"
            )
        if isinstance(found, BaseException):
            answer.set_exception(found)
        else:
            answer.set_result(found)


def _work(
    work: Callable[[Any], Iterable[Any]], connection: Connection, others: tuple[Connection, ...]
) -> None:
    """What a process does: part after part, until it is killed or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    for other in others:
        other.close()
    gc.freeze()  # what is shared stays so: a search for garbage would write to each object, a copy
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)  # no more: the threads of the parent are not in its fork
    with suppress(EOFError, OSError):
        while True:
            connection.send(_answer(work, connection.recv()))


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
