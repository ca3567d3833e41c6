"""Several processes say what one says, and nothing of them stays."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import pytest

from genoseq.errors import BackendError, InputFormatError
from genoseq.files.jobs import Jobs, in_jobs, in_order
from genoseq.genome.regions import Region

PARTS = [[Region("c", start, start + 10)] for start in range(0, 200, 10)]


def starts(part: Sequence[Region]) -> Iterator[int]:
    for region in part:
        yield from range(region.start, region.end)


@pytest.mark.parametrize("jobs", [2, 3, 50])
def test_jobs_tell_what_one_tells_in_order(jobs: int) -> None:
    assert list(in_jobs(starts, PARTS, jobs)) == list(range(200))
    assert not multiprocessing.active_children()


def test_a_job_leaves_what_it_shares_out_of_searches_for_garbage() -> None:
    """A search would write to all of it, and each process would have a copy of its own."""

    def work(part: Sequence[Region]) -> Iterator[int]:
        assert part
        yield gc.get_freeze_count()
        yield len(gc.get_objects())

    shared, own = islice(in_jobs(work, PARTS, 2), 2)
    assert shared > 10 * own


def test_an_error_in_a_job_is_told_as_it_was() -> None:
    def work(part: Sequence[Region]) -> Iterator[int]:
        if part[0].start == 50:
            raise InputFormatError("a letter", "genome.fa", 7)
        yield from starts(part)

    found = in_jobs(work, PARTS, 2)
    assert list(islice(found, 50)) == list(range(50))
    with pytest.raises(InputFormatError, match=r"^genome.fa:7: a letter$") as error:
        next(found)
    assert error.value.line == 7
    assert not multiprocessing.active_children()


def test_a_job_that_was_killed_is_told() -> None:
    def work(part: Sequence[Region]) -> Iterator[int]:
        if part[0].start == 30:
            os.kill(os.getpid(), signal.SIGKILL)
        yield from starts(part)

    with pytest.raises(BackendError, match="ask for fewer jobs"):
        list(in_jobs(work, PARTS, 2))


def test_no_process_stays_where_nobody_listens() -> None:
    found = in_jobs(starts, PARTS, 3)
    assert next(found) == 0
    found.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_parts_are_asked_for_a_few_ahead_of_what_is_told() -> None:
    asked: list[int] = []

    def parts() -> Iterator[list[Region]]:
        for number, part in enumerate(PARTS):
            asked.append(number)
            yield part

    found = in_jobs(starts, parts(), 2)
    assert next(found) == 0
    assert len(asked) == 5
    assert list(found) == list(range(1, 200))
    assert len(asked) == len(PARTS)


def test_an_error_of_a_part_that_cannot_be_made_is_told_as_it_was() -> None:
    def parts() -> Iterator[list[Region]]:
        yield from PARTS[:9]
        raise InputFormatError("cut off", "genes.gff3.gz")

    with pytest.raises(InputFormatError, match=r"^genes.gff3.gz: cut off$"):
        list(in_jobs(starts, parts(), 3))
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(("parts", "jobs"), [(PARTS, 1), (PARTS[:1], 4), ([], 4)])
def test_one_job_or_part_needs_no_process(parts: list[list[Region]], jobs: int) -> None:
    def work(part: Sequence[Region]) -> Iterator[tuple[int, int]]:
        yield os.getpid(), len(part)

    assert list(in_jobs(work, parts, jobs)) == [(os.getpid(), 1)] * len(parts)


def test_no_thread_stays() -> None:
    before = threading.active_count()
    list(in_jobs(starts, PARTS, 3))
    assert threading.active_count() == before


def test_arrays_are_whole_whatever_their_size_and_order() -> None:
    """Large ones go through shared memory, others, and what it has no room for, by the pipe."""
    sizes = [0, 1, 100, 3_000_000, 1 << 23, 5]

    def work(part: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        for array in part:
            yield array + 1
        yield np.asfortranarray(part[3].reshape(-1, 2))[10:]

    parts = [[np.arange(size, dtype=np.float32) + start for size in sizes] for start in range(3)]
    told = list(in_jobs(work, parts, 2))
    for number, part in enumerate(parts):
        own = told[number * 7 : number * 7 + 7]
        for array, found in zip(part, own, strict=False):
            np.testing.assert_array_equal(found, array + 1)
        np.testing.assert_array_equal(own[6], part[3].reshape(-1, 2)[10:])


def test_processes_share_works_and_do_the_first_registered_first() -> None:
    with Jobs(2) as jobs:
        doubled = jobs.register(lambda number: (os.getpid(), 2 * number))
        assert doubled(4).result() == (os.getpid(), 8)  # no process runs yet
        own = in_jobs(starts, PARTS, jobs)
        told = list(in_order(doubled, own, ahead=3, waits=False))
        assert [answer for _, (_, answer) in told] == [2 * number for number in range(200)]
        assert os.getpid() not in {process for _, (process, _) in told}
        assert jobs.call(sum, [1, 2]).result() == 3
        with pytest.raises(RuntimeError, match="after their start"):
            jobs.register(sum)
    assert not multiprocessing.active_children()


def test_an_error_of_later_work_is_told_as_it_was() -> None:
    def refuse(number: int) -> int:
        if number == 70:
            raise InputFormatError("a number", "genome.fa", number)
        return number

    with Jobs(2) as jobs, pytest.raises(InputFormatError, match=r"^genome.fa:70: a number$"):
        list(in_order(jobs.register(refuse), in_jobs(starts, PARTS, jobs), ahead=4))
    assert not multiprocessing.active_children()
