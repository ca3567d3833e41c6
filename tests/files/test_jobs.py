"""Several processes say what one says, and nothing of them stays."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from itertools import islice

import pytest

from genoseq.errors import BackendError, InputFormatError
from genoseq.files.jobs import in_jobs
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
