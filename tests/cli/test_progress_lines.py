"""Lines of progress on a descriptor: now and then, whole, and never in the way."""

from __future__ import annotations

import fcntl
import logging
import os
import pty
from collections.abc import Iterator
from contextlib import suppress

import pytest

from genoseq.cli import progress_lines
from genoseq.cli.progress import progress
from genoseq.cli.progress_lines import ProgressLines


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress_lines, "time", made)
    return made


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Two ends: to read from, which does not wait, and to write to."""
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    yield ends
    for end in ends:
        os.close(end)


def test_progress_lines_tell_share_words_and_time_left(pipe: tuple[int, int], clock: Clock) -> None:
    lines = ProgressLines(pipe[1], "train models/a")
    for clock.now, done in ((1, 0), (4, 10), (10, 25), (12, 30), (31, 50)):
        lines(done, 100, f"step {done}")
    assert os.read(pipe[0], 1000).decode().splitlines() == [
        "train models/a: 25%, step 25, 27 s left",
        "train models/a: 50%, step 50, 30 s left",
    ]


def test_progress_lines_are_a_hundred_at_most(pipe: tuple[int, int], clock: Clock) -> None:
    lines = ProgressLines(pipe[1], "score s")
    for done in range(10_001):
        clock.now = 60.0 * done
        lines(done, 10_000)
    told = os.read(pipe[0], 10_000).decode().splitlines()
    assert 90 <= len(told) <= 100
    assert told[0] == "score s: 0%, 9,999 min left"


def test_progress_lines_of_a_resumed_run_do_not_count_what_was_done(
    pipe: tuple[int, int], clock: Clock
) -> None:
    lines = ProgressLines(pipe[1], "train m")
    for clock.now, done in ((2, 80), (12, 90)):
        lines(done, 100)
    assert os.read(pipe[0], 1000).decode() == "train m: 90%, 10 s left\n"


def test_progress_lines_never_wait_for_a_full_pipe(pipe: tuple[int, int], clock: Clock) -> None:
    os.set_blocking(pipe[1], False)
    with suppress(BlockingIOError):
        while True:
            os.write(pipe[1], b"." * 4096)
    os.set_blocking(pipe[1], True)
    lines = ProgressLines(pipe[1], "train m")
    clock.now = 60
    lines(1, 2)  # waits for ever where it is written without a look


def test_progress_lines_never_wait_for_a_stopped_terminal(clock: Clock) -> None:
    person, terminal = pty.openpty()
    try:
        os.write(person, b"\x13")  # Ctrl-S
        lines = ProgressLines(terminal, "train m")
        clock.now = 60
        lines(1, 2)
        os.write(person, b"\x11")
    finally:
        os.close(person)
        os.close(terminal)


def test_progress_lines_outlive_who_reads_them(clock: Clock) -> None:
    read, write = os.pipe()
    lines = ProgressLines(write, "train m")
    os.close(read)
    for clock.now in (60, 120):
        lines(clock.now, 200)
    os.close(write)


@pytest.mark.parametrize("kind", ["closed", "read"])
def test_progress_lines_need_a_descriptor_to_write_to(kind: str, clock: Clock) -> None:
    read, write = os.pipe()
    os.close(write)
    lines = ProgressLines(write if kind == "closed" else read, "train m")
    clock.now = 60
    lines(1, 2)
    os.close(read)


def test_progress_lines_are_not_for_programs_that_are_started(pipe: tuple[int, int]) -> None:
    os.set_inheritable(pipe[1], True)
    ProgressLines(pipe[1], "train m")
    assert fcntl.fcntl(pipe[1], fcntl.F_GETFD) & fcntl.FD_CLOEXEC


def test_progress_tells_lines_too(
    pipe: tuple[int, int],
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "genoseq")  # a verb that ran before may have set another
    lines = ProgressLines(pipe[1], "train m")
    with progress("train", also=lines) as report:
        clock.now = 60
        report(0.5, 1, "step 1 of 2")
    assert os.read(pipe[0], 1000).decode() == "train m: 50%, step 1 of 2\n"
    assert capsys.readouterr().err == ""


def test_progress_lines_do_not_tell_that_nothing_is_done(
    pipe: tuple[int, int], clock: Clock
) -> None:
    lines = ProgressLines(pipe[1], "score s")
    for clock.now, done in ((30, 0), (31, 2)):
        lines(done, 4)
    assert os.read(pipe[0], 1000).decode() == "score s: 50%, 1 s left\n"
