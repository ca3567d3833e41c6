"""Parts of a work done by several processes, told in order: the same answers as by one.

The processes are forks: they share what is open and loaded, also the sequence, and each computes
with one thread.  Whoever is done gets the next part, and a few may be done before the one that is
told next.  What is made of the answers may be work for the same processes again, as what files are
to hold: it goes before what is still to be computed, so that little waits.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import pickle
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from copy import copy
from dataclasses import dataclass
from itertools import chain, count, islice
from math import inf
from mmap import mmap
from multiprocessing.connection import Connection
from queue import PriorityQueue
from threading import Thread
from typing import Any, Self, TypeVar

from genoseq.errors import BackendError

Told = TypeVar("Told")
Part = TypeVar("Part")
Work = Callable[[Any], Any]
Ask = Callable[[Part], Future[Told]]
"""What is called with a part of a work, and promises the answer."""
_Asked = PriorityQueue[tuple[float, int, tuple[Any, Future[Any]] | None]]
"""Parts that wait for a process, the most urgent first: number of their work, number of the part,
and what is sent with what takes its answer; None: no more."""

AHEAD = 2
"""Parts for each process that may be done before they are told."""
_SHARED, _LEAST = 1 << 25, 1 << 12
"""Bytes that two processes share for arrays in one direction; those of a smaller array go through
the pipe, as do arrays for which there is no room left."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Jobs:
    """Processes that share several works; a context manager, whose end is theirs.

    All is done in this process until :meth:`start`, which :func:`in_jobs` calls.

    Parameters
    ----------
    most
        Processes that there may be, of one thread each.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.running = 0
        self._works: list[Work] = [_called]
        self._asked: _Asked = PriorityQueue()
        self._numbers = count()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
        self.running = 0

    def register(self, work: Callable[[Part], Told]) -> Ask[Part, Told]:
        """A work that processes shall know, which can be any function; before they start.

        Of two works the one that was registered first is the more urgent.
        """
        if self.running:
            raise RuntimeError("processes do not know a work that came after their start")
        self._works.append(work)
        number = len(self._works) - 1
        return lambda part: self._ask(number, part)

    def call(self, work: Callable[[Part], Told], part: Part) -> Future[Told]:
        """The answer of a function that has a name in its module; nothing is more urgent."""
        return self._ask(0, (work, part))

    def start(self, processes: int) -> None:
        """Start so many processes."""
        self._stack.enter_context(_workers(self._works, self._asked, processes))
        self.running = processes

    def _ask(self, number: int, part: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        if self.running:
            self._asked.put((number, next(self._numbers), ((number, part), answer)))
        else:
            answer.set_result(self._works[number](part))
        return answer


def in_jobs(
    work: Callable[[Part], Iterable[Told]], parts: Iterable[Part], jobs: int | Jobs
) -> Iterator[Told]:
    """What ``work`` makes of each part, in order.

    Parameters
    ----------
    work
        Called in other processes; what it yields goes through a pipe.
    parts
        Asked for one by one, a few ahead of what is told, and sent through a pipe.
    jobs
        Processes, of one thread each; with one, or a single part, all is done in this one.  Those
        of a :class:`Jobs` start here and stay, for what is registered with them.

    Raises
    ------
    BackendError
        If a process died, as where memory is short.
    GenoseqError
        Whatever ``work`` raised.
    """
    with nullcontext(jobs) if isinstance(jobs, Jobs) else Jobs(jobs) as shared:
        parts = iter(parts)
        first = list(islice(parts, shared.most)) if shared.most > 1 else []
        if len(first) < 2:
            for part in chain(first, parts):
                yield from work(part)
            return
        ask = shared.register(_Listed(work))
        shared.start(len(first))
        for _, answer in in_order(ask, chain(first, parts), AHEAD * len(first)):
            yield from answer


def in_order(
    ask: Ask[Part, Told], parts: Iterable[Part], ahead: int, waits: bool = True
) -> Iterator[tuple[Part, Told]]:
    """Each part with its answer, in order; up to ``ahead`` parts are asked for before one is told,
    and where they come from one that ``waits`` for nothing, none that has its answer is kept."""
    answers: deque[tuple[Part, Future[Told]]] = deque()
    for part in parts:
        answers.append((part, ask(part)))
        while answers and (len(answers) > ahead or (not waits and answers[0][1].done())):
            first, answer = answers.popleft()
            yield first, answer.result()
    for part, answer in answers:
        yield part, answer.result()


class _Listed:
    """All that a work yields."""

    def __init__(self, work: Callable[[Any], Iterable[Any]]) -> None:
        self._work = work

    def __call__(self, part: Any) -> list[Any]:
        return list(self._work(part))


def _called(asked: tuple[Work, Any]) -> Any:
    work, part = asked
    return work(part)


@dataclass(frozen=True)
class _Pipe:
    """One of two ends: arrays go through memory that both share, so that they are copied once and
    not five times.

    What is sent must have been answered, or have been an answer, before more is sent.
    """

    connection: Connection
    forth: mmap
    back: mmap

    def send(self, told: object) -> None:
        spans: list[tuple[int, int]] = []

        def in_band(buffer: pickle.PickleBuffer) -> bool:
            data = buffer.raw()
            at = spans[-1][1] + -spans[-1][1] % 64 if spans else 0
            if data.nbytes < _LEAST or at + data.nbytes > len(self.forth):
                return True
            self.forth[at : at + data.nbytes] = data
            spans.append((at, at + data.nbytes))
            return False

        self.connection.send((pickle.dumps(told, 5, buffer_callback=in_band), spans))

    def recv(self, kept: bool) -> Any:
        """What was sent; arrays are in shared memory until the next is sent, unless ``kept``."""
        data, spans = self.connection.recv()
        with memoryview(self.back) as shared:
            views = [shared[start:end] for start, end in spans]
            return pickle.loads(data, buffers=map(bytearray, views) if kept else views)


@contextmanager
def _workers(works: list[Work], asked: _Asked, jobs: int) -> Iterator[None]:
    """Processes that live as long as the block, each served by a thread."""
    context = multiprocessing.get_context("fork")
    ours: list[_Pipe] = []
    processes = []
    threads: list[Thread] = []
    try:
        for _ in range(jobs):
            here, there = context.Pipe()
            # Shared by what is forked; it is in memory where something was written to it.
            forth, back = mmap(-1, _SHARED), mmap(-1, _SHARED)
            ours.append(_Pipe(here, forth, back))
            process = context.Process(
                target=_work, args=(works, _Pipe(there, back, forth), tuple(ours)), daemon=True
            )
            process.start()
            processes.append(process)
            there.close()
        # After the last fork: what a thread holds is held forever in a fork.
        for pipe in ours:
            thread = Thread(target=_serve, args=(asked, pipe), daemon=True)
            thread.start()
            threads.append(thread)
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.join()
        for number in range(len(threads)):
            asked.put((inf, number, None))
        for thread in threads:
            thread.join()
        for pipe in ours:
            pipe.connection.close()


def _serve(asked: _Asked, pipe: _Pipe) -> None:
    """Give a process one part after another."""
    while (given := asked.get()[-1]) is not None:
        part, answer = given
        try:
            pipe.send(part)
            found = pipe.recv(kept=True)
        except (EOFError, OSError):
            found = BackendError(
                "a process of --jobs died before its part was done, most often because memory is "
                "short: ask for fewer jobs"
            )
        if isinstance(found, BaseException):
            answer.set_exception(found)
        else:
            answer.set_result(found)


def _work(works: list[Work], pipe: _Pipe, others: tuple[_Pipe, ...]) -> None:
    """What a process does: part after part, until it is killed or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    for other in others:
        other.connection.close()
    gc.freeze()  # what is shared stays so: a search for garbage would write to each object, a copy
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)  # no more: the threads of the parent are not in its fork
    with suppress(EOFError, OSError):
        while True:
            number, part = pipe.recv(kept=False)
            pipe.send(_answer(works[number], part))


def _answer(work: Work, part: Any) -> Any:
    try:
        return work(part)
    except Exception as error:
        with suppress(Exception):
            return copy(error)  # what can be copied goes through a pipe
        return RuntimeError(traceback.format_exc())


def _die_with_parent() -> None:
    """Ask Linux for SIGKILL when the parent is gone; elsewhere a process ends with its part."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
